//! Hook tools that fail: whatever a charm cannot read is not gone, so nothing is stopped and nothing withdrawn, and the next hook
//! finishes.

use std::{fs, sync::OnceLock, thread};

use crate::forum::{ACTIVE, Forum, names, posts, rails_boots, server_starts, writes};
use serde_json::json;
use stage::{ActionStatus, HookRun, Outcome, faults::CallFault};

/// What can happen to a call, and how the status tells it.
fn misfortunes() -> [(Outcome, &'static str); 4] {
    [
        (Outcome::Fail(1, "boom".to_owned()), "exit code 1: boom"),
        (Outcome::Fail(2, "boom".to_owned()), "exit code 2: boom"),
        (Outcome::Die, "signal 6 ended it"),
        (Outcome::Print("<?>".to_owned()), "its output is not "),
    ]
}

#[test]
fn every_call_of_a_steady_hook_may_fail_in_every_way() {
    let mut forum = Forum::active();
    let steady = forum.stage.update_status(0).unwrap();
    assert_eq!(steady.tools.len(), 20);
    for call in &steady.tools {
        for (outcome, said) in misfortunes() {
            forum.stage.faults().calls.push(once(&call.argv, outcome));
            let run = forum.stage.update_status(0).unwrap();
            let expected = format!("waiting: run {}: {said}", call.argv[0]);
            assert_left_alone(&forum, &run, &expected);
            assert_finishes(&mut forum);
        }
    }
}

#[test]
fn every_call_of_a_hook_with_every_relation_may_fail() {
    let mut forum = crate::integrations::whole();
    forum.stage.update_status(0).unwrap();
    let steady = forum.stage.update_status(0).unwrap();
    for call in &steady.tools {
        forum.stage.faults().calls.push(once(&call.argv, Outcome::Fail(1, "boom".to_owned())));
        let run = forum.stage.update_status(0).unwrap();
        assert_left_alone(&forum, &run, &format!("waiting: run {}: exit code 1: boom", call.argv[0]));
        forum.stage.update_status(0).unwrap();
        assert_eq!(forum.status(), "active", "{:?}", call.argv);
    }
}

#[test]
fn a_tool_that_is_not_there_is_named() {
    let mut forum = Forum::active();
    for tool in [
        "config-get",
        "goal-state",
        "is-leader",
        "relation-get",
        "relation-ids",
        "relation-list",
        "secret-get",
        "status-get",
    ] {
        let (place, away) = (
            forum.stage.agent_dir(0).unwrap().tools().join(tool),
            forum.stage.agent_dir(0).unwrap().tools().join("away"),
        );
        fs::rename(&place, &away).unwrap();
        let run = forum.stage.update_status(0).unwrap();
        fs::rename(&away, &place).unwrap();
        assert_left_alone(
            &forum,
            &run,
            &format!("waiting: run {tool}: there is no such tool; the next hook tries again"),
        );
        assert_finishes(&mut forum);
    }
}

#[test]
fn without_any_tool_a_hook_ends_well_and_the_server_goes_on() {
    let mut forum = Forum::active();
    forum.stage.faults().fail_calls(&[], 1, "the agent is going down");
    let run = forum.stage.update_status(0).unwrap();
    assert_left_alone(&forum, &run, ACTIVE);
    forum.stage.faults().clear();
    assert_eq!(posts(&[forum.stage.update_status(0).unwrap()]), Vec::<String>::new());
}

#[test]
fn a_status_that_cannot_be_set_is_set_by_the_next_hook() {
    let mut forum = Forum::active();
    forum.stage.config([("max_category_nesting", json!(9))]).unwrap();
    forum.stage.faults().fail_calls(&["status-set"], 1, "boom");
    let run = forum.settle();
    assert_eq!((names(&run), forum.status().as_str()), (vec!["config-changed"], ACTIVE));
    assert_left_alone(&forum, &run[0], ACTIVE);
    forum.stage.faults().clear();
    forum.stage.update_status(0).unwrap();
    assert_eq!(forum.status(), "blocked: max_category_nesting must be 2 or 3");
}

#[test]
fn a_line_that_cannot_be_logged_goes_to_standard_error() {
    let mut forum = Forum::active();
    forum.stage.faults().fail_calls(&["juju-log"], 1, "boom");
    forum.stage.config([("smtp_domain", json!("example.com"))]).unwrap();
    assert_eq!(server_starts(&forum.settle()), 1);
    assert_eq!(forum.status(), ACTIVE);
    let said = forum.log();
    assert!(
        said.contains("INFO (re)starting Discourse: changed: smtp_domain (run juju-log: exit code 1: boom)"),
        "{said}"
    );
}

#[test]
fn an_action_whose_tools_fail_has_failed_and_says_why() {
    let mut forum = Forum::active();
    let lost = "Discourse has done it, but action-set failed: the results are lost";
    for (tool, status, message) in [
        ("action-get", ActionStatus::Failed, "run action-get: exit code 1: boom"),
        ("action-log", ActionStatus::Completed, ""),
        ("action-set", ActionStatus::Failed, lost),
    ] {
        forum.stage.faults().fail_calls(&[tool], 1, "boom");
        let email = format!("{tool}@example.com");
        let done = forum.stage.run(0, "create-user", json!({"email": email})).unwrap();
        forum.stage.faults().clear();
        assert_eq!((done.status, done.message.as_str()), (status, message), "{tool}");
        assert!(done.hook.unwrap().is_success(), "{tool}");
    }
    assert_eq!(forum.users(), ["action-log@example.com", "action-set@example.com"]);
    assert_eq!(forum.status(), ACTIVE);
}

#[test]
fn the_first_write_of_every_kind_may_fail_on_the_way_to_active() {
    let mut kinds: Vec<Vec<String>> = Vec::new();
    for call in undisturbed().iter().flat_map(|run| &run.tools) {
        let kind = match call.argv[0].as_str() {
            "relation-set" => call.argv.clone(),
            "application-version-set" | "open-port" => call.argv[..1].to_vec(),
            "status-set" => call.argv[..2].to_vec(),
            _ => continue,
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds.sort();
    assert_eq!(
        kinds.iter().map(|kind| kind.join(" ")).collect::<Vec<_>>(),
        [
            "application-version-set",
            "open-port",
            "relation-set -r database:1 --app --file -",
            "relation-set -r nginx-route:3 --app --file -",
            "relation-set -r restart:0 --file -",
            "status-set active",
            "status-set maintenance",
            "status-set waiting",
        ]
    );
    let outcomes = misfortunes().into_iter().map(|(outcome, _)| outcome).take(3).cycle();
    serve_in_the_end(kinds.iter().zip(outcomes).map(|(kind, outcome)| once(kind, outcome)));
}

#[test]
fn any_call_on_the_way_to_active_may_fail() {
    let calls: usize = undisturbed().iter().map(|run| run.tools.len()).sum();
    let outcomes = misfortunes().into_iter().map(|(outcome, _)| outcome).take(3).cycle();
    serve_in_the_end(outcomes.take(6).enumerate().map(|(place, outcome)| {
        let skip = u32::try_from(place * (calls - 1) / 5).unwrap();
        CallFault { prefix: Vec::new(), skip, once: true, outcome }
    }));
}

/// Lives with one fault each, side by side, since each of them waits a lot.
fn serve_in_the_end(faults: impl Iterator<Item = CallFault>) {
    thread::scope(|scope| {
        for fault in faults {
            scope.spawn(|| serves_in_the_end(fault));
        }
    });
}

/// The hooks from deploy to active; played once for all tests of this file.
fn undisturbed() -> &'static [HookRun] {
    static RUNS: OnceLock<Vec<HookRun>> = OnceLock::new();
    RUNS.get_or_init(|| Forum::active().stage.runs().to_vec())
}

/// From deploy to active with one call that fails: no hook fails, nothing is done twice, and the next hook finishes.
fn serves_in_the_end(fault: CallFault) {
    let shown = format!("{fault:?}");
    let mut forum = Forum::related();
    forum.stage.faults().calls.push(fault);
    forum.settle();
    // How many hooks a life has depends a little on how fast its server starts: the last calls may be in one more.
    for _ in 0..3 {
        forum.stage.update_status(0).unwrap();
        forum.settle();
    }
    assert!(forum.stage.faults().calls.is_empty(), "not struck: {shown}");
    let (runs, unit, said) = (forum.stage.runs(), forum.stage.unit(0), forum.log());
    assert!(!said.contains("panicked at"), "{said}");
    assert!(runs.iter().all(HookRun::is_success), "{shown}");
    assert_eq!((rails_boots(runs), server_starts(runs)), (vec!["bin/rake charm:migrate".to_owned()], 1), "{shown}");
    assert_eq!((forum.status().as_str(), unit.workload_version().as_str()), (ACTIVE, "2026.1.7"), "{shown}");
    assert_eq!(unit.opened_ports(), ["3000/tcp"], "{shown}");
}

/// One failure of the next call that begins like this.
fn once(argv: &[String], outcome: Outcome) -> CallFault {
    CallFault { prefix: argv.to_vec(), skip: 0, once: true, outcome }
}

/// The hook ended well, wrote nothing but a status and a log line, and touched nothing of the workload.
fn assert_left_alone(forum: &Forum, run: &HookRun, status: &str) {
    assert!(run.is_success(), "{}: {}", run.exit, forum.log());
    assert!(forum.status().starts_with(status), "{} is not {status}", forum.status());
    let bags: Vec<&str> = writes(std::slice::from_ref(run))
        .into_iter()
        .filter(|tool| !["status-set", "juju-log"].contains(tool))
        .collect();
    assert_eq!((bags, posts(std::slice::from_ref(run))), (vec![], vec![]), "{status}");
    assert!(forum.stage.is_ready(0), "{status}");
}

/// The next hook only sets the status right.
fn assert_finishes(forum: &mut Forum) {
    let run = [forum.stage.update_status(0).unwrap()];
    assert_eq!((forum.status().as_str(), posts(&run), writes(&run)), (ACTIVE, vec![], vec!["status-set"]));
}
