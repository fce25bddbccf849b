//! The examples of the guide are as they are there, and go well.
#![cfg(test)]

#[allow(dead_code, reason = "the rest plays charms that are a few lines")]
mod command;
#[allow(dead_code, reason = "stages are for tests of the library")]
mod shell;

use command::stage;
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
};

/// What stands in the guide from the line after one that has these words to the next fence or end of input.
fn example(words: &str) -> String {
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let lines = guide.lines().skip_while(|line| !line.contains(words)).skip(1);
    lines.take_while(|line| *line != "```" && *line != "END").collect::<Vec<_>>().join("\n")
}

/// The files that the scene with several charms names.
const FILES: [(&str, &str); 8] = [
    (
        "forum/metadata.yaml",
        "name: forum\ncontainers: {web: {resource: image}}\nresources: {image: {type: oci-image}}\n\
        requires: {smtp: {interface: smtp}, database: {interface: postgresql_client}, redis: {interface: redis}}\n",
    ),
    ("forum/config.yaml", "options: {title: {type: string}}\n"),
    ("forum/dispatch", "#!/bin/sh\nstatus-set active \"$(config-get title)\"\n"),
    ("forum-next/metadata.yaml", "name: forum\n"),
    ("forum-next/dispatch", "#!/bin/sh\n"),
    (
        "mail/metadata.yaml",
        "name: mail\ncontainers: {relay: {resource: image}}\nresources: {image: {type: oci-image}}\n\
        provides: {smtp: {interface: smtp}}\n",
    ),
    ("mail/dispatch", "#!/bin/sh\n"),
    (
        "web-root/var/lib/pebble/default/layers/001-web.yaml",
        "services: {web: {override: replace, startup: enabled, command: sleep 4716}}\n",
    ),
];

fn goes_well(charm: &Path, scene: &Path) {
    let said = stage(&["play", charm.to_str().unwrap(), "--scene", scene.to_str().unwrap(), "--time-scale", "0.01"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
}

#[test]
fn the_scene_of_the_charm_in_shell_goes_well() {
    let folder = tempfile::tempdir().unwrap();
    let scene = folder.path().join("life.yaml");
    fs::write(&scene, example("$ cat >life.yaml")).unwrap();
    goes_well(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charms/shell"), &scene);
}

#[test]
fn the_scene_with_several_charms_and_servers_goes_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("relay-root")).unwrap();
    for (name, text) in FILES {
        fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        fs::write(path(name), text).unwrap();
        fs::set_permissions(path(name), Permissions::from_mode(0o755)).unwrap();
    }
    fs::write(path("forum.yaml"), example("# forum.yaml, for")).unwrap();
    goes_well(&path("forum"), &path("forum.yaml"));
}
