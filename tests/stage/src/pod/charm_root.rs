//! What the charm sees: the machine with `/charm` and `/var/lib/juju` of its unit.

use super::{
    PodError, at, image, lookup,
    rootfs::{System, system},
    spec::Volume,
};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The agent's folder, which is shown late: what lies below it is mounted after it.
const JUJU: &str = "/var/lib/juju";

/// Where Juju's agent brings its own programs; of these the stage has Pebble.
///
/// *Source*: Juju 3.6 and 4.0, `cmd/containeragent/initialize`.
const PROGRAMS: &str = "/charm/bin";

/// A root folder for the charm's programs.
#[derive(Debug)]
pub(super) struct CharmRoot {
    dir: PathBuf,
    juju: Mutex<Option<PathBuf>>,
    volumes: Vec<Volume>,
}

impl CharmRoot {
    /// Makes the root of the pod in `pod`, with the pod's sockets as `/charm`, and Pebble.
    pub(super) fn new(pod: &Path, pebble: Option<&Path>, volumes: &[Volume]) -> Result<Self, PodError> {
        let root = Self { dir: pod.join("root"), juju: Mutex::default(), volumes: volumes.to_vec() };
        root.build(pod, pebble).map_err(at(&root.dir))?;
        Ok(root)
    }

    fn build(&self, pod: &Path, pebble: Option<&Path>) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        // A mount of its own, so that everything below goes with it.
        bind(&self.dir, &self.dir)?;
        for entry in system() {
            match entry {
                System::Folder(path) => self.show_machine(path)?,
                System::Link(path, target) => symlink(target, self.inside(path))?,
            }
        }
        ["/etc", "/dev", "/proc"].iter().try_for_each(|path| self.show_machine(path))?;
        ["/root", "/run", "/tmp"].iter().try_for_each(|path| fs::create_dir_all(self.inside(path)))?;
        lookup::FILES.iter().try_for_each(|(file, place)| self.show_file(&pod.join(file), place))?;
        fs::set_permissions(self.inside("/tmp"), fs::Permissions::from_mode(0o1777))?;
        fs::create_dir_all(self.inside(JUJU))?;
        self.bind_dir(&pod.join("charm"), "/charm")?;
        pebble.map_or(Ok(()), |program| self.show_program(program))?;
        self.volumes.iter().filter(|volume| !volume.target.starts_with(JUJU)).try_for_each(|volume| self.mount(volume))
    }

    /// Shows a folder of the machine at its own path, read-only; devices can be written to all the same.
    fn show_machine(&self, path: &str) -> io::Result<()> {
        self.bind_dir(Path::new(path), path)?;
        make_read_only(&self.inside(path))
    }

    /// Shows a file in the place of the machine's, which may be a link; the machine's own folders take no new files.
    fn show_file(&self, source: &Path, path: &str) -> io::Result<()> {
        let target = image::resolve(&self.dir, Path::new(path))?;
        if let (false, Some(parent)) = (target.exists(), target.parent()) {
            let _ = fs::create_dir_all(parent).and_then(|()| fs::write(&target, ""));
        }
        if target.exists() { bind(source, &target) } else { Ok(()) }
    }

    /// Shows Pebble in a folder that takes no other files.
    fn show_program(&self, pebble: &Path) -> io::Result<()> {
        let folder = self.inside(PROGRAMS);
        fs::create_dir_all(&folder)?;
        bind(&folder, &folder)?;
        let target = folder.join("pebble");
        fs::write(&target, "")?;
        bind(pebble, &target)?;
        make_read_only(&target)?;
        make_read_only(&folder)
    }

    fn bind_dir(&self, source: &Path, path: &str) -> io::Result<()> {
        fs::create_dir_all(self.inside(path))?;
        bind(source, &self.inside(path))
    }

    /// Shows `juju` as `/var/lib/juju`, in the place of what was shown before.
    pub(super) fn show(&self, juju: &Path) -> Result<(), PodError> {
        let mut shown = self.juju.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.as_deref() == Some(juju) {
            return Ok(());
        }
        let target = self.inside(JUJU);
        if shown.take().is_some() {
            umount2(&target, MntFlags::MNT_DETACH).map_err(|error| at(&target)(error.into()))?;
        }
        bind(juju, &target).map_err(at(juju))?;
        *shown = Some(juju.to_owned());
        let mut below = self.volumes.iter().filter(|volume| volume.target.starts_with(JUJU));
        below.try_for_each(|volume| self.mount(volume).map_err(at(&volume.source)))
    }

    fn mount(&self, volume: &Volume) -> io::Result<()> {
        let target = self.dir.join(volume.target.strip_prefix("/").unwrap_or(&volume.target));
        fs::create_dir_all(&target)?;
        bind(&volume.source, &target)?;
        if volume.read_only { make_read_only(&target) } else { Ok(()) }
    }

    /// Takes all mounts away.
    pub(super) fn close(&self) {
        let _ = umount2(&self.dir, MntFlags::MNT_DETACH);
    }

    /// The option of `nsenter` that makes this the root.
    pub(super) fn option(&self) -> OsString {
        let mut option = OsString::from("--root=");
        option.push(&self.dir);
        option
    }

    /// The option of `nsenter` that goes to a folder below this root.
    pub(super) fn working_dir(&self, inside: &Path) -> OsString {
        let mut option = OsString::from("--wd=");
        option.push(self.dir.join(inside.strip_prefix("/").unwrap_or(inside)));
        option
    }

    fn inside(&self, path: &str) -> PathBuf {
        self.dir.join(path.trim_start_matches('/'))
    }
}

fn bind(source: &Path, target: &Path) -> io::Result<()> {
    Ok(mount(Some(source), target, None::<&str>, MsFlags::MS_BIND, None::<&str>)?)
}

fn make_read_only(target: &Path) -> io::Result<()> {
    let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
    Ok(mount(None::<&str>, target, None::<&str>, flags, None::<&str>)?)
}

impl Drop for CharmRoot {
    fn drop(&mut self) {
        self.close();
    }
}
