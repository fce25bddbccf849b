//! The program `stage` at the command line.

use crate::shell;
use std::{fs, process::Command};
use tempfile::TempDir;

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn stage(words: &[&str]) -> Said {
    let ended = Command::new(env!("CARGO_BIN_EXE_stage")).args(words).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: ended.status.code().unwrap(), stdout: text(ended.stdout), stderr: text(ended.stderr) }
}

/// Plays a charm whose `dispatch` is this script.
pub fn play(script: &str, scene: &str, options: &[&str]) -> (Said, TempDir) {
    let charm = shell::charm(script);
    let path = charm.path().join("scene.yaml");
    fs::write(&path, scene).unwrap();
    let logs = charm.path().join("logs");
    let mut words = vec!["play", charm.path().to_str().unwrap(), "--logs", logs.to_str().unwrap()];
    words.extend(["--time-scale", "0.01"]);
    if !scene.is_empty() {
        words.extend(["--scene", path.to_str().unwrap()]);
    }
    words.extend(options);
    (stage(&words), charm)
}

pub fn has_line(said: &Said, parts: &[&str]) {
    let is_it = |line: &str| parts.iter().all(|part| line.contains(part));
    assert!(said.stdout.lines().any(is_it), "no line with {parts:?} in\n{}{}", said.stdout, said.stderr);
}
