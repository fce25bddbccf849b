//! What a container sees: its image's files, on the machine's programs if it has none of its own, and nothing else of the machine.

use super::{
    PodError, at,
    container::ContainerSpec,
    image::{self, Content, Image},
    lookup, mixed,
    overlay::Overlay,
};
use crate::boots;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Folders of the machine that hold programs and libraries.
const SYSTEM: [&str; 7] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/// Files and folders of the machine that its programs need.
const SETTINGS: [&str; 5] =
    ["/etc/alternatives", "/etc/ssl", "/etc/ld.so.cache", "/etc/postgresql-common", "/etc/mime.types"];
/// Folders that everybody may enter; `bwrap` would make them for root alone.
const FOLDERS: [&str; 8] = ["/charm", "/charm/bin", "/etc", "/root", "/var", "/var/lib", "/var/lib/pebble", "/var/log"];
/// Where Pebble finds the layers of the image.
const TEMPLATE: &str = "/var/lib/pebble/default";
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const USERS: &str = "root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
_daemon_:x:584792:584792::/var/lib/pebble/default:/usr/bin/false
";
const NAMES: &str = "passwd: files\ngroup: files\nhosts: files\n";
const GROUPS: &str = "root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n_daemon_:x:584792:\n";

/// A folder of the machine, or the link to one.
pub(super) enum System {
    Folder(&'static str),
    Link(&'static str, PathBuf),
}

/// The folders of the machine that hold programs, and the links to them.
pub(super) fn system() -> Vec<System> {
    let entry = |path: &&'static str| match fs::read_link(path) {
        Ok(target) => Some(System::Link(path, target)),
        Err(_) => Path::new(path).exists().then_some(System::Folder(path)),
    };
    SYSTEM.iter().filter_map(entry).collect()
}

/// Writes the files of `/etc` that are the container's own, unless its image has them.
pub(super) fn write_settings(dir: &Path) -> Result<(), PodError> {
    fs::create_dir_all(dir).map_err(at(dir))?;
    for (name, text) in [("passwd", USERS), ("group", GROUPS), ("nsswitch.conf", NAMES)] {
        let file = dir.join(name);
        if !file.exists() {
            fs::write(&file, text).map_err(at(&file))?;
        }
    }
    Ok(())
}

/// Makes the folders that everybody may enter.
pub(super) fn add_folders(root: &Path) -> Result<(), PodError> {
    for path in FOLDERS.into_iter().chain(["/tmp", "/run"]) {
        let path = root.join(path.trim_start_matches('/'));
        fs::create_dir_all(&path).map_err(at(&path))?;
    }
    Ok(())
}

/// Makes the root afresh that the container starts with; a machine's root is only put together when it starts.
pub(super) fn prepare(overlay: &Overlay, image: &Image) -> Result<(), PodError> {
    match image.content() {
        Content::Files(_) => Ok(()),
        Content::Whole(root) => overlay.show(root),
        Content::Mixed(root) => mixed::assemble(overlay, root),
        Content::Empty => {
            overlay.clear()?;
            add_folders(&overlay.root())?;
            write_settings(&overlay.root().join("etc"))
        }
    }
}

/// Adds the options that build the container's files and environment to a command line of `bwrap`.
pub(super) fn describe(command: &mut Command, spec: &ContainerSpec, image: &Image, overlay: &Overlay) {
    if let Content::Files(files) = image.content() {
        add_machine(command);
        add_settings(command, spec);
        add_files(command, spec, files);
    } else {
        command.arg("--bind").arg(overlay.root()).arg("/");
        command.args(["--proc", "/proc", "--dev", "/dev", "--ro-bind-try", "/sys", "/sys"]);
    }
    if let Content::Mixed(_) = image.content() {
        add_machine_settings(command);
    }
    add_own(command, spec, overlay);
    command.arg("--clearenv");
    for (name, value) in environment(spec) {
        command.args(["--setenv", name, &value]);
    }
    for (name, value) in image.environment() {
        command.args(["--setenv", &name, &value]);
    }
}

fn add_machine(command: &mut Command) {
    for entry in system() {
        match entry {
            System::Folder(path) => command.args(["--ro-bind", path, path]),
            System::Link(path, target) => command.arg("--symlink").arg(target).arg(path),
        };
    }
    for path in FOLDERS {
        command.args(["--dir", path]);
    }
    add_machine_settings(command);
    command.args(["--proc", "/proc", "--dev", "/dev"]);
    command.args(["--perms", "1777", "--tmpfs", "/tmp", "--perms", "0755", "--tmpfs", "/run"]);
}

fn add_machine_settings(command: &mut Command) {
    for path in SETTINGS {
        command.args(["--ro-bind-try", path, path]);
    }
}

fn add_settings(command: &mut Command, spec: &ContainerSpec) {
    for name in ["passwd", "group", "nsswitch.conf"] {
        command.arg("--ro-bind").arg(spec.settings().join(name)).arg(format!("/etc/{name}"));
    }
}

fn add_own(command: &mut Command, spec: &ContainerSpec, overlay: &Overlay) {
    for (file, place) in lookup::FILES {
        command.arg("--ro-bind").arg(spec.pod.join(file)).arg(seen(Path::new(place), overlay));
    }
    command.arg("--bind").arg(spec.volume()).arg("/charm/container");
    command.arg("--ro-bind").args(spec.pebble.program()).arg("/charm/bin/pebble");
    command.arg("--bind").arg(spec.boots()).arg(boots::INSIDE);
    for volume in &spec.volumes {
        let option = if volume.read_only { "--ro-bind" } else { "--bind" };
        command.arg(option).arg(&volume.source).arg(seen(&volume.target, overlay));
    }
}

/// A path whose links lead where they do in the container: `/var/run` is often one.
fn seen(path: &Path, overlay: &Overlay) -> PathBuf {
    let root = overlay.root();
    let found = image::resolve(&root, path).ok();
    found
        .and_then(|found| Some(Path::new("/").join(found.strip_prefix(&root).ok()?)))
        .unwrap_or_else(|| path.to_owned())
}

fn add_files(command: &mut Command, spec: &ContainerSpec, image: &Path) {
    command.arg("--bind").arg(spec.srv()).arg("/srv");
    command.arg("--ro-bind-try").arg(image.join(TEMPLATE.trim_start_matches('/'))).arg(TEMPLATE);
}

/// *Source*: Juju 3.6, `internal/provider/kubernetes/application/application.go`, and what container runtimes add.
fn environment(spec: &ContainerSpec) -> [(&'static str, String); 7] {
    [
        ("PATH", PATH.to_owned()),
        ("HOME", "/root".to_owned()),
        ("HOSTNAME", spec.hostname.clone()),
        ("JUJU_CONTAINER_NAME", spec.name.clone()),
        ("PEBBLE", "/charm/container/pebble".to_owned()),
        ("PEBBLE_SOCKET", "/charm/container/pebble.socket".to_owned()),
        ("PEBBLE_COPY_ONCE", TEMPLATE.to_owned()),
    ]
}
