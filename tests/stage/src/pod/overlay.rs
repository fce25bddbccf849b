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
        let (upper, work) = (self.dir.join("upper"), self.dir.join("work"));
        let parts = [lower, &upper, &work].map(|part| part.to_string_lossy().into_owned());
        if parts.iter().any(|part| part.contains([':', ',', '\\'])) {
            return Err(io::Error::other("the path has a meaning of its own among the options of a mount"));
        }
        let [lower, upper, work] = parts;
        let options = format!("lowerdir={lower},upperdir={upper},workdir={work}");
        Ok(mount(Some("overlay"), &self.root(), Some("overlay"), MsFlags::empty(), Some(options.as_str()))?)
    }

    /// Shows nothing any more.
    pub(super) fn close(&self) {
        let _ = umount2(&self.root(), MntFlags::MNT_DETACH);
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        self.close();
    }
}
