//! `dispatch` is killed while Sidekiq moves into a service of its own or back, and the next hook finishes.

use stage::{Exit, HookRun};

use super::has_one_process;
use crate::forum::{Forum, Outcome};

#[test]
#[ignore = "the stage does not always run a killed hook again before others"]
fn a_charm_killed_while_sidekiq_becomes_a_service_finishes_in_the_next_hook() {
    assert_survives_kills_while_it_moves(true);
}

#[test]
#[ignore = "the stage does not always run a killed hook again before others"]
fn a_charm_killed_while_sidekiq_returns_to_the_web_server_finishes_in_the_next_hook() {
    assert_survives_kills_while_it_moves(false);
}

/// Kills the charm after each request that changes something while Sidekiq moves.
#[track_caller]
fn assert_survives_kills_while_it_moves(is_service: bool) {
    let mut forum = Forum::active();
    move_sidekiq(&mut forum, !is_service);
    let requests = move_sidekiq(&mut forum, is_service).swap_remove(0).requests;
    let writes: Vec<u32> =
        (1..).zip(&requests).filter(|(_, it)| it.method != "GET").map(|(number, _)| number).collect();
    assert!(writes.len() > 5, "{requests:?}");
    for number in writes {
        move_sidekiq(&mut forum, !is_service);
        forum.stage.faults().kill_after_request(number);
        let runs = move_sidekiq(&mut forum, is_service);
        // How often a server that boots is asked differs, so that a hook may have fewer requests than the one before.
        let is_over = runs.iter().all(|run| run.requests.len() < number as usize);
        assert!(is_over || runs.iter().any(|run| run.exit == Exit::Signal(9)), "not killed after request {number}");
        forum.stage.faults().clear();
        assert_moved(&mut forum, is_service, number);
    }
}

/// Moves Sidekiq into its service or back; gives the hooks that did it.
#[track_caller]
fn move_sidekiq(forum: &mut Forum, is_service: bool) -> Vec<HookRun> {
    forum.set("sidekiq_as_service", is_service);
    forum.run_hooks()
}

/// Sidekiq runs once, where it should, and nothing is left to do.
#[track_caller]
fn assert_moved(forum: &mut Forum, is_service: bool, number: u32) {
    let expected = if is_service { ("active", "0") } else { ("inactive", "1") };
    let (service, variable) = (forum.service("discourse-sidekiq"), forum.variable("UNICORN_SIDEKIQS"));
    assert_eq!((service[0].as_str(), variable.as_str()), expected, "killed after request {number}");
    assert!(has_one_process(forum), "killed after request {number}: {}", super::metrics(forum));
    assert_eq!(forum.update_status(), Outcome::active(), "killed after request {number}");
}
