//! How the agent runs a charm: environment, output, exit codes and what goes wrong.
#![cfg(test)]

mod shell;

use serde_json::{Value, json};
use shell::settled;
use stage::{
    ActionStatus, Exit, HookEvent, PebbleFailures, RelationStep, SecretStep, Span, Stage, Status, Version, WorkloadStep,
};
use std::{collections::BTreeMap, fs};

/// The environment of a hook, apart from what is different in every run and place.
fn environment(stage: &mut Stage, event: &HookEvent) -> BTreeMap<String, String> {
    let home = stage.agent_dir(0).unwrap().root().to_str().unwrap().to_owned();
    let run = stage.hook(0, event).unwrap();
    let lines = run.log.iter().filter_map(|line| line.text.split_once('='));
    let mut variables: BTreeMap<String, String> =
        lines.map(|(name, value)| (name.to_owned(), value.replace(&home, "HOME"))).collect();
    let id = variables.remove("JUJU_CONTEXT_ID").unwrap();
    let prefix = format!("tiny/0-{}-", run.hook);
    assert!(id.strip_prefix(&prefix).is_some_and(|id| id.len() == 32), "{id}");
    variables
}

fn dumping() -> Stage {
    let folder = shell::charm("exec env -u PWD -u OLDPWD -u _ /usr/bin/env");
    let mut stage = shell::builder().charm(folder.path()).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage
}

#[test]
fn the_environment_is_jujus_and_nothing_else() {
    std::env::var_os("HOME").expect("something to leak");
    let expected = "
        APT_LISTCHANGES_FRONTEND=none
        CHARM_DIR=HOME/agents/unit-tiny-0/charm
        CLOUD_API_VERSION=1.31.0
        DEBIAN_FRONTEND=noninteractive
        JUJU_AGENT_SOCKET_ADDRESS=HOME/agents/unit-tiny-0/agent.socket
        JUJU_AGENT_SOCKET_NETWORK=unix
        JUJU_API_ADDRESSES=10.152.183.10:17070
        JUJU_AVAILABILITY_ZONE=
        JUJU_CHARM_DIR=HOME/agents/unit-tiny-0/charm
        JUJU_CHARM_FTP_PROXY=
        JUJU_CHARM_HTTPS_PROXY=
        JUJU_CHARM_HTTP_PROXY=
        JUJU_CHARM_NO_PROXY=
        JUJU_DISPATCH_PATH=hooks/update-status
        JUJU_HOOK_NAME=update-status
        JUJU_MACHINE_ID=
        JUJU_MODEL_NAME=forum
        JUJU_MODEL_UUID=6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14
        JUJU_PRINCIPAL_UNIT=
        JUJU_SLA=
        JUJU_UNIT_NAME=tiny/0
        JUJU_VERSION=3.6.28
        KUBERNETES_PORT=tcp://10.152.183.1:443
        KUBERNETES_SERVICE_HOST=10.152.183.1
        KUBERNETES_SERVICE_PORT=443
        KUBERNETES_SERVICE_PORT_HTTPS=443
        LANG=C.UTF-8
        PATH=HOME/tools/unit-tiny-0:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        TERM=tmux-256color";
    let expected: BTreeMap<String, String> = expected
        .lines()
        .filter_map(|line| line.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(environment(&mut dumping(), &HookEvent::update_status()), expected);
}

#[test]
fn each_kind_of_hook_has_variables_of_its_own() {
    let mut stage = dumping();
    let common = environment(&mut stage, &HookEvent::update_status());
    let mut own = |event: HookEvent| -> Vec<String> {
        let all = environment(&mut stage, &event);
        let new = all.iter().filter(|(name, value)| common.get(*name) != Some(value) && *name != "JUJU_HOOK_NAME");
        new.map(|(name, value)| format!("{name}={value}")).collect()
    };
    assert_eq!(
        own(HookEvent::relation(0, RelationStep::Changed, Some("tiny/1"))),
        [
            "JUJU_DISPATCH_PATH=hooks/friends-relation-changed",
            "JUJU_RELATION=friends",
            "JUJU_RELATION_ID=friends:0",
            "JUJU_REMOTE_APP=tiny",
            "JUJU_REMOTE_UNIT=tiny/1",
        ]
    );
    let check = WorkloadStep::CheckFailed { check: "alive".to_owned() };
    assert_eq!(
        own(HookEvent::Workload { container: "web".to_owned(), step: check }),
        ["JUJU_DISPATCH_PATH=hooks/web-pebble-check-failed", "JUJU_PEBBLE_CHECK_NAME=alive", "JUJU_WORKLOAD_NAME=web",]
    );
    let secret =
        HookEvent::Secret { id: "cvi2hqmp8e3c7dn1a0q0".to_owned(), step: SecretStep::Expired, revision: Some(3) };
    assert_eq!(
        own(secret),
        [
            "JUJU_DISPATCH_PATH=hooks/secret-expired",
            "JUJU_SECRET_ID=secret:cvi2hqmp8e3c7dn1a0q0",
            "JUJU_SECRET_LABEL=",
            "JUJU_SECRET_REVISION=3",
        ]
    );
}

#[test]
fn a_hook_learns_of_the_span_around_it_where_juju_is_traced() {
    let mut stage = dumping();
    let untraced = environment(&mut stage, &HookEvent::update_status());
    stage.model_mut().span = Some(Span { trace: "80f1".to_owned(), id: "ff00".to_owned() });
    let mut traced = environment(&mut stage, &HookEvent::update_status());
    let span = ["JUJU_TRACE_ID", "JUJU_SPAN_ID"].map(|name| traced.remove(name));
    assert_eq!(span, [Some("80f1".to_owned()), Some("ff00".to_owned())]);
    assert_eq!(traced, untraced);
}

#[test]
fn the_application_alone_is_an_empty_remote_unit_and_a_departing_unit_is_named() {
    let mut stage = dumping();
    let changed = environment(&mut stage, &HookEvent::relation(0, RelationStep::Changed, None));
    assert_eq!(changed["JUJU_REMOTE_UNIT"], "");
    assert!(!changed.contains_key("JUJU_DEPARTING_UNIT"));
    let departed = HookEvent::Relation {
        relation: 0,
        step: RelationStep::Departed,
        unit: Some("tiny/1".to_owned()),
        departing: Some("tiny/1".to_owned()),
    };
    assert_eq!(environment(&mut stage, &departed)["JUJU_DEPARTING_UNIT"], "tiny/1");
}

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
fn failed_pebble_hooks_can_pass_without_an_error() {
    let mut stage = settled("");
    stage.model_mut().pebble_failures = PebbleFailures::Skipped;
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
    stage.faults().delay_tools(std::time::Duration::from_millis(200));
    let run = stage.update_status(0).unwrap();
    assert_eq!(run.tools.len(), 3);
    assert!((200..500).contains(&run.wall.as_millis()), "{:?}", run.wall);
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
fn juju_4_has_no_service_level_and_allows_no_parameter_that_is_not_declared() {
    let mut stage = dumping();
    assert!(environment(&mut stage, &HookEvent::update_status()).contains_key("JUJU_SLA"));
    let status = |stage: &mut Stage| stage.run(0, "act", json!({"who": "me"})).unwrap().status;
    assert_eq!(status(&mut stage), ActionStatus::Completed);
    stage.model_mut().juju = Version::V4_0;
    assert!(!environment(&mut stage, &HookEvent::update_status()).contains_key("JUJU_SLA"));
    assert_eq!(status(&mut stage), ActionStatus::Error);
}
