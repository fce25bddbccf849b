//! A root of the machine's programs, over which the files of an image are laid.

use super::{
    PodError, at,
    overlay::{self, Overlay},
    rootfs::{self, System, system},
};
use crate::sandbox::run;
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

/// Puts the root together where the overlay shows its files.
///
/// # Errors
/// The kernel lays no folder over another one, or a file cannot be written.
pub(super) fn assemble(overlay: &Overlay, image: &Path) -> Result<(), PodError> {
    overlay.show(image)?;
    let (root, programs) = (overlay.root(), overlay.beside("programs"));
    for entry in system() {
        match entry {
            System::Folder(path) => {
                let (own, shown) = (collect(image, &programs, path, path)?, below(&root, path));
                fs::create_dir_all(&shown).map_err(at(&shown))?;
                overlay::lay(&own, Path::new(path), &shown).map_err(at(&shown))?;
            }
            System::Link(path, target) => link(&below(&root, path), &target)?,
        }
    }
    complete(&root)
}

/// The image's own files of a folder of the machine, those of the folders that are links into it among them.
fn collect(image: &Path, programs: &Path, folder: &str, path: &str) -> Result<PathBuf, PodError> {
    let own = below(programs, folder);
    fs::create_dir_all(&own).map_err(at(&own))?;
    copy(&below(image, path), &own)?;
    for entry in system() {
        let System::Link(link, target) = entry else { continue };
        if let Ok(inside) = Path::new("/").join(target).strip_prefix(folder) {
            copy(&below(image, link), &own.join(inside))?;
        }
    }
    Ok(own)
}

fn copy(from: &Path, to: &Path) -> Result<(), PodError> {
    if from.is_dir() && !from.is_symlink() {
        fs::create_dir_all(to).map_err(at(to))?;
        run(Command::new("cp").arg("-a").arg(from.join(".")).arg(to), "")?;
    }
    Ok(())
}

fn link(place: &Path, target: &Path) -> Result<(), PodError> {
    if place.is_dir() && !place.is_symlink() {
        fs::remove_dir_all(place).map_err(at(place))?;
    }
    if place.is_symlink() { Ok(()) } else { symlink(target, place).map_err(at(place)) }
}

/// Adds what every root has.
fn complete(root: &Path) -> Result<(), PodError> {
    let tmp = root.join("tmp");
    if !tmp.exists() {
        fs::create_dir_all(&tmp).map_err(at(&tmp))?;
        fs::set_permissions(&tmp, fs::Permissions::from_mode(0o1777)).map_err(at(&tmp))?;
    }
    rootfs::add_folders(root)?;
    rootfs::write_settings(&root.join("etc"))
}

fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}
