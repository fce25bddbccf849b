//! The statuses of the unit and of its application.

use crate::bench::{Bench, UNIT, fails, prints, refused, silence};
use serde_json::{Value, json};
use stage::{HookEvent, Status};

#[test]
fn a_charm_sets_four_kinds_of_status() {
    let mut bench = Bench::leader();
    for kind in ["maintenance", "blocked", "waiting", "active"] {
        let replies = bench.calls(&[&format!("status-set {kind} -- 'a message'"), "status-get"]);
        assert_eq!(replies, [silence(), prints(&format!("{kind}\n"))]);
        assert_eq!(bench.stage.unit(0).status().to_string(), format!("{kind}: a message"));
    }
}

#[test]
fn other_kinds_of_status_are_refused() {
    let replies = Bench::leader().calls(&["status-set error x", "status-set unknown", "status-set"]);
    let expected = "expected one of [maintenance blocked waiting active]";
    assert_eq!(
        replies,
        [
            refused(&format!("invalid status \"error\", {expected}")),
            refused(&format!("invalid status \"unknown\", {expected}")),
            refused("invalid args, require <status> [message]"),
        ]
    );
}

#[test]
fn a_status_holds_even_if_the_hook_fails() {
    let mut bench = Bench::leader();
    let (run, _) = bench.hook(&HookEvent::update_status(), &["status-set blocked -- why"], 1);
    assert_eq!(run.after, Status::blocked("why"));
}

#[test]
fn setting_the_same_status_again_is_a_new_entry() {
    let mut bench = Bench::leader();
    let before = bench.stage.unit(0).status_history().len();
    bench.calls(&["status-set active -- same", "status-set active -- same"]);
    assert_eq!(bench.stage.unit(0).status_history()[before..], [Status::active("same"), Status::active("same")]);
}

#[test]
fn a_status_is_shown_with_its_message_on_request() {
    let mut bench = Bench::leader();
    bench.call("status-set waiting -- 'for x'");
    let replies = bench.calls(&["status-get --include-data --format=json", "status-get --format=json", "status-get"]);
    let whole = "{\"message\":\"for x\",\"status\":\"waiting\",\"status-data\":{}}\n";
    assert_eq!(replies, [prints(whole), prints("{\"status\":\"waiting\"}\n"), prints("waiting\n")]);
}

#[test]
fn a_status_is_read_once_in_a_hook() {
    let mut bench = Bench::leader();
    bench.call("status-set active");
    let replies = bench.calls(&["status-get", "status-set blocked", "status-get"]);
    assert_eq!(replies, [prints("active\n"), silence(), prints("active\n")]);
    assert_eq!(bench.call("status-get"), prints("blocked\n"));
}

#[test]
fn a_status_that_was_set_first_is_read_back() {
    let replies = Bench::leader().calls(&["status-set blocked", "status-get"]);
    assert_eq!(replies, [silence(), prints("blocked\n")]);
}

#[test]
fn the_leader_speaks_for_the_application() {
    let mut bench = Bench::leader();
    let replies = bench.calls(&[
        "status-set active -- mine",
        "status-set --application=true blocked -- ours",
        "status-get --application=true --include-data --format=json",
    ]);
    assert_eq!(replies[..2], [silence(), silence()]);
    let shown: Value = serde_json::from_str(&replies[2].stdout).unwrap();
    let unit = json!({"message": "mine", "status": "active", "status-data": {}});
    let application = json!({"message": "ours", "status": "blocked", "status-data": {}, "units": {UNIT: unit}});
    assert_eq!(shown, json!({"application-status": application}));
}

#[test]
fn other_units_do_not_speak_for_the_application() {
    let replies = Bench::follower().calls(&["status-set --application=true active", "status-get --application=true"]);
    assert_eq!(
        replies,
        [fails("this unit is not the leader"), fails("finding application status: this unit is not the leader")]
    );
}

#[test]
fn what_juju_knows_of_a_status_is_shown() {
    let mut bench = Bench::leader();
    let data = json!({"hook": "install", "n": 3, "deep": {"a": [1, 2]}});
    bench.model().units.get_mut(UNIT).unwrap().status.data = data.as_object().unwrap().clone();
    let replies = bench.calls(&["status-get --include-data", "status-get --include-data --format=json"]);
    let yaml = "message: \"\"\nstatus: unknown\nstatus-data:\n  deep:\n    a:\n    - 1\n    - 2\n  hook: install\n  \"n\": 3\n";
    let json = "{\"message\":\"\",\"status\":\"unknown\",\"status-data\":{\"deep\":{\"a\":[1,2]},\"hook\":\"install\",\"n\":3}}\n";
    assert_eq!(replies, [prints(yaml), prints(json)]);
}
