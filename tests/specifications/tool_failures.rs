//! Hook tools that fail where the forum needs them: what cannot be read is not taken for absent, so nothing is stopped or withdrawn, and the next hook finishes.

use std::{fs, sync::OnceLock, thread};

use crate::{
    forum::{ACTIVE, Forum, Outcome, names, writes},
    unreadable_relations::optional_endpoint,
};
use serde_json::json;
use stage::{ActionStatus, HookRun, Outcome as Answer, ToolCall, faults::CallFault};

/// How a call can fail, and how the status describes it.
fn failures() -> [(Answer, &'static str); 4] {
    [
        (Answer::Fail(1, "boom".to_owned()), "exit code 1: boom"),
        (Answer::Fail(2, "boom".to_owned()), "exit code 2: boom"),
        (Answer::Die, "signal 6 ended it"),
        (Answer::Print("<?>".to_owned()), "its output is not "),
    ]
}

/// The calls of a hook that are not about relations which the forum can do without.
fn needed<'a>(forum: &Forum, run: &'a HookRun) -> Vec<&'a ToolCall> {
    run.tools.iter().filter(|call| optional_endpoint(forum, &call.argv).is_none()).collect()
}

#[test]
fn any_call_of_a_steady_hook_may_fail_in_any_way() {
    let mut forum = Forum::active();
    let steady = forum.stage.update_status(0).unwrap();
    assert_eq!(steady.tools.len(), 20);
    for call in needed(&forum, &steady) {
        for (answer, reason) in failures() {
            forum.stage.faults().calls.push(once(&call.argv, answer));
            let run = forum.stage.update_status(0).unwrap();
            assert_left_alone(&forum, run, &format!("waiting: run {}: {reason}", call.argv[0]));
            assert_recovers(&mut forum);
        }
    }
}

#[test]
fn any_call_of_a_hook_with_every_relation_may_fail() {
    let mut forum = crate::integrations::fully_related_forum(stage::Stage::builder());
    forum.update_status();
    let steady = forum.stage.update_status(0).unwrap();
    for call in needed(&forum, &steady) {
        forum.stage.faults().calls.push(once(&call.argv, Answer::Fail(1, "boom".to_owned())));
        let run = forum.stage.update_status(0).unwrap();
        assert_left_alone(&forum, run, &format!("waiting: run {}: exit code 1: boom", call.argv[0]));
        assert_eq!(forum.update_status(), Outcome::unchanged("active"), "{:?}", call.argv);
    }
}

#[test]
fn a_missing_tool_is_named_in_the_status() {
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
        let tools = forum.stage.agent_dir(0).unwrap().tools();
        fs::rename(tools.join(tool), tools.join("away")).unwrap();
        let run = forum.stage.update_status(0).unwrap();
        fs::rename(tools.join("away"), tools.join(tool)).unwrap();
        let expected = format!("waiting: run {tool}: there is no such tool; the next hook tries again");
        assert_left_alone(&forum, run, &expected);
        assert_recovers(&mut forum);
    }
}

#[test]
fn if_every_tool_fails_a_hook_succeeds_and_leaves_the_server_alone() {
    let mut forum = Forum::active();
    forum.stage.faults().fail_calls(&[], 1, "the agent is going down");
    let run = forum.stage.update_status(0).unwrap();
    assert_left_alone(&forum, run, ACTIVE);
    forum.stage.faults().clear();
    assert_eq!(forum.update_status(), Outcome::active());
}

#[test]
fn a_status_that_cannot_be_set_is_set_by_the_next_hook() {
    let mut forum = Forum::active();
    forum.set("max_category_nesting", 9);
    forum.stage.faults().fail_calls(&["status-set"], 1, "boom");
    let mut runs = forum.run_hooks();
    assert_eq!(names(&runs), ["config-changed"]);
    assert_left_alone(&forum, runs.swap_remove(0), ACTIVE);
    forum.stage.faults().clear();
    assert_eq!(forum.update_status(), Outcome::unchanged("blocked: max_category_nesting must be 2 or 3"));
}

#[test]
fn a_line_that_cannot_be_logged_goes_to_standard_error() {
    let mut forum = Forum::active();
    forum.stage.faults().fail_calls(&["juju-log"], 1, "boom");
    forum.set("smtp_domain", "example.com");
    assert_eq!(forum.settle(), Outcome::restarted());
    let expected = "INFO (re)starting Discourse: changed: smtp_domain (run juju-log: exit code 1: boom)";
    assert!(forum.log().contains(expected), "{}", forum.log());
}

#[test]
fn an_action_whose_results_are_lost_fails_with_the_reason() {
    let mut forum = Forum::active();
    let lost = "Discourse has done it, but action-set failed: the results are lost";
    for (tool, status, message) in [
        ("action-get", ActionStatus::Failed, "run action-get: exit code 1: boom"),
        ("action-log", ActionStatus::Completed, ""),
        ("action-set", ActionStatus::Failed, lost),
    ] {
        forum.stage.faults().fail_calls(&[tool], 1, "boom");
        let email = format!("{tool}@example.com");
        let run = forum.stage.run(0, "create-user", json!({"email": email})).unwrap();
        forum.stage.faults().clear();
        assert_eq!((run.status, run.message.as_str()), (status, message), "{tool}");
        let outcome = forum.outcome(run.hook.as_slice());
        assert_eq!((outcome.status.as_str(), outcome.failed_hooks), (ACTIVE, vec![]), "{tool}");
    }
    assert_eq!(forum.users(), ["action-log@example.com", "action-set@example.com"]);
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
    let answers = failures().map(|(answer, _)| answer).into_iter().take(3).cycle();
    assert_each_is_survived(kinds.iter().zip(answers).map(|(kind, answer)| once(kind, answer)));
}

#[test]
fn any_call_on_the_way_to_active_may_fail() {
    let calls: usize = undisturbed().iter().map(|run| run.tools.len()).sum();
    let answers = failures().map(|(answer, _)| answer).into_iter().take(3).cycle();
    assert_each_is_survived(answers.take(6).enumerate().map(|(place, outcome)| {
        let skip = u32::try_from(place * (calls - 1) / 5).unwrap();
        CallFault { prefix: Vec::new(), skip, once: true, outcome }
    }));
}

/// Plays lives with one fault each at the same time, since each of them waits a lot.
#[track_caller]
fn assert_each_is_survived(faults: impl Iterator<Item = CallFault>) {
    thread::scope(|scope| {
        for fault in faults {
            scope.spawn(|| assert_survived(fault));
        }
    });
}

/// The hooks from deploy to active; played once for all tests of this file.
fn undisturbed() -> &'static [HookRun] {
    static RUNS: OnceLock<Vec<HookRun>> = OnceLock::new();
    RUNS.get_or_init(|| Forum::active().stage.runs().to_vec())
}

/// From deploy to active with one call that fails: no hook fails, nothing is done twice, and the next hook finishes.
#[track_caller]
fn assert_survived(fault: CallFault) {
    let shown = format!("{fault:?}");
    let mut forum = Forum::related();
    forum.stage.faults().calls.push(fault);
    forum.settle();
    // How many hooks a life has depends a little on how fast its server starts: the last calls may be in one more.
    for _ in 0..3 {
        forum.update_status();
        forum.settle();
    }
    assert!(forum.stage.faults().calls.is_empty(), "no such call: {shown}");
    assert_eq!(forum.outcome(forum.stage.runs()), Outcome::migrated(), "{shown}");
    let unit = forum.stage.unit(0);
    assert_eq!(
        (unit.workload_version().as_str(), unit.opened_ports()),
        ("2026.1.7", vec!["3000/tcp".to_owned()]),
        "{shown}"
    );
}

/// One failure of the next call that begins like this.
fn once(argv: &[String], outcome: Answer) -> CallFault {
    CallFault { prefix: argv.to_vec(), skip: 0, once: true, outcome }
}

/// The hook succeeded, wrote nothing but a status and log lines, and left the workload alone; its status begins like this.
#[track_caller]
fn assert_left_alone(forum: &Forum, run: HookRun, status: &str) {
    let runs = [run];
    forum.outcome(&runs).assert_unchanged(status);
    let is_shown = |tool: &&str| ["status-set", "juju-log"].contains(tool);
    assert!(writes(&runs).iter().all(is_shown), "{status}: {:?}", writes(&runs));
}

/// The next hook corrects the status and changes nothing else.
#[track_caller]
fn assert_recovers(forum: &mut Forum) {
    let runs = [forum.stage.update_status(0).unwrap()];
    assert_eq!((forum.outcome(&runs), writes(&runs)), (Outcome::active(), vec!["status-set"]));
}
