//! Makes directories.

use super::{FileError, Ownership, clean, require_absolute};
use crate::processes::account::Owner;
use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
};

/// Makes a directory as a request asks.
///
/// # Errors
/// The path is invalid, or the system refuses.
pub fn make(path: &str, make_parents: bool, ownership: &Ownership) -> Result<(), FileError> {
    require_absolute(path)?;
    let mode = ownership.mode(0o755)?;
    let owner = ownership.owner()?;
    make_at(&clean(path), make_parents, mode, owner)
}

/// Makes a directory; with parents, it may be there already, and parents get the same mode and owner.
///
/// # Errors
/// The system refuses.
pub fn make_at(path: &str, make_parents: bool, mode: u32, owner: Option<Owner>) -> Result<(), FileError> {
    match fs::metadata(path) {
        Ok(meta) if !meta.is_dir() => Err(FileError::new("mkdir", path, error(nix::errno::Errno::ENOTDIR))),
        Ok(_) if make_parents => Ok(()),
        Ok(_) => Err(FileError::new("mkdir", path, error(nix::errno::Errno::EEXIST))),
        Err(_) => {
            if make_parents && let Some(parent) = Path::new(path).parent().map(|parent| parent.to_string_lossy()) {
                make_at(&parent, true, mode, owner)?;
            }
            make_one(path, mode, owner)
        }
    }
}

/// Under another name first, so that it is never seen with the wrong mode.
fn make_one(path: &str, mode: u32, owner: Option<Owner>) -> Result<(), FileError> {
    let fresh = format!("{path}.mkdir-new");
    match fs::create_dir(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(FileError::new("mkdir", &fresh, error));
        }
        _ => {}
    }
    if let Some(owner) = owner {
        chown(&fresh, Some(owner.uid), Some(owner.gid)).map_err(|error| FileError::new("chown", &fresh, error))?;
    }
    fs::set_permissions(&fresh, Permissions::from_mode(mode))
        .map_err(|error| FileError::new("chmod", &fresh, error))?;
    fs::rename(&fresh, path).map_err(|error| FileError::new("rename", &format!("{fresh} {path}"), error))?;
    let parent = Path::new(path).parent().unwrap_or(Path::new("/"));
    let synced = File::open(parent).and_then(|dir| dir.sync_all());
    synced.map_err(|error| FileError::new("sync", &parent.to_string_lossy(), error))
}

fn error(errno: nix::errno::Errno) -> io::Error {
    io::Error::from_raw_os_error(errno as i32)
}
