//! A play that a signal ends leaves its logs, and nothing else.
#![cfg(test)]

#[allow(dead_code, reason = "stages are for tests of the library")]
mod shell;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Command, Stdio},
};

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_a_signal_ends_leaves_no_temporary_file() {
    let (charm, files) = (shell::charm("true"), tempfile::tempdir().unwrap());
    let scene = charm.path().join("scene.yaml");
    fs::write(&scene, "steps:\n  - deploy\n  - exec: tiny/0 sleep 4713\n").unwrap();
    let mut stage = Command::new(env!("CARGO_BIN_EXE_stage"))
        .args(["play", charm.path().to_str().unwrap(), "--scene", scene.to_str().unwrap()])
        .env_remove("STAGE_SANDBOX")
        .env("TMPDIR", files.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(stage.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("start   ")), "the unit never started");
    assert_eq!(names(files.path()).len(), 2);
    kill(Pid::from_raw(i32::try_from(stage.id()).unwrap()), Signal::SIGTERM).unwrap();
    let mut said = String::new();
    stage.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(stage.wait().unwrap().code(), Some(143));
    let left = names(files.path());
    assert!(left.len() == 1 && left[0].starts_with("stage-play-"), "{left:?}");
    assert!(said.contains(&format!("stage: ended by SIGTERM; logs: {}/{}", files.path().display(), left[0])), "{said}");
}
