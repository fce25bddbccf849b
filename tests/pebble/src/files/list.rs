//! Lists files.

use super::{FileError, clean, glob};
use crate::{processes::account, timestamp};
use serde_json::{Map, Value, json};
use std::{
    fs::{self, FileType, Metadata},
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::Path,
};
use time::OffsetDateTime;

/// The entries of a directory, or one file or directory itself; those whose names fit a pattern.
///
/// # Errors
/// The path or the pattern is invalid.
pub fn list(path: &str, pattern: &str, itself: bool) -> Result<Value, FileError> {
    let fail = |call, path: &str| {
        let path = path.to_owned();
        move |error| FileError::new(call, &path, error)
    };
    let meta = fs::metadata(path).map_err(fail("stat", path))?;
    let mut found = Vec::new();
    if meta.is_dir() && !itself {
        let mut names: Vec<_> = fs::read_dir(path)
            .map_err(fail("open", path))?
            .filter_map(|entry| entry.ok().map(|entry| entry.file_name().to_string_lossy().into_owned()))
            .collect();
        names.sort();
        for name in names {
            let full = join(path, &name);
            if let Some(meta) = matching(pattern, &name, || fs::symlink_metadata(&full).ok())? {
                found.push(view(&full, &name, &meta));
            }
        }
    } else {
        let clean = clean(path);
        let name = Path::new(&clean).file_name().map_or("/".to_owned(), |name| name.to_string_lossy().into_owned());
        if let Some(meta) = matching(pattern, &name, || Some(meta))? {
            found.push(view(&clean, &name, &meta));
        }
    }
    Ok(Value::Array(found))
}

fn matching(pattern: &str, name: &str, meta: impl FnOnce() -> Option<Metadata>) -> Result<Option<Metadata>, FileError> {
    let fits = pattern.is_empty()
        || glob::matches(pattern, name).ok_or_else(|| FileError::Request("syntax error in pattern".to_owned()))?;
    Ok(if fits { meta() } else { None })
}

fn view(path: &str, name: &str, meta: &Metadata) -> Value {
    let mut view = Map::new();
    view.insert("path".to_owned(), json!(path));
    view.insert("name".to_owned(), json!(name));
    view.insert("type".to_owned(), json!(kind(meta.file_type())));
    if meta.is_file() {
        view.insert("size".to_owned(), json!(meta.len()));
    }
    view.insert("permissions".to_owned(), json!(format!("{:03o}", meta.permissions().mode() & 0o777)));
    let modified = OffsetDateTime::from_unix_timestamp(meta.mtime()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    view.insert("last-modified".to_owned(), json!(timestamp::format(modified)));
    view.insert("user-id".to_owned(), json!(meta.uid()));
    view.insert("user".to_owned(), json!(account::user_name(meta.uid())));
    view.insert("group-id".to_owned(), json!(meta.gid()));
    view.insert("group".to_owned(), json!(account::group_name(meta.gid())));
    Value::Object(view)
}

fn kind(file: FileType) -> &'static str {
    if file.is_file() {
        "file"
    } else if file.is_dir() {
        "directory"
    } else if file.is_symlink() {
        "symlink"
    } else if file.is_socket() {
        "socket"
    } else if file.is_fifo() {
        "named-pipe"
    } else if file.is_block_device() || file.is_char_device() {
        "device"
    } else {
        "unknown"
    }
}

fn join(dir: &str, name: &str) -> String {
    format!("{}/{name}", clean(dir).trim_end_matches('/'))
}
