//! Removes files and directories.

use super::{FileError, require_absolute};
use std::{fs, io};

/// Removes one path; with `recursive` all below it, and then nothing there is no error.
///
/// # Errors
/// The path is invalid, or the system refuses.
pub fn remove(path: &str, recursive: bool) -> Result<(), FileError> {
    require_absolute(path)?;
    if recursive {
        return remove_all(path).map_err(|error| FileError::new("unlinkat", path, error));
    }
    let Err(as_file) = fs::remove_file(path) else { return Ok(()) };
    let Err(as_directory) = fs::remove_dir(path) else { return Ok(()) };
    let is_no_directory = as_directory.kind() == io::ErrorKind::NotADirectory;
    Err(FileError::new("remove", path, if is_no_directory { as_file } else { as_directory }))
}

fn remove_all(path: &str) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
