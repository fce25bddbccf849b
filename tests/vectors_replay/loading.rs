//! Vectors from their files.

use std::{fs, io, path::Path};

use thiserror::Error;

use super::recording::Recording;

/// A folder of vectors that cannot be used.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The folder or a file of it cannot be read.
    #[error("reading {path}")]
    Read {
        /// What was read.
        path: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// A file is not a vector.
    #[error("understanding {path}")]
    Parse {
        /// What was read.
        path: String,
        /// Why it failed.
        #[source]
        source: serde_json::Error,
    },
}

impl Recording {
    /// Reads one vector.
    ///
    /// # Errors
    /// The file cannot be read, or is not a vector.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let name = || path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| LoadError::Read { path: name(), source })?;
        serde_json::from_str(&text).map_err(|source| LoadError::Parse { path: name(), source })
    }

    /// Reads all vectors of a folder, by name.
    ///
    /// # Errors
    /// The folder or a file of it cannot be read, or a file is not a vector.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, LoadError> {
        let unread = |source| LoadError::Read { path: folder.display().to_string(), source };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(unread)? {
            paths.push(entry.map_err(unread)?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }
}
