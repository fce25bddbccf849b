//! `dispatch` is killed while Sidekiq moves into a service of its own or back, and the next hook finishes.

use super::{has_one_process, metrics};
use crate::{forum::Forum, killed::requests::assert_next_hook_finishes};

#[test]
fn a_charm_killed_while_sidekiq_becomes_a_service_or_returns_to_the_web_server_finishes_in_the_next_hook() {
    let mut forum = Forum::active();
    assert_next_hook_finishes(&mut forum, [|forum| move_sidekiq(forum, true), |forum| move_sidekiq(forum, false)]);
    assert!(has_one_process(&forum), "{}", metrics(&forum));
}

/// Moves Sidekiq, which must run once, into its service or back.
#[track_caller]
fn move_sidekiq(forum: &mut Forum, is_service: bool) {
    assert!(has_one_process(forum), "{}", metrics(forum));
    forum.set("sidekiq_as_service", is_service);
}
