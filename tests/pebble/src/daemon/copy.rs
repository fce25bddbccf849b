//! Fills an empty directory from a template, once.

use crate::errno;
use std::{fs, io, path::Path};

/// Copies a template into a directory that is missing or empty; a missing template changes nothing.
///
/// # Errors
/// A message with both paths.
pub fn copy_once(template: &Path, dir: &Path) -> Result<(), String> {
    let is_empty = fs::read_dir(dir).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty || !template.exists() {
        return Ok(());
    }
    copy_tree(template, dir).map_err(|error| {
        let (from, to) = (template.to_string_lossy(), dir.to_string_lossy());
        format!("cannot copy {from:?} to {to:?}: {}", errno::describe(&error))
    })
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if fs::metadata(entry.path())?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
