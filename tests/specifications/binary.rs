//! The program itself: static, small, and usable from a command line.

use std::{fs, process::Command};

use serde_json::json;
use stage::ActionStatus;

use crate::forum::Forum;

/// What the program prints and its exit code, in an empty environment.
#[track_caller]
fn run(arguments: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(crate::forum::charm().join("dispatch")).args(arguments).env_clear().output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (text, output.status.code())
}

#[test]
fn the_program_is_static_and_at_most_five_megabytes() {
    let program = crate::forum::charm().join("dispatch");
    let said = Command::new("file").arg("--brief").arg(&program).output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("static-pie linked") || said.contains("statically linked"), "{said}");
    assert!(said.contains("stripped") && !said.contains("not stripped"), "{said}");
    assert!(fs::metadata(program).unwrap().len() <= 5_000_000);
}

#[test]
fn help_and_version_are_printed_and_unknown_arguments_rejected() {
    let (help, code) = run(&["--help"]);
    assert!(help.starts_with("Deploys and runs Discourse.") && help.contains("JUJU_DISPATCH_PATH"), "{help}");
    assert_eq!(code, Some(0));
    assert_eq!(run(&["--version"]), (format!("dispatch {}\n", env!("CARGO_PKG_VERSION")), Some(0)));
    assert_eq!(run(&["--fly"]).1, Some(2));
}

#[test]
fn without_a_hook_the_program_prints_what_it_is() {
    let (text, code) = run(&[]);
    assert!(text.starts_with("Deploys and runs Discourse.") && text.ends_with('\n'), "{text}");
    assert!(text.contains("juju exec --unit UNIT -- ./dispatch explain"), "{text}");
    assert_eq!(code, Some(0));
}

#[test]
fn a_command_of_juju_exec_that_names_no_hook_prints_what_the_program_is_and_does_nothing() {
    let mut forum = Forum::deployed(1);
    let task = forum.stage.exec(0, &["./dispatch"]).unwrap();
    assert_eq!((task.status, &task.results["stdout"]), (ActionStatus::Completed, &json!(run(&[]).0)));
    let hook = task.hook.unwrap();
    assert_eq!((hook.tools.len(), hook.requests.len()), (0, 0));
}

#[test]
fn an_explanation_outside_a_hook_context_fails_with_the_command_that_gives_one() {
    let message = "explain needs a hook context: juju exec --unit <unit> -- ./dispatch explain\n";
    assert_eq!(run(&["explain"]), (message.to_owned(), Some(1)));
    assert_eq!(run(&["explain", "--format", "json"]), (message.to_owned(), Some(1)));
    assert_eq!(run(&["explain", "--format", "xml"]).1, Some(2));
}
