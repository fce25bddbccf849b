//! What a play shows and keeps has no secret in it, however it is spelled.
#![cfg(test)]

#[allow(dead_code, reason = "stages are for tests of the library")]
mod shell;

use std::{fs, process::Command};

/// A charm that tells everybody what it was told in confidence.
const TELLS: &str = r#"
case $JUJU_DISPATCH_PATH in
hooks/config-changed)
    uri=$(config-get token)
    [ -z "$uri" ] || status-set active "it is $(secret-get "$uri" --format=json)"
    [ -z "$uri" ] || juju-log -l ERROR "it is $(secret-get "$uri" word)" ;;
esac
"#;

#[test]
fn a_secret_is_shown_neither_as_it_is_nor_in_json() {
    let charm = shell::charm(TELLS);
    let path = |name: &str| charm.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("config.yaml"), "options:\n  token: {type: secret}\n").unwrap();
    let scene = "steps:\n  - deploy\n  - secret: {add: token, content: {word: 'hunter\"2'}, to: [tiny]}\n  - config: token=secret:token\n  \
        - expect-status: tiny blocked\n";
    fs::write(path("scene.yaml"), scene).unwrap();
    let reports = ["--logs", &path("logs"), "--junit", &path("junit.xml"), "--timeline", &path("life.html")];
    let mut command = Command::new(env!("CARGO_BIN_EXE_stage"));
    let ended = command.args(["play", &path("."), "--scene", &path("scene.yaml")]).args(reports).output().unwrap();
    let shown = String::from_utf8(ended.stdout).unwrap();
    assert!(shown.contains("NOT AS EXPECTED") && shown.contains(r#"it is {"word":"•••"}"#), "{shown}");
    let kept = ["logs/tiny-0.log", "junit.xml", "life.html"].map(|name| fs::read_to_string(path(name)).unwrap());
    for text in kept.iter().chain([&shown]) {
        assert!(!text.contains("hunter"), "{text}");
    }
}

#[test]
fn a_value_whose_name_says_secret_is_shown_nowhere() {
    let charm = shell::charm(
        "case $JUJU_DISPATCH_PATH in hooks/config-changed) status-set active \"$(config-get)\";; actions/act) action-set db-password=letmein9;; esac",
    );
    let path = |name: &str| charm.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("config.yaml"), "options:\n  smtp_password: {type: string}\n").unwrap();
    let scene = "steps:\n  - deploy: {config: {smtp_password: x}}\n  - config: smtp_password=hunter25\n  - run: tiny/0 act\n  \
        - integrate: {endpoint: db, stand-in: sql, app: {password: 'my word'}}\n  - expect-status: tiny blocked\n";
    fs::write(path("scene.yaml"), scene).unwrap();
    let reports = ["--logs", &path("logs"), "--junit", &path("junit.xml"), "--timeline", &path("life.html")];
    let mut command = Command::new(env!("CARGO_BIN_EXE_stage"));
    let ended = command.args(["play", &path("."), "--scene", &path("scene.yaml")]).args(reports).output().unwrap();
    let shown = String::from_utf8(ended.stdout).unwrap();
    for line in
        ["config: {smtp_password: •••}", "config: smtp_password=•••", "db-password: •••", "app: {password: •••}"]
    {
        assert!(shown.contains(line), "{line} is not in {shown}");
    }
    let kept = ["logs/tiny-0.log", "junit.xml", "life.html"].map(|name| fs::read_to_string(path(name)).unwrap());
    for text in kept.iter().chain([&shown]) {
        assert!(!text.contains("hunter25") && !text.contains("my word"), "{text}");
    }
}
