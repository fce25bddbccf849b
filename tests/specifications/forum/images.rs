//! The charm and the images that the stage runs.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// The charm as Juju unpacks it.
pub fn charm() -> PathBuf {
    folder("CHARM", "charm")
}

/// An image of the workload: `one`, `two` with one more migration of each kind, or `rails`, which is real Rails.
pub fn image(name: &str) -> PathBuf {
    folder("IMAGES", "image").join(name)
}

/// A copy of the image `one`, to be changed.
#[track_caller]
pub fn image_copy() -> TempDir {
    copy_of("one")
}

/// A copy of an image whose server takes two seconds longer to boot, and as long to stop as on a cluster.
#[track_caller]
pub fn slow_image(name: &str) -> TempDir {
    let image = with_faults(copy_of(name), &[("boot-sleep", "2")]);
    std::fs::remove_file(image.path().join("image.env")).unwrap();
    image
}

/// A copy of an image, to be changed.
#[track_caller]
pub fn copy_of(name: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let is_copied = Command::new("cp").arg("-a").arg(image(name).join(".")).arg(copy.path()).status();
    assert!(is_copied.unwrap().success(), "{}", copy.path().display());
    copy
}

/// The image `one` with faults of its workload turned on, each with its argument.
#[track_caller]
pub fn faulty_image(faults: &[(&str, &str)]) -> TempDir {
    with_faults(image_copy(), faults)
}

/// An image with faults of its workload turned on, each with its argument.
#[track_caller]
pub fn with_faults(image: TempDir, faults: &[(&str, &str)]) -> TempDir {
    let switches = image.path().join("srv/discourse/knobs");
    std::fs::create_dir_all(&switches).unwrap();
    for (fault, argument) in faults {
        std::fs::write(switches.join(fault), argument).unwrap();
    }
    image
}

/// A charm with the endpoints of this one that does nothing.
#[track_caller]
pub fn idle_charm() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["metadata.yaml", "config.yaml", "actions.yaml"] {
        fs::copy(charm().join(file), folder.path().join(file)).unwrap();
    }
    let dispatch = folder.path().join("dispatch");
    fs::write(&dispatch, "#!/bin/sh\n").unwrap();
    fs::set_permissions(dispatch, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// An image without checks, as the Python charm's: its pod is ready without a server.
#[track_caller]
pub fn bare_image() -> TempDir {
    let image = image_copy();
    fs::remove_dir_all(image.path().join("var/lib/pebble/default/layers")).unwrap();
    image
}

/// The folder that a variable names, else one in `target/`.
fn folder(variable: &str, default: &str) -> PathBuf {
    std::env::var_os(variable)
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(default), PathBuf::from)
}
