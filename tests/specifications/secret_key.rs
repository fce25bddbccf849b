//! The action `rotate-secret-key`: all units follow another key together, and nobody else sees it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stage::{ActionRun, ActionStatus, HookRun};

use crate::forum::{ACTIVE, Forum, names, on_every_juju, server_starts};

const CONFIRMED: &str = "discourse-k8s";

/// Rotates the key on a unit with a confirmation.
#[track_caller]
fn rotate(forum: &mut Forum, unit: u32, confirm: &str) -> ActionRun {
    forum.stage.run(unit, "rotate-secret-key", json!({"confirm": confirm})).unwrap()
}

/// Rotates the key on the leader.
#[track_caller]
fn rotate_on_leader(forum: &mut Forum) -> ActionRun {
    let leader = forum.stage.leader().unwrap();
    let run = rotate(forum, leader, CONFIRMED);
    assert_eq!(run.status, ActionStatus::Completed, "{}", run.message);
    run
}

/// The keys with which the units run.
#[track_caller]
fn keys(forum: &Forum, units: u32) -> BTreeSet<String> {
    (0..units).map(|unit| forum.environment_of(unit)["DISCOURSE_SECRET_KEY_BASE"].clone()).collect()
}

/// The newest key that the application keeps.
fn kept(forum: &Forum) -> String {
    let id = forum.stage.app_bag("restart")["secret-key"].clone();
    let secret = forum.stage.model().secrets[&id].clone();
    secret.revisions[&secret.latest()]["secret-key"].clone()
}

/// The status and the message of an action, whose hook succeeds all the same.
#[track_caller]
fn refusal(run: &ActionRun) -> (ActionStatus, &str) {
    assert!(run.hook.as_ref().is_none_or(HookRun::is_success));
    (run.status, run.message.as_str())
}

#[test]
fn a_rotated_key_is_followed_by_the_only_unit_and_shown_to_nobody() {
    on_every_juju(|stage| {
        let mut forum = Forum::active_on(stage, &[]);
        let old = keys(&forum, 1);
        let run = rotate_on_leader(&mut forum);
        let mut results = run.results.clone();
        results.remove("return-code");
        let expected = json!({
            "status": "rotated",
            "sessions": "everybody is logged out",
            "requests": "fail while all units restart together, until one of them serves again",
        });
        assert_eq!((Value::Object(results), run.log), (expected, vec![]));
        let runs = forum.run_hooks();
        assert_eq!((server_starts(&runs), forum.status().as_str()), (1, ACTIVE), "{:?}", names(&runs));
        let (new, kept) = (keys(&forum, 1), kept(&forum));
        assert!(new.is_disjoint(&old) && new == BTreeSet::from([kept.clone()]));
        let argv = runs.iter().chain(&run.hook).flat_map(|run| &run.tools).flat_map(|call| &call.argv);
        let shown: String = argv.cloned().chain([forum.log(), format!("{:?}", run.results)]).collect();
        assert!(!shown.contains(&kept), "the key is shown");
        assert_eq!(server_starts(&[forum.stage.update_status(0).unwrap()]), 0);
    });
}

#[test]
fn all_units_follow_a_rotation_together_without_turns() {
    let mut forum = Forum::related_units(3);
    forum.settle();
    let old = keys(&forum, 3);
    rotate_on_leader(&mut forum);
    let runs = forum.run_hooks();
    let (new, kept) = (keys(&forum, 3), kept(&forum));
    assert_eq!((server_starts(&runs), &new), (3, &BTreeSet::from([kept])), "{:?}", names(&runs));
    assert!(new.is_disjoint(&old));
    let unit_states = (0..3).map(|unit| forum.stage.unit_bag("restart", unit).get("state").cloned());
    assert!(unit_states.flatten().all(|state| state == "release"), "a unit has asked for a turn");
    assert!((0..3).all(|unit| forum.status_of(unit).starts_with("active")), "{}", forum.status());
    let unit = forum.stage.add_unit();
    let runs = forum.run_hooks();
    assert_eq!((server_starts(&runs), keys(&forum, unit + 1)), (1, new));
}

#[test]
fn a_unit_that_cannot_read_the_new_key_says_so_and_serves_with_the_old_one_until_it_can() {
    let mut forum = Forum::active();
    let old = keys(&forum, 1);
    rotate_on_leader(&mut forum);
    let id = forum.stage.app_bag("restart")["secret-key"].clone();
    forum.stage.faults().fail_calls(&["secret-get", "--format=json", "--refresh", "--", &id], 1, "boom");
    assert_eq!(server_starts(&forum.run_hooks()), 0);
    let status = "waiting: waiting for Juju to show the secret key: run secret-get: exit code 1: boom";
    assert_eq!((forum.status().as_str(), keys(&forum, 1), forum.stage.is_ready(0)), (status, old, true));
    forum.stage.faults().clear();
    forum.stage.update_status(0).unwrap();
    assert_eq!((forum.status().as_str(), keys(&forum, 1)), (ACTIVE, BTreeSet::from([kept(&forum)])));
}

#[test]
fn two_rotations_in_a_row_lead_to_the_key_of_the_last() {
    let mut forum = Forum::active();
    rotate_on_leader(&mut forum);
    let first = kept(&forum);
    rotate_on_leader(&mut forum);
    let runs = forum.run_hooks();
    assert_eq!((server_starts(&runs), keys(&forum, 1)), (1, BTreeSet::from([kept(&forum)])));
    assert!(kept(&forum) != first && forum.stage.app_bag("restart")["secret-key-rotation"] == "2");
}

#[test]
fn a_secret_that_was_removed_by_hand_is_made_anew() {
    let mut forum = Forum::active();
    let id = forum.stage.app_bag("restart")["secret-key"].clone();
    forum.stage.secret(&id).remove();
    rotate_on_leader(&mut forum);
    forum.settle();
    assert_ne!(forum.stage.app_bag("restart")["secret-key"], id);
    assert_eq!((keys(&forum, 1), forum.status().as_str()), (BTreeSet::from([kept(&forum)]), ACTIVE));
}

#[test]
fn what_is_not_confirmed_or_asked_of_another_unit_than_the_leader_changes_nothing() {
    let mut forum = Forum::related_units(2);
    forum.settle();
    let (old, bag) = (keys(&forum, 2), forum.stage.app_bag("restart"));
    let leader = forum.stage.leader().unwrap();
    let unconfirmed = "the parameter confirm must be the name of the application: confirm=discourse-k8s";
    assert_eq!(refusal(&rotate(&mut forum, leader, "yes")), (ActionStatus::Failed, unconfirmed));
    let elsewhere =
        "only the leader can do this: juju run discourse-k8s/leader rotate-secret-key confirm=discourse-k8s";
    assert_eq!(refusal(&rotate(&mut forum, 1 - leader, CONFIRMED)), (ActionStatus::Failed, elsewhere));
    let runs = forum.run_hooks();
    assert_eq!((server_starts(&runs), keys(&forum, 2), forum.stage.app_bag("restart")), (0, old, bag));
}

#[test]
fn a_forum_that_keeps_no_key_yet_has_none_to_rotate() {
    let mut forum = Forum::deployed(1);
    forum.settle();
    let text = "the application keeps no secret key yet; wait until juju status says active and try again";
    assert_eq!(refusal(&rotate(&mut forum, 0, CONFIRMED)), (ActionStatus::Failed, text));
}

#[test]
fn a_rotation_that_is_killed_anywhere_has_not_happened() {
    let mut forum = Forum::active();
    let (old, bag) = (keys(&forum, 1), forum.stage.app_bag("restart"));
    let calls = u32::try_from(rotation_calls()).unwrap();
    for n in [calls - 2, calls - 1, calls] {
        forum.stage.faults().kill_after_tool(n);
        assert_eq!(rotate(&mut forum, 0, CONFIRMED).status, ActionStatus::Failed);
        let runs = forum.run_hooks();
        assert_eq!(
            (server_starts(&runs), keys(&forum, 1), kept(&forum)),
            (0, old.clone(), old.first().unwrap().clone())
        );
    }
    assert_eq!(forum.stage.app_bag("restart"), bag);
}

/// How many hook tool calls a rotation takes.
fn rotation_calls() -> usize {
    rotate_on_leader(&mut Forum::active()).hook.unwrap().tools.len()
}

#[test]
fn a_hook_that_is_killed_while_it_follows_a_rotation_is_finished_by_the_next() {
    for kill in [2, 6, 7, 8, 9] {
        let mut forum = Forum::active();
        rotate_on_leader(&mut forum);
        forum.stage.faults().kill_after_request(kill);
        let runs = forum.run_hooks();
        assert_eq!(keys(&forum, 1), BTreeSet::from([kept(&forum)]), "killed after request {kill}");
        assert_eq!((forum.status().as_str(), server_starts(&runs)), (ACTIVE, 1), "killed after request {kill}");
    }
}
