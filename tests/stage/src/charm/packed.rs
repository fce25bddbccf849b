//! Charms on disk: folders, and packed files.

use super::{Charm, CharmError, DECLARATIONS, at, declared};
use crate::sandbox::run;
use std::{
    fs::{self, File},
    io,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

pub(super) fn open(charm: &Path) -> Result<zip::ZipArchive<File>, CharmError> {
    let file = match File::open(charm) {
        Err(absent) if absent.kind() == io::ErrorKind::NotFound => return Err(CharmError::Absent),
        opened => opened.map_err(at(charm))?,
    };
    zip::ZipArchive::new(file).map_err(|source| CharmError::Zip { path: charm.to_owned(), source })
}

/// Copies or unpacks a charm, folder or zip file, to where the agent expects it.
///
/// A folder that declares itself in a unified charmcraft.yaml gets Juju's own files beside it, as packing it would do.
///
/// # Errors
/// The charm cannot be read, or the target not written.
pub fn unpack(charm: &Path, target: &Path) -> Result<(), CharmError> {
    if charm.is_dir() {
        copy_folder(charm, target)?;
        return DECLARATIONS.iter().try_for_each(|file| write_declaration(target, file));
    }
    let unzipped = tempfile::tempdir().map_err(at(target))?;
    let zip = |source| CharmError::Zip { path: charm.to_owned(), source };
    open(charm)?.extract(unzipped.path()).map_err(zip)?;
    copy_folder(unzipped.path(), target)
}

/// Copies or unpacks a charm to `place`, and reads what it declares there.
///
/// # Errors
/// The charm cannot be read, or the place not be written.
pub fn read_at(charm: &Path, place: &Path) -> Result<Charm, CharmError> {
    unpack(charm, place)?;
    Charm::read(place)
}

fn write_declaration(charm: &Path, file: &str) -> Result<(), CharmError> {
    let path = charm.join(file);
    if path.exists() {
        return Ok(());
    }
    let Some(found) = declared::part(charm, file)? else { return Ok(()) };
    let text = serde_yaml::to_string(&found).map_err(|source| CharmError::Yaml { path: path.clone(), source })?;
    fs::write(&path, text).map_err(at(&path))
}

/// A child process copies: a program that this process wrote could not be run for as long as another thread's child, forked
/// meanwhile, holds it open for writing.
fn copy_folder(from: &Path, to: &Path) -> Result<(), CharmError> {
    fs::create_dir_all(to).map_err(at(to))?;
    let copy = |source| CharmError::Copy { path: from.to_owned(), source };
    run(Command::new("cp").args(["-R", "--preserve=mode", "--"]).arg(from.join(".")).arg(to), "").map_err(copy)?;
    Ok(())
}

/// Whether a charm, folder or packed file, has any program for its hooks.
///
/// # Errors
/// The charm cannot be read.
pub fn has_programs(charm: &Path) -> Result<bool, CharmError> {
    if charm.is_dir() {
        return Ok(charm.join("dispatch").exists() || charm.join("hooks").is_dir());
    }
    let packed = open(charm)?;
    Ok(packed.file_names().any(|name| name.is_ok_and(|name| name == "dispatch" || name.starts_with("hooks/"))))
}

/// Whether a file is there and may be run.
#[must_use]
pub fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
