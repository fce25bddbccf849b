//! What Pebble keeps over a restart: changes, notices and identities, in one file.

use crate::{changes::Changes, errno, identities::Identities, notices::Notices};
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};
use thiserror::Error;

/// Why the state cannot be used.
#[derive(Debug, Error)]
pub enum StateError {
    /// The file cannot be read.
    #[error("cannot read the state file: {cause}")]
    Read {
        /// Call, path and reason.
        cause: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file holds no state.
    #[error("cannot read state: {cause}")]
    Decode {
        /// In the words of a JSON parser.
        cause: String,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
}

/// Everything that is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// Changes and tasks.
    pub changes: Changes,
    /// Notices.
    pub notices: Notices,
    /// Who may do what.
    #[serde(default)]
    pub identities: Identities,
    /// Whether the file is behind.
    #[serde(skip)]
    pub is_modified: bool,
}

impl State {
    /// Reads the state; none is an empty one.
    ///
    /// # Errors
    /// The file cannot be read or holds no state.
    pub fn load(path: &Path) -> Result<Self, StateError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => {
                let cause = errno::on_path("open", &path.to_string_lossy(), &source);
                return Err(StateError::Read { cause, source });
            }
        };
        let mut state: Self = serde_json::from_slice(&bytes).map_err(|source| {
            let cause = match bytes.trim_ascii() {
                [] => "EOF".to_owned(),
                _ if source.is_eof() => "unexpected EOF".to_owned(),
                _ => source.to_string(),
            };
            StateError::Decode { cause, source }
        })?;
        state.changes.revive();
        Ok(state)
    }

    /// Writes the state: a new file takes the place of the old one at once.
    ///
    /// # Errors
    /// The directory or the disk refuses.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let fresh = path.with_extension("state.new");
        fs::write(&fresh, serde_json::to_vec(self)?)?;
        fs::rename(&fresh, path)
    }
}
