//! Charms that are a few lines of shell, written where they are tested.

use stage::{Builder, Stage, Version};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};
use tempfile::TempDir;

const METADATA: &str = "
name: tiny
peers:
  friends: {interface: friends}
requires:
  db: {interface: db}
";

const ACTIONS: &str = "
act: {}
";

/// A charm whose `dispatch` is this script.
pub fn charm(script: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let dispatch = folder.path().join("dispatch");
    fs::write(&dispatch, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&dispatch, Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.path().join("metadata.yaml"), METADATA).unwrap();
    fs::write(folder.path().join("actions.yaml"), ACTIONS).unwrap();
    folder
}

/// A deployed and settled unit of such a charm, whose script runs in `update-status` and in actions only.
pub fn settled(script: &str) -> Stage {
    settled_on(Version::default(), script)
}

/// The same in this version of Juju.
pub fn settled_on(juju: Version, script: &str) -> Stage {
    let folder =
        charm(&format!("case $JUJU_DISPATCH_PATH in hooks/update-status | actions/*) ;; *) exit ;; esac\n{script}"));
    let mut stage = builder().charm(folder.path()).juju(juju).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage
}

/// The start of a stage whose timers are quick.
pub fn builder() -> Builder {
    Stage::builder().clock("0.01".parse().unwrap())
}
