//! The action `restart`: the server of a unit restarts once, in its turn.

use serde_json::json;
use stage::{ActionRun, ActionStatus, HookRun};

use crate::forum::{ACTIVE, Forum, names, on_every_juju, server_starts};

#[track_caller]
fn restart(forum: &mut Forum, unit: u32) -> ActionRun {
    forum.stage.run(unit, "restart", json!({})).unwrap()
}

/// The units whose servers some hooks started, in their order.
fn restarted(runs: &[HookRun]) -> Vec<&str> {
    let starts = runs.iter().filter(|run| server_starts(std::slice::from_ref(run)) > 0);
    starts.map(|run| run.unit.as_str()).collect()
}

#[test]
fn a_forum_of_one_unit_restarts_once_and_serves_again() {
    on_every_juju(|stage| {
        let mut forum = Forum::active_on(stage, &[]);
        let run = restart(&mut forum, 0);
        assert_eq!((run.status, &run.results["status"]), (ActionStatus::Completed, &json!("asked for its turn")));
        let runs = forum.run_hooks();
        assert_eq!((server_starts(&runs), forum.status().as_str()), (1, ACTIVE), "{:?}", names(&runs));
        let next = forum.stage.update_status(0).unwrap();
        assert_eq!((next.tools.len(), server_starts(&[next])), (20, 0));
        assert!(!forum.stage.unit_bag("restart", 0).contains_key("restart"));
    });
}

#[test]
fn units_that_are_asked_at_once_restart_one_after_another_and_the_others_not_at_all() {
    let mut forum = Forum::related_units(3);
    forum.settle();
    restart(&mut forum, 2);
    restart(&mut forum, 0);
    let runs = forum.run_hooks();
    let mut units = restarted(&runs);
    units.sort_unstable();
    assert_eq!(units, ["discourse-k8s/0", "discourse-k8s/2"], "{:?}", names(&runs));
    assert!((0..3).all(|unit| forum.status_of(unit).starts_with("active")), "{}", forum.status());
    assert_eq!(restarted(&forum.run_hooks()), Vec::<&str>::new());
}

#[test]
fn a_restart_that_is_asked_for_twice_is_done_once() {
    let mut forum = Forum::active();
    restart(&mut forum, 0);
    restart(&mut forum, 0);
    assert_eq!(server_starts(&forum.run_hooks()), 1);
}

#[test]
fn sidekiq_as_a_service_of_its_own_restarts_with_the_server() {
    let mut forum = Forum::active_with(&[("sidekiq_as_service", json!(true))]);
    let since = |forum: &Forum| forum.pebble("/v1/services?names=discourse-sidekiq")[0]["current-since"].clone();
    let before = since(&forum);
    restart(&mut forum, 0);
    assert_eq!(server_starts(&forum.run_hooks()), 1);
    assert_ne!(since(&forum), before);
}

#[test]
fn a_unit_that_does_not_run_has_nothing_to_restart() {
    let mut forum = Forum::deployed(1);
    forum.settle();
    let (run, status) = (restart(&mut forum, 0), forum.status());
    assert_eq!((run.status, format!("blocked: {}", run.message)), (ActionStatus::Failed, status));
}

#[test]
fn a_restart_that_is_killed_anywhere_is_finished_by_the_next_hook() {
    for kill in [2, 6, 7, 8, 9] {
        let mut forum = Forum::active();
        restart(&mut forum, 0);
        forum.stage.faults().kill_after_request(kill);
        let runs = forum.run_hooks();
        assert_eq!((server_starts(&runs), forum.status().as_str()), (1, ACTIVE), "killed after request {kill}");
    }
}
