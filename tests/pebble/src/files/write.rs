//! Writes files: a new file takes the place of the old one at once.

use super::{FileError, Ownership, clean, directories, multipart::Parts, require_absolute, result};
use crate::{processes::account::Owner, server::body::Body};
use nix::errno::Errno;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{PermissionsExt, chown},
    path::Path,
};

/// What is to be written.
struct Item {
    path: String,
    makes_dirs: bool,
    ownership: Ownership,
}

/// Writes the files of a multipart body, and reports each.
///
/// # Errors
/// The body is invalid; files before the bad part are written by then.
pub fn write(body: &[u8], boundary: &str) -> Result<Value, String> {
    let mut parts = Parts::new(body, boundary);
    let head = parts.next_part().and_then(|part| part.ok_or("EOF".to_owned()));
    let head = head.map_err(|error| format!("cannot read request metadata: {error}"))?;
    if head.name != "request" {
        return Err(format!("metadata field name must be \"request\", got {:?}", head.name));
    }
    let items = items(head.content)?;
    let mut outcomes: BTreeMap<&str, Value> = BTreeMap::new();
    let mut index = 0;
    while let Some(part) = parts.next_part().map_err(|error| format!("cannot read file part {index}: {error}"))? {
        if part.name != "files" {
            return Err(format!("field name must be \"files\", got {:?}", part.name));
        }
        let item = items.iter().rev().find(|item| item.path == part.filename);
        let item = item.ok_or_else(|| format!("no metadata for path {:?}", part.filename))?;
        if !part.is_cut {
            outcomes.insert(&item.path, result(&item.path, write_one(item, part.content)));
        }
        index += 1;
    }
    let missing = |path: &str| FileError::Request(format!("no file content for path {path:?}"));
    let results = items.iter().map(|item| {
        let outcome = outcomes.get(item.path.as_str()).cloned();
        outcome.unwrap_or_else(|| result(&item.path, Err(missing(&item.path))))
    });
    Ok(results.collect())
}

fn items(metadata: &[u8]) -> Result<Vec<Item>, String> {
    let refuse = |error| format!("cannot decode request metadata: {error}");
    let body = Body::parse(metadata).map_err(refuse)?;
    let (action, files) =
        (body.text("action").map_err(refuse)?, body.objects("files", "writeFilesItem.files").map_err(refuse)?);
    let item = |file: &Body| {
        let (path, makes_dirs) = (file.text("path")?, file.flag("make-dirs")?);
        Ok(Item { path, makes_dirs, ownership: Ownership::of(file)? })
    };
    let items = files.iter().map(item).collect::<Result<Vec<_>, _>>().map_err(refuse)?;
    if action != "write" {
        return Err(format!("multipart action must be \"write\", got {action:?}"));
    }
    if items.is_empty() {
        return Err("must specify one or more files".to_owned());
    }
    Ok(items)
}

fn write_one(item: &Item, content: &[u8]) -> Result<(), FileError> {
    require_absolute(&item.path)?;
    let owner = item.ownership.owner()?;
    let parent = Path::new(&item.path).parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned();
    if item.makes_dirs {
        directories::make_at(&clean(&parent), true, 0o755, owner)
            .map_err(|error| error.within("cannot create directory: "))?;
    }
    let mode = item.ownership.mode(0o644)?;
    let (fresh, file) = create_beside(&item.path)?;
    let written = fill(&fresh, file, content, mode, owner).and_then(|()| rename(&fresh, &item.path));
    if written.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    written?;
    let synced = File::open(&parent).and_then(|dir| dir.sync_all());
    synced.map_err(|error| FileError::new("sync", &parent, error))
}

/// A directory is never replaced.
fn rename(fresh: &str, path: &str) -> Result<(), FileError> {
    let renamed = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => Err(io::Error::from_raw_os_error(Errno::EEXIST as i32)),
        _ => fs::rename(fresh, path),
    };
    renamed.map_err(|error| FileError::new("rename", &format!("{fresh} {path}"), error))
}

/// A new file with a name of its own in the same directory.
fn create_beside(path: &str) -> Result<(String, File), FileError> {
    loop {
        let number = uuid::Uuid::new_v4().as_u64_pair().0 % 10_000_000_000;
        let fresh = format!("{path}.{number}~");
        match OpenOptions::new().write(true).create_new(true).open(&fresh) {
            Ok(file) => return Ok((fresh, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(FileError::new("open", &fresh, error)),
        }
    }
}

fn fill(fresh: &str, mut file: File, content: &[u8], mode: u32, owner: Option<Owner>) -> Result<(), FileError> {
    let fail = |call| move |error| FileError::new(call, fresh, error);
    file.set_permissions(Permissions::from_mode(mode)).map_err(fail("chmod"))?;
    file.write_all(content).map_err(fail("write"))?;
    if let Some(owner) = owner {
        chown(fresh, Some(owner.uid), Some(owner.gid)).map_err(fail("chown"))?;
        file.set_permissions(Permissions::from_mode(mode)).map_err(fail("chmod"))?;
    }
    file.sync_all().map_err(fail("sync"))
}
