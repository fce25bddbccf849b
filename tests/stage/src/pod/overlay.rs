//! A root that a container may write to, over files that no container changes.

use super::{PodError, at};
use crate::sandbox::run;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// A folder that shows other files, and keeps what is written to it by itself.
#[derive(Debug)]
pub(super) struct Overlay {
    dir: PathBuf,
}

impl Overlay {
    /// One that has its parts in `dir`, and shows nothing yet.
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Where its files are seen.
    pub(super) fn root(&self) -> PathBuf {
        self.dir.join("root")
    }

    /// A folder of its own that nobody is shown, and that goes with what was written.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Shows `lower`, without anything that was written before.
    ///
    /// Where the kernel refuses to, a copy takes its place.
    pub(super) fn show(&self, lower: &Path) -> Result<(), PodError> {
        self.clear()?;
        if self.mount(lower).is_err() {
            run(Command::new("cp").args(["-a", "--reflink=auto"]).arg(lower.join(".")).arg(self.root()), "")?;
        }
        Ok(())
    }

    /// Shows an empty folder.
    pub(super) fn clear(&self) -> Result<(), PodError> {
        self.close();
        run(Command::new("rm").arg("-rf").arg(&self.dir), "")?;
        ["upper", "work", "root"].iter().try_for_each(|part| {
            let part = self.dir.join(part);
            fs::create_dir_all(&part).map_err(at(&part))
        })
    }

    fn mount(&self, lower: &Path) -> io::Result<()> {
        let [lower, upper, work] = options([lower, &self.dir.join("upper"), &self.dir.join("work")])?;
        mount_at(&self.root(), &format!("lowerdir={lower},upperdir={upper},workdir={work}"))
    }

    /// Shows nothing any more.
    pub(super) fn close(&self) {
        let _ = umount2(&self.root(), MntFlags::MNT_DETACH);
    }
}

/// Shows the files of `upper` over those of `lower` at a place, where nobody can write to them.
pub(super) fn lay(upper: &Path, lower: &Path, place: &Path) -> io::Result<()> {
    let [upper, lower] = options([upper, lower])?;
    mount_at(place, &format!("lowerdir={upper}:{lower}"))
}

fn mount_at(place: &Path, options: &str) -> io::Result<()> {
    Ok(mount(Some("overlay"), place, Some("overlay"), MsFlags::empty(), Some(options))?)
}

/// Paths as options of a mount.
fn options<const N: usize>(paths: [&Path; N]) -> io::Result<[String; N]> {
    let parts = paths.map(|path| path.to_string_lossy().into_owned());
    if parts.iter().any(|part| part.contains([':', ',', '\\'])) {
        return Err(io::Error::other("the path has a meaning of its own among the options of a mount"));
    }
    Ok(parts)
}

impl Drop for Overlay {
    fn drop(&mut self) {
        self.close();
    }
}
