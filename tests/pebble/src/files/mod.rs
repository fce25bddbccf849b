//! The files API: read, list, write, make directories, remove.
//!
//! *Source*: Pebble's files API, v1.26.0.

pub mod directories;
pub mod glob;
pub mod list;
pub mod multipart;
pub mod read;
pub mod remove;
pub mod write;

use crate::{
    errno,
    plan::context::Account,
    processes::account,
    server::body::{Body, BodyError},
};
use serde_json::{Value, json};
use std::io;
use thiserror::Error;

/// Why something cannot be done with a file.
#[derive(Debug, Error)]
pub enum FileError {
    /// The system refuses.
    #[error("{context}{call} {path}: {}", errno::describe(source))]
    System {
        /// What was tried, if that needs saying.
        context: &'static str,
        /// The system's call.
        call: &'static str,
        /// The path that it was for.
        path: String,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// The request is invalid.
    #[error("{0}")]
    Request(String),
}

/// Whom a new file or directory belongs to, and its mode.
#[derive(Debug, Clone, Default)]
pub struct Ownership {
    /// *Empty*: the user that runs Pebble.
    pub account: Account,
    /// Three octal digits. *Empty*: the default.
    pub permissions: String,
}

impl FileError {
    /// A failed call on a path.
    #[must_use]
    pub fn new(call: &'static str, path: &str, source: io::Error) -> Self {
        Self::System { context: "", call, path: path.to_owned(), source }
    }

    /// The same, with what it was for.
    #[must_use]
    pub fn within(self, context: &'static str) -> Self {
        match self {
            Self::System { call, path, source, .. } => Self::System { context, call, path, source },
            Self::Request(text) => Self::Request(text),
        }
    }

    /// The kind that clients tell errors apart by.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::System { source, .. } if source.kind() == io::ErrorKind::NotFound => "not-found",
            Self::System { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => "permission-denied",
            _ => "generic-file-error",
        }
    }

    /// As clients see it.
    #[must_use]
    pub fn view(&self) -> Value {
        json!({"message": self.to_string(), "kind": self.kind()})
    }
}

impl Ownership {
    /// Reads the fields of a request.
    ///
    /// # Errors
    /// One of them is of the wrong kind.
    pub fn of(body: &Body) -> Result<Self, BodyError> {
        let account = Account {
            user_id: body.number("user-id")?,
            user: body.text("user")?,
            group_id: body.number("group-id")?,
            group: body.text("group")?,
        };
        Ok(Self { account, permissions: body.text("permissions")? })
    }

    /// The mode.
    ///
    /// # Errors
    /// It is not of three octal digits.
    pub fn mode(&self, default: u32) -> Result<u32, FileError> {
        let text = &self.permissions;
        if text.is_empty() {
            return Ok(default);
        }
        let mode = u32::from_str_radix(text, 8).ok().filter(|_| text.len() == 3);
        mode.ok_or_else(|| FileError::Request(format!("permissions must be a 3-digit octal string, got {text:?}")))
    }

    /// The numbers of user and group.
    ///
    /// # Errors
    /// There is no such user or group.
    pub fn owner(&self) -> Result<Option<account::Owner>, FileError> {
        let owner = account::resolve(&self.account);
        owner.map_err(|error| FileError::Request(format!("cannot look up user and group: {error}")))
    }
}

/// Paths must begin at the root.
///
/// # Errors
/// This one does not.
pub fn require_absolute(path: &str) -> Result<(), FileError> {
    if path.starts_with('/') {
        return Ok(());
    }
    Err(FileError::Request(format!("paths must be absolute, got {path:?}")))
}

/// What came of one path.
#[must_use]
pub fn result(path: &str, outcome: Result<(), FileError>) -> Value {
    match outcome {
        Ok(()) => json!({"path": path}),
        Err(error) => json!({"path": path, "error": error.view()}),
    }
}

/// A path without double slashes, dots and a slash at its end.
#[must_use]
pub fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
