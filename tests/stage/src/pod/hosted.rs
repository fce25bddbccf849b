//! A container whose Pebble runs within this program: a folder is its root, and nothing else is made for it.

use super::{
    PodError, at,
    container::ContainerSpec,
    image::{Content, Image},
    pebble::Place,
    rootfs,
};
use crate::sandbox::run;
use clock::{Drive, Follower};
use pebble::{
    daemon::Options,
    hosted::{Hosted, Hosting},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Where the volume of Pebble is seen, which outlives the container.
const VOLUME: &str = "charm/container";
/// Where Pebble finds the layers of the image.
const TEMPLATE: &str = "/var/lib/pebble/default";

/// The Pebble of a container, if it runs.
#[derive(Default)]
pub(super) struct Host(Mutex<Option<Running>>);

struct Running {
    pebble: Arc<Hosted>,
    follower: Arc<dyn Follower>,
}

impl Host {
    /// The place of Pebble's volume below the root of a container.
    pub(super) fn volume(root: &Path) -> PathBuf {
        root.join(VOLUME)
    }

    /// Starts Pebble over the image's files afresh, unless it runs.
    pub(super) fn start(&self, spec: &ContainerSpec, image: &Image) -> Result<(), PodError> {
        if self.is_up() {
            return Ok(());
        }
        let root = spec.root();
        unpack(&root, image)?;
        let place = Place { pod: spec.hostname.clone(), container: spec.name.clone(), root: root.clone() };
        let failed = |log: String| PodError::Start { container: spec.name.clone(), log };
        let machine = spec.pebble.machine(&place).ok_or_else(|| failed("it is not hosted".to_owned()))?;
        let passed = spec.clock.drive().map(Drive::passed).unwrap_or_default();
        let hosting = Hosting { root, options: options(), machine, passed };
        let pebble = Arc::new(Hosted::start(hosting).map_err(|error| failed(error.to_string()))?);
        let follower: Arc<dyn Follower> = Arc::<Hosted>::clone(&pebble);
        if let Some(drive) = spec.clock.drive() {
            drive.add(Arc::clone(&follower));
        }
        *self.lock() = Some(Running { pebble, follower });
        Ok(())
    }

    /// Ends Pebble, politely or at once.
    pub(super) fn end(&self, spec: &ContainerSpec, is_polite: bool) {
        let Some(running) = self.lock().take() else { return };
        if let Some(drive) = spec.clock.drive() {
            drive.remove(&running.follower);
        }
        if is_polite {
            running.pebble.terminate();
        } else {
            running.pebble.kill();
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.lock().as_ref().is_some_and(|running| !running.pebble.has_ended())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Host").field(&self.is_up()).finish()
    }
}

/// As Juju starts it, but without a port for probes.
fn options() -> Options {
    let dir = PathBuf::from("/").join(VOLUME).join("pebble");
    Options {
        socket: Path::new("/").join(VOLUME).join("pebble.socket"),
        state_file: Some(dir.join(".pebble.state")),
        dir,
        creates_dirs: true,
        is_held: true,
        copy_once: Some(PathBuf::from(TEMPLATE)),
        ..Options::default()
    }
}

/// The image's files afresh; of what was there before, the volume alone is left.
fn unpack(root: &Path, image: &Image) -> Result<(), PodError> {
    fs::create_dir_all(Host::volume(root)).map_err(at(root))?;
    for entry in fs::read_dir(root).map_err(at(root))? {
        let entry = entry.map_err(at(root))?;
        if entry.file_name() != "charm" {
            fs::remove_dir_all(entry.path()).map_err(at(root))?;
        }
    }
    if let Content::Files(files) | Content::Mixed(files) | Content::Whole(files) = image.content() {
        run(Command::new("cp").arg("-a").arg(files.join(".")).arg(root), "")?;
    }
    rootfs::add_folders(root)?;
    rootfs::write_settings(&root.join("etc"))
}
