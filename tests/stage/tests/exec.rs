//! Commands of `juju exec`: they run in a hook context, but no hook runs.
#![cfg(test)]

mod shell;

use serde_json::{Value, json};
use shell::settled;
use stage::{ActionStatus, Stage, Status};

/// What becomes of a command that Juju could run.
fn results(stage: &mut Stage, argv: &[&str]) -> Value {
    let ran = stage.exec(0, argv).unwrap();
    assert_eq!(ran.status, ActionStatus::Completed, "{}", ran.message);
    Value::Object(ran.results)
}

#[test]
fn a_command_is_an_action_without_a_dispatch_path_and_its_hook_tools_work() {
    let script = r#"echo "$JUJU_ACTION_NAME ${JUJU_DISPATCH_PATH-none} ${JUJU_HOOK_NAME-none}"; is-leader"#;
    let expected = json!({"return-code": 0, "stdout": "juju-exec none none\nTrue\n"});
    assert_eq!(results(&mut settled(""), &["sh", "-c", script]), expected);
}

#[test]
fn a_command_runs_in_the_folder_of_the_charm() {
    let expected = json!({"return-code": 0, "stdout": "actions.yaml\ndispatch\nmetadata.yaml\n"});
    assert_eq!(results(&mut settled(""), &["ls"]), expected);
    assert_eq!(results(&mut settled(""), &["./dispatch"]), json!({"return-code": 0}));
}

#[test]
fn the_exit_code_of_a_command_is_a_result() {
    let mut stage = settled("");
    let expected = json!({"return-code": 3, "stderr": "no\n"});
    assert_eq!(results(&mut stage, &["sh", "-c", "echo no >&2; exit 3"]), expected);
    assert_eq!(results(&mut stage, &["./missing"])["return-code"], 127);
}

#[test]
fn what_a_command_wrote_is_kept() {
    let mut stage = settled("");
    results(&mut stage, &["status-set", "active", "by hand"]);
    assert_eq!(stage.unit(0).status(), Status::active("by hand"));
}
