//! `stage play` at the command line: charms with and without a scene, and what is said when something is wrong.
#![cfg(test)]

mod command;
#[allow(dead_code, reason = "stages are for tests of the library")]
mod shell;

use command::{Said, has_line, play, stage};
use stage::scene::VERBS;
use std::{
    fs,
    path::{Path, PathBuf},
};

fn charm_of_ten_lines() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charms/shell")
}

/// The names of the hooks that were shown.
fn hooks(said: &Said) -> Vec<&str> {
    let lines = said.stdout.lines().filter(|line| line.contains(" s  "));
    lines.filter_map(|line| line.split_whitespace().nth(3)).collect()
}

#[test]
fn a_charm_without_a_scene_lives_from_install_to_remove() {
    let (said, _charm) = play("status-set active", "", &[]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    let hooks = hooks(&said);
    let at = |hook: &str| hooks.iter().position(|ran| *ran == hook).unwrap_or_else(|| panic!("no {hook}: {hooks:?}"));
    let order = ["install", "start", "db-relation-joined", "update-status", "db-relation-broken", "stop", "remove"];
    assert!(order.map(at).is_sorted(), "{hooks:?}");
    has_line(&said, &["tiny/0", "start", "1 calls", "active"]);
    has_line(&said, &["App ", "Hooks", "Failed", "Calls", "Peak MiB"]);
}

/// A scene with nearly all verbs.
const DAY: &str = "
name: a day of a greeter
steps:
  - deploy: {units: 2, config: {greeting: hi}}
  - expect-status: shell active hi
  - expect-hooks: shell/1 install config-changed start
  - integrate: {endpoint: door, stand-in: guest, app: {motto: 1.50}, unit: {seat: 3}, secrets: {key: {word: x}}}
  - expect-databag: shell/0:door words=hi
  - databag: guest motto=two
  - expect-hooks: shell/0 door-relation-changed
  - config: greeting='good morning'
  - expect-databag: {of: 'shell/1:door', has: {words: good morning, nothing: null}}
  - run: shell/0 greet who=you
  - run: {unit: shell/0, action: greet, parameters: {who: you}, expect: {results: {words: 'good morning, you'}}}
  - run: {unit: shell/0, action: greet, expect: {status: error}}
  - exec: shell/1 relation-get -r door:0 motto guest/0
  - exec: {unit: shell/1, command: [sh, -c, exit 3], expect: {results: {return-code: 3}}}
  - exec: {unit: shell/0, command: [sh, -c, 'relation-get --app -r $(relation-ids door) motto guest'], expect: {results: {stdout: two}}}
  - elect: shell/1
  - expect-hooks: shell/1 leader-elected
  - kill: agent shell/0
  - kill: pod shell/1
  - settle
  - hook: shell/0 update-status
  - expect-hooks: shell/0 update-status
  - refresh
  - scale: shell 1
  - settle
  - trust
  - config: {reset: [greeting]}
  - wait-for: shell/0 active hello
  - exec: shell/0 test -s /var/run/secrets/kubernetes.io/serviceaccount/token
  - remove-relation: door guest
  - remove
";

#[test]
fn a_scene_is_played_step_by_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.yaml");
    fs::write(&path, DAY).unwrap();
    let charm = charm_of_ten_lines();
    let (junit, timeline) = (folder.path().join("junit.xml"), folder.path().join("life.html"));
    let words = ["play", charm.to_str().unwrap(), "--scene", path.to_str().unwrap(), "--time-scale", "0.01"];
    let reports = ["--junit", junit.to_str().unwrap(), "--timeline", timeline.to_str().unwrap()];
    let said = stage(&[words.as_slice(), &reports].concat());
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    has_line(&said, &["30. remove-relation: door guest"]);
    let report = fs::read_to_string(junit).unwrap();
    assert!(report.contains("name=\"expect-status: shell active hi\""), "{report}");
    let page = fs::read_to_string(timeline).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("remove-relation shell:door guest:stand-in"));
}

#[test]
fn two_applications_of_one_charm_exchange_data_secrets_and_units() {
    let charm = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charms/pair");
    let scene = charm.join("scene.yaml");
    // Juju 3.6 tells units that do not lead of settings of the leader, which 4.0 has no more.
    for (juju, of_right) in [("3.6", "36"), ("4.0", "35")] {
        let said = stage(&[
            "play",
            charm.to_str().unwrap(),
            "--scene",
            scene.to_str().unwrap(),
            "--juju",
            juju,
            "--time-scale",
            "0.01",
        ]);
        assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
        let table = said.stdout.lines().map(|line| line.split_whitespace().take(3).collect::<Vec<_>>());
        let rows: Vec<_> = table.skip_while(|row| *row != ["App", "Hooks", "Failed"]).take(3).collect();
        assert_eq!(rows, [["App", "Hooks", "Failed"], ["left", "18", "0"], ["right", of_right, "0"]]);
    }
}

#[test]
fn what_is_not_as_expected_ends_the_play_and_is_named() {
    let scene = "steps:\n  - deploy\n  - expect-status: tiny/0 active\n  - note: never\n";
    let (said, charm) = play("status-set blocked 'no door'", scene, &[]);
    let wanted = format!("NOT AS EXPECTED ({}/scene.yaml:3): tiny/0 is blocked: no door", charm.path().display());
    has_line(&said, &[&wanted]);
    assert_eq!((said.code, said.stdout.contains("never")), (1, false));
}

#[test]
fn a_hook_that_hangs_is_killed_at_its_limit_and_named() {
    let script = "case $JUJU_DISPATCH_PATH in hooks/start) sleep 4714;; esac";
    let (said, _charm) = play(script, "", &["--hook-limit", "1s"]);
    has_line(&said, &["tiny/0", "start", "in `sleep 4714`, still running"]);
    has_line(&said, &["tiny/0", "start", "FAILED"]);
    has_line(&said, &["NOT AS EXPECTED", "start of tiny/0 hangs in `sleep 4714`"]);
    assert_eq!(said.code, 1);
}

#[test]
fn a_hook_that_fails_shows_its_last_line_and_where_its_log_is() {
    let script = "set -e\ncase $JUJU_DISPATCH_PATH in hooks/start) echo first >&2; cat /nowhere;; esac";
    let (said, charm) = play(script, "steps:\n  - deploy\n  - settle\n", &[]);
    has_line(&said, &["exit 1: cat: /nowhere: No such file or directory"]);
    let log = charm.path().join("logs/tiny-0.log");
    let line = 1 + fs::read_to_string(&log).unwrap().lines().position(|line| line.starts_with("== start")).unwrap();
    has_line(&said, &[&format!("the whole log: {}:{line}", log.display())]);
    has_line(&said, &["4 of 8 hooks failed."]);
    assert_eq!(said.code, 1);
}

#[test]
fn an_exception_of_python_is_shown_wherever_it_was_logged() {
    let script = "case $JUJU_DISPATCH_PATH in hooks/start)\n\
        juju-log -l ERROR \"Uncaught exception:\nTraceback (most recent call last):\n  File x\n    y()\nE: these failed:\n- z\n-----\"\n\
        echo noise >&2; exit 1;; esac";
    let (said, _charm) = play(script, "steps:\n  - deploy\n  - settle\n", &[]);
    has_line(&said, &["exit 1: E: these failed: - z"]);
}

#[test]
fn a_failure_that_was_asked_for_is_as_expected() {
    let script = "set -e\nis-leader\ncase $JUJU_DISPATCH_PATH in hooks/update-status) config-get; config-get;; esac";
    let scene = "
steps:
  - deploy
  - settle
  - fail: config-get
  - hook: tiny/0 update-status
  - expect-status: tiny/0 unknown
  - kill: call 2
  - hook: tiny/0 update-status
  - settle
";
    let (said, _charm) = play(script, scene, &[]);
    has_line(&said, &["exit 1: ERROR connection is shut down"]);
    has_line(&said, &["signal 9"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
}

#[test]
fn an_error_that_is_expected_is_no_failure() {
    let script = "case $JUJU_DISPATCH_PATH in hooks/start) exit 1;; esac";
    let (said, _charm) = play(script, "steps:\n  - deploy\n  - expect-status: tiny/0 error\n", &[]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
}

#[test]
fn a_secret_of_the_operator_has_a_name_in_the_scene() {
    let charm = shell::charm(
        "case $JUJU_DISPATCH_PATH in hooks/config-changed) status-set active \"$(secret-get \"$(config-get token)\" word)\";; esac",
    );
    fs::write(charm.path().join("config.yaml"), "options:\n  token: {type: secret}\n").unwrap();
    let scene = "
steps:
  - secret: add word word=one
  - deploy: {config: {token: 'secret:word'}}
  - secret: grant word
  - expect-status: tiny active one
  - secret: update word word=two
  - exec: {unit: tiny/0, command: [sh, -c, 'secret-get $(config-get token) --refresh'], expect: {results: {stdout: two}}}
  - secret: revoke word
  - exec: {unit: tiny/0, command: [sh, -c, 'secret-get $(config-get token)'], expect: {results: {return-code: 1}}}
  - secret: remove word
";
    let path = charm.path().join("scene.yaml");
    fs::write(&path, scene).unwrap();
    let said = stage(&["play", charm.path().to_str().unwrap(), "--scene", path.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
}

#[test]
fn the_charm_of_the_command_line_may_be_named_in_the_scene() {
    let scene = "steps:\n  - deploy: ../{}\n  - expect-status: tiny unknown\n";
    let charm = shell::charm("true");
    let path = charm.path().join("scene.yaml");
    fs::write(&path, scene.replace("{}", charm.path().file_name().unwrap().to_str().unwrap())).unwrap();
    let said = stage(&["play", charm.path().to_str().unwrap(), "--scene", path.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
}

#[test]
fn what_is_known_only_then_to_be_a_mistake_ends_the_play_with_the_code_of_one() {
    let scene = "steps:\n  - deploy: {units: 2}\n  - scale: tiny 1\n  - exec: tiny/1 true\n";
    let (said, _charm) = play("true", scene, &[]);
    has_line(&said, &["NOT AS EXPECTED", "scene.yaml:4): no such unit: tiny/1: there is tiny/0"]);
    assert_eq!(said.code, 2);
}

#[test]
fn the_page_of_help_names_every_verb() {
    for words in [&["--help"] as &[&str], &["play", "--help"]] {
        let help = stage(words).stdout;
        let missing: Vec<&str> = VERBS.iter().map(|(usage, _)| *usage).filter(|usage| !help.contains(*usage)).collect();
        assert_eq!(missing, Vec::<&str>::new(), "{help}");
    }
}

#[test]
fn a_scene_to_begin_with_and_the_schema_are_printed() {
    let charm = shell::charm("true");
    let said = stage(&["scene", charm.path().to_str().unwrap()]);
    assert_eq!(
        said.stdout,
        "\
# What every charm must live through.
name: the life of tiny
steps:
  - deploy
  - settle
  - integrate:
      endpoint: db
      stand-in: db-stand-in
  - settle
  - hook: tiny/0 update-status
  - remove
  - settle
"
    );
    assert_eq!(stage(&["schema"]).stdout, stage::scene::Scene::schema());
}
