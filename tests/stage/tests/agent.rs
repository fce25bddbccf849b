//! How the agent runs a charm: output, exit codes and what goes wrong.
#![cfg(test)]

mod shell;

use serde_json::{Value, json};
use shell::settled;
use stage::{ActionStatus, Exit, HookEvent, Stage, Status, Version, WorkloadStep};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

#[test]
fn the_charm_runs_in_its_folder_with_nothing_to_read() {
    let mut stage = settled("pwd; cat; ls /proc/self/fd/0 -l | sed 's/.*-> //'");
    let log = stage.update_status(0).unwrap().log;
    let charm = stage.agent_dir(0).unwrap().charm();
    let texts: Vec<&str> = log.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, [charm.to_str().unwrap(), "/dev/null"]);
}

#[test]
fn a_charm_without_dispatch_has_a_program_per_hook_or_none() {
    let folder = shell::charm("");
    fs::create_dir(folder.path().join("hooks")).unwrap();
    fs::rename(folder.path().join("dispatch"), folder.path().join("hooks/start")).unwrap();
    let mut stage = shell::builder().charm(folder.path()).build().unwrap();
    stage.deploy();
    let runs = stage.settle().unwrap();
    let exits: Vec<(&str, &Exit)> = runs.iter().map(|run| (run.hook.as_str(), &run.exit)).collect();
    assert_eq!(exits.last(), Some(&("start", &Exit::Code(0))));
    assert!(exits[..exits.len() - 1].iter().all(|(_, exit)| **exit == Exit::Skipped));
    let action = stage.run(0, "act", json!({})).unwrap();
    assert_eq!(
        (action.status, action.message),
        (ActionStatus::Failed, "action not implemented on unit \"tiny/0\"".to_owned())
    );
}

#[test]
fn a_dispatch_that_cannot_be_run_fails_hooks_and_actions() {
    let folder = shell::charm("");
    fs::set_permissions(folder.path().join("dispatch"), Permissions::from_mode(0o644)).unwrap();
    let mut stage = shell::builder().charm(folder.path()).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    let program = stage.agent_dir(0).unwrap().charm().join("dispatch");
    let refused = format!("exec: {:?}: permission denied", program.display().to_string());
    assert_eq!(stage.update_status(0).unwrap().exit, Exit::NotStarted(refused.clone()));
    assert_eq!(stage.unit(0).status().to_string(), "error: hook failed: \"update-status\"");
    let action = stage.run(0, "act", json!({})).unwrap();
    assert_eq!((action.status, action.message, action.results.len()), (ActionStatus::Failed, refused, 0));
}

#[test]
fn a_charm_that_forgot_its_start_runs_it_twice() {
    let mut stage = settled("");
    stage.restart_agent(0).unwrap();
    stage.faults().repeat_hook();
    let hooks: Vec<String> = stage.settle().unwrap().into_iter().map(|run| run.hook).collect();
    assert_eq!(hooks, ["start", "start"]);
}

#[test]
fn a_signal_other_than_term_and_kill_is_a_failure() {
    let mut stage = settled("[ -e /nowhere ] || kill -SEGV $$");
    assert_eq!(stage.update_status(0).unwrap().exit, Exit::Signal(11));
    assert_eq!(stage.unit(0).status().to_string(), "error: hook failed: \"update-status\"");
    let mut stage = settled("kill -TERM $$");
    stage.update_status(0).unwrap();
    assert_eq!(stage.unit(0).status(), Status::unknown());
}

#[test]
fn failed_hooks_are_left_alone_where_the_model_says_so_until_a_person_acts() {
    let mut stage = settled("[ -e /dev/shm/never ]");
    stage.model_mut().retries_hooks = false;
    stage.update_status(0).unwrap();
    assert_eq!(stage.settle().unwrap(), []);
    stage.resolve(0).unwrap();
    assert_eq!(stage.settle().unwrap().len(), 1);
}

#[test]
fn a_failed_hook_is_tried_three_times_more_before_the_stage_rests() {
    let mut stage = settled("exit 3");
    stage.update_status(0).unwrap();
    let exits: Vec<Exit> = stage.settle().unwrap().into_iter().map(|run| run.exit).collect();
    assert_eq!(exits, [Exit::Code(3), Exit::Code(3), Exit::Code(3)]);
}

#[test]
fn failed_pebble_hooks_pass_without_an_error() {
    let mut stage = settled("");
    stage.faults().fail_commit("quota limit exceeded");
    let check = WorkloadStep::CheckFailed { check: "alive".to_owned() };
    let run = stage.hook(0, &HookEvent::Workload { container: "web".to_owned(), step: check }).unwrap();
    assert_eq!(run.exit, Exit::CommitFailed("quota limit exceeded".to_owned()));
    assert_eq!(stage.unit(0).status(), Status::unknown());
    assert_eq!(stage.settle().unwrap(), []);
    stage.faults().fail_commit("quota limit exceeded");
    stage.hook(0, &HookEvent::pebble_ready("web")).unwrap();
    let again: Vec<String> = stage.settle().unwrap().into_iter().map(|run| run.hook).collect();
    assert_eq!(again, ["web-pebble-ready"]);
}

#[test]
fn a_cancelled_action_is_aborted_and_its_process_killed() {
    let mut stage = settled("action-set a=b; action-set c=d");
    stage.faults().cancel_after_tool(1);
    let run = stage.run(0, "act", json!({})).unwrap();
    assert_eq!((run.status, run.hook.unwrap().exit), (ActionStatus::Aborted, Exit::Signal(9)));
    assert_eq!(run.results.get("a"), Some(&Value::from("b")));
}

#[test]
fn tools_can_take_their_time_to_start_all_at_once() {
    let mut stage = settled("is-leader & config-get & relation-ids friends & wait");
    stage.faults().delay_tools(std::time::Duration::from_secs(1));
    let run = stage.update_status(0).unwrap();
    assert_eq!(run.tools.len(), 3);
    assert!((1000..3000).contains(&run.wall.as_millis()), "{:?}", run.wall);
}

#[test]
fn a_tool_that_is_missing_dies_or_lies_is_for_the_charm_to_see() {
    let mut stage = settled("is-leader; echo $?");
    let output = |stage: &mut Stage| -> Vec<String> {
        let run = stage.update_status(0).unwrap();
        run.log.into_iter().filter(|line| line.level == "DEBUG").map(|line| line.text).collect()
    };
    stage.faults().answer_calls(&["is-leader"], stage::Outcome::Die);
    assert_eq!(output(&mut stage), ["134"]);
    stage.faults().clear();
    stage.faults().answer_calls(&["is-leader"], stage::Outcome::Print("perhaps\n".to_owned()));
    assert_eq!(output(&mut stage), ["perhaps", "0"]);
    fs::remove_file(stage.agent_dir(0).unwrap().tools().join("is-leader")).unwrap();
    assert_eq!(output(&mut stage), ["127"]);
}

#[test]
fn what_a_run_cost_is_its_own_and_not_its_childrens() {
    let mut stage = settled("sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'");
    let run = stage.update_status(0).unwrap();
    assert!(run.wall > 5 * run.cpu, "{:?} of {:?}", run.cpu, run.wall);
    assert!(run.peak_kib > 500, "{} KiB", run.peak_kib);
}

#[test]
fn every_settling_tries_a_failed_hook_again() {
    let mut stage = settled("is-leader || exit 3");
    stage.faults().fail_calls(&["is-leader"], 1, "lost");
    stage.update_status(0).unwrap();
    stage.settle().unwrap();
    stage.faults().clear();
    let exits: Vec<Exit> = stage.settle().unwrap().into_iter().map(|run| run.exit).collect();
    assert_eq!(exits, [Exit::Code(0)]);
}

#[test]
fn juju_4_allows_no_parameter_that_is_not_declared() {
    let mut stage = settled("");
    let status = |stage: &mut Stage| stage.run(0, "act", json!({"who": "me"})).unwrap().status;
    assert_eq!(status(&mut stage), ActionStatus::Completed);
    stage.model_mut().juju = Version::V4_0;
    assert_eq!(status(&mut stage), ActionStatus::Error);
}

#[test]
fn a_status_that_an_action_sets_is_not_the_charms_own() {
    for juju in Version::ALL {
        let mut stage = shell::settled_on(juju, "status-set active");
        stage.run(0, "act", json!({})).unwrap();
        assert_eq!(stage.unit(0).status(), Status::active(""));
        stage.restart_agent(0).unwrap();
        stage.settle().unwrap();
        assert_eq!(stage.unit(0).status(), Status::unknown());
    }
}

#[test]
fn after_a_restart_of_its_container_a_unit_has_an_empty_status_until_the_charm_sets_one() {
    for juju in Version::ALL {
        let mut stage = shell::settled_on(juju, "status-set active");
        stage.update_status(0).unwrap();
        stage.restart_agent(0).unwrap();
        stage.settle().unwrap();
        assert_eq!(stage.unit(0).status(), Status::maintenance(""));
        stage.update_status(0).unwrap();
        assert_eq!(stage.unit(0).status(), Status::active(""));
    }
}
