//! What `stage play` shows of hooks, actions, programs and plans.
#![cfg(test)]

mod checked;
mod command;
#[allow(dead_code, reason = "stages are for tests of the library")]
mod shell;

use command::{has_line, play, stage};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

#[test]
fn results_of_actions_and_programs_are_shown() {
    let script = "case $JUJU_DISPATCH_PATH in actions/act) action-log wait; action-set words=hi;; esac";
    let scene = "
steps:
  - deploy
  - run: tiny/0 act
  - exec: [tiny/0, sh, -c, 'echo one; echo two; echo three >&2']
  - exec: {unit: tiny/0, command: [sh, -c, exit 3], expect: {results: {return-code: 4}}}
";
    let (said, _charm) = play(script, scene, &[]);
    let shown: Vec<&str> = said.stdout.lines().filter_map(|line| line.strip_prefix("             ")).collect();
    assert_eq!(
        shown,
        ["log: wait", "words: hi", "stdout:", "  one", "  two", "stderr: three", "return-code: 3"],
        "{said:?}"
    );
    has_line(&said, &["NOT AS EXPECTED", ":6): return-code is 3"]);
}

#[test]
fn a_message_that_has_not_changed_is_not_shown_again() {
    let (said, _charm) = play("status-set active ready", "steps:\n  - deploy\n", &[]);
    let ends: Vec<&str> = said.stdout.lines().filter_map(|line| line.split(" 1 calls  ").nth(1)).collect();
    assert_eq!(ends, ["active: ready", "active", "active", "active", "active"], "{said:?}");
}

#[test]
fn a_dispatch_that_cannot_be_run_fails_the_hook_with_a_remedy() {
    let charm = shell::charm("true");
    fs::set_permissions(charm.path().join("dispatch"), Permissions::from_mode(0o644)).unwrap();
    let said = stage(&["play", charm.path().to_str().unwrap(), "--time-scale", "0.01"]);
    let refused = "not started: exec: \"/var/lib/juju/agents/unit-tiny-0/charm/dispatch\": permission denied";
    has_line(&said, &[refused, ": make it executable, as by chmod +x"]);
    assert_eq!(said.code, 1);
}

#[test]
fn a_charm_without_any_program_is_told_so() {
    let charm = shell::charm("true");
    fs::remove_file(charm.path().join("dispatch")).unwrap();
    let said = stage(&["play", charm.path().to_str().unwrap()]);
    has_line(&said, &["note: the charm of tiny has neither `dispatch` nor `hooks`: its hooks do nothing"]);
    assert_eq!(said.code, 0);
}

#[test]
fn a_fault_that_nobody_met_is_told_at_the_end() {
    let scene = "steps:\n  - deploy\n  - settle\n  - fail: secret-get 2\n  - kill: call 99\n";
    let (said, _charm) = play("true", scene, &[]);
    has_line(&said, &["note: 2 calls that were to fail never came"]);
    has_line(&said, &["note: the call at which a hook was to be killed never came"]);
}

/// A plan with a check and a service that nobody starts.
const LAYER: &str = "
services: {web: {override: replace, command: sleep 4715}}
checks: {up: {override: replace, threshold: 2, exec: {command: test -e /}}}
";

#[test]
fn parts_of_a_plan_are_expected_as_they_are() {
    let (charm, image) = checked::charm_and_image("", LAYER);
    let scene = charm.path().join("scene.yaml");
    let expected = "steps:\n  - deploy\n  - expect-plan: tiny/0 services.web.command=sleep checks.up.threshold=2\n  \
        - expect-plan: {unit: tiny/0, has: {services: {job: null}}}\n  - expect-plan: tiny/0:web services.web.command=serve\n";
    fs::write(&scene, expected).unwrap();
    let image = format!("web={}", image.path().display());
    let said = stage(&["play", charm.path().to_str().unwrap(), "--scene", scene.to_str().unwrap(), "--image", &image]);
    has_line(&said, &["NOT AS EXPECTED", ":5): in the plan, services.web.command is \"sleep 4715\""]);
    assert_eq!(said.code, 1);
}
