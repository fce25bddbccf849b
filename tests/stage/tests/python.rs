//! A charm in Python with `ops`, played at the command line.
#![cfg(test)]

use std::{path::Path, process::Command};

/// The charm with its libraries is put together by `tests/setup`, for there is no network here.
#[test]
fn a_charm_in_python_plays_its_scene_and_goes_active() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let scene = top.join("tests/stage/tests/charms/python/scene.yaml");
    let mut play = Command::new(env!("CARGO_BIN_EXE_stage"));
    play.arg("play").arg(top.join("target/charms/python")).arg("--scene").arg(scene);
    let played = play.output().unwrap();
    let said = String::from_utf8_lossy(&played.stdout);
    assert!(played.status.success(), "{said}{}", String::from_utf8_lossy(&played.stderr));
    assert!(said.contains("active: visitors: 1"), "{said}");
}
