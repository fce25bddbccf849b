//! The environment that `dispatch` starts in: whatever is missing from it or malformed, `dispatch` succeeds and reports it.

use std::{
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt,
    process::{Command, Output},
};

const START: (&str, &[u8]) = ("JUJU_DISPATCH_PATH", b"hooks/start");
const UNIT: (&str, &[u8]) = ("JUJU_UNIT_NAME", b"discourse-k8s/0");

/// How `dispatch` ended and what it printed.
#[derive(Debug, PartialEq)]
struct Exit {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Exit {
    /// Success with nothing but this on standard error.
    fn success(stderr: &str) -> Self {
        Self { code: Some(0), stdout: String::new(), stderr: stderr.to_owned() }
    }
}

#[test]
fn an_unknown_dispatch_path_does_nothing() {
    let long = format!("hooks/{}", "x".repeat(100_000));
    for path in ["hooks/", "hooks/fly", "hooks/../../etc/passwd", "/", "\n", "actions/", "start", &long] {
        assert_eq!(dispatch(&[("JUJU_DISPATCH_PATH", path.as_bytes())]), Exit::success(""), "{path:.40}");
    }
}

#[test]
fn a_missing_or_malformed_unit_name_is_reported() {
    let long = "x".repeat(100_000);
    for (name, shown) in
        [("", ""), ("discourse-k8s", "discourse-k8s"), ("/0", "/0"), ("a/-1", "a/-1"), (&long, &long[..80])]
    {
        let report = format!("reading JUJU_UNIT_NAME failed: {shown:?} is not application/number\n");
        assert_eq!(dispatch(&[START, ("JUJU_UNIT_NAME", name.as_bytes())]), Exit::success(&report));
    }
    assert_eq!(dispatch(&[START]), Exit::success("reading JUJU_UNIT_NAME failed: \"\" is not application/number\n"));
}

#[test]
fn a_variable_that_is_not_utf_8_is_reported_without_its_value() {
    for name in ["JUJU_DISPATCH_PATH", "JUJU_UNIT_NAME", "JUJU_MODEL_NAME", "JUJU_RELATION_ID", "JUJU_CHARM_HTTP_PROXY"]
    {
        let report = format!("reading {name} failed: it is not UTF-8\n");
        assert_eq!(dispatch(&[START, UNIT, (name, b"hunter2\xff")]), Exit::success(&report));
    }
}

#[test]
fn a_missing_hook_tool_is_reported() {
    for (path, tool) in
        [("hooks/start", "config-get"), ("hooks/update-status", "config-get"), ("actions/create-user", "action-")]
    {
        let exit = dispatch(&[("JUJU_DISPATCH_PATH", path.as_bytes()), UNIT]);
        assert!(exit.stderr.contains("there is no such tool") && exit.stderr.contains(tool), "{path}: {}", exit.stderr);
        assert_eq!(exit, Exit::success(&exit.stderr), "{path}");
    }
}

#[test]
fn a_hook_succeeds_even_if_nobody_reads_its_output() {
    for name in ["", "discourse-k8s/0"] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut command = command(&[START, ("JUJU_UNIT_NAME", name.as_bytes())]);
        assert_eq!(command.stderr(writer).status().unwrap().code(), Some(0), "{name:?}");
    }
}

#[track_caller]
fn dispatch(variables: &[(&str, &[u8])]) -> Exit {
    let Output { status, stdout, stderr } = command(variables).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Exit { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// The charm's program with nothing but these variables: no hook tools and no Pebble.
fn command(variables: &[(&str, &[u8])]) -> Command {
    let mut command = Command::new(crate::forum::charm().join("dispatch"));
    command.env_clear().envs(variables.iter().map(|(name, value)| (name, OsStr::from_bytes(value))));
    command
}
