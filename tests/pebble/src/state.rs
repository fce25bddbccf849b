//! What Pebble keeps over a restart: changes, notices and identities, in one file.

use crate::{changes::Changes, errno, identities::Identities, notices::Notices};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};
use thiserror::Error;

/// Why the state cannot be used.
#[derive(Debug, Error)]
pub enum StateError {
    /// The file cannot be read.
    #[error("cannot read the state file: {cause}")]
    Read {
        /// Call, path and reason.
        cause: String,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// The file holds no state.
    #[error("cannot read state: {cause}")]
    Decode {
        /// In the words of a JSON parser.
        cause: String,
        /// The parser's message.
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
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        fs::rename(&fresh, path)
    }
}

#[cfg(test)]
mod tests {
    use super::State;
    use crate::changes::{Status, Work};
    use clock::Clock;
    use std::{collections::BTreeMap, fs, path::PathBuf};

    fn file(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("{name}-{}.pebble.state", uuid::Uuid::new_v4()))
    }

    #[test]
    fn a_state_is_read_as_it_was_written_and_goes_on_counting() {
        let (path, clock) = (file("kept"), Clock::real());
        let mut state = State::default();
        let task = state.changes.new_task(clock, Work::Exec, "x".to_owned());
        let change = state.spawn_change(clock, "exec", "x", vec![task], BTreeMap::new());
        state.set_status(clock, task, Status::Done);
        state.save(&path).unwrap();
        let mut read = State::load(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(read.changes.view(change), state.changes.view(change));
        assert!(*read.changes.changes[&change].ready.borrow());
        assert_eq!(read.changes.new_change(clock, "stop", "", Vec::new()), change + 1);
    }

    #[test]
    fn a_broken_state_is_refused_and_a_missing_one_is_empty() {
        let read = |text: &str| {
            let path = file("broken");
            fs::write(&path, text).unwrap();
            let read = State::load(&path).map(drop).map_err(|error| error.to_string());
            fs::remove_file(&path).unwrap();
            read
        };
        assert_eq!(read(""), Err("cannot read state: EOF".to_owned()));
        assert_eq!(read("{"), Err("cannot read state: unexpected EOF".to_owned()));
        assert!(State::load(&file("missing")).unwrap().changes.changes.is_empty());
    }
}
