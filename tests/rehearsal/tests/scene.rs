//! The life of the forum as a scene.
#![cfg(test)]

use std::{path::Path, process::Command};

#[test]
fn the_life_of_the_forum_plays_as_a_scene() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut play = Command::new(top.join("target/stage/stage"));
    play.arg("play").arg(top.join("target/charm")).arg("--scene").arg(top.join("tests/rehearsal/scene.yaml"));
    let played = play.output().unwrap();
    let said = String::from_utf8_lossy(&played.stdout);
    assert!(played.status.success(), "{said}{}", String::from_utf8_lossy(&played.stderr));
}
