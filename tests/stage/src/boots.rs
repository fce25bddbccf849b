//! The journal in which the workload notes every start of a command.

use crate::hook::Boot;
use serde_json::Value;
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Where the journal is seen in a container.
pub(crate) const INSIDE: &str = "/var/log/boots";
/// The file of a workload that names the journal; a workload without it notes nothing.
pub(crate) const POINTER: &str = "/srv/discourse/JOURNAL";

/// Reader of one pod's journal; clones share the place up to which it was taken.
#[derive(Debug, Clone)]
pub struct Boots {
    path: PathBuf,
    state: Arc<Mutex<State>>,
}

/// What was read of the journal.
#[derive(Debug, Default)]
struct State {
    /// So many bytes were read.
    length: u64,
    entries: Vec<Boot>,
    taken: usize,
}

impl Boots {
    pub(crate) fn new(path: PathBuf) -> io::Result<Self> {
        fs::write(&path, "")?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
        Ok(Self { path, state: Arc::default() })
    }

    /// All starts since the pod began.
    #[must_use]
    pub fn entries(&self) -> Vec<Boot> {
        self.read().entries.clone()
    }

    /// How many starts there were since the pod began.
    #[must_use]
    pub fn count(&self) -> usize {
        self.read().entries.len()
    }

    /// The starts since this was last called.
    #[must_use]
    pub fn take(&self) -> Vec<Boot> {
        let mut state = self.read();
        let new = state.entries.iter().skip(state.taken).cloned().collect();
        state.taken = state.entries.len();
        new
    }

    /// Reads the journal if it has grown; a line is written in one go, so the last one is whole.
    fn read(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let length = fs::metadata(&self.path).map_or(0, |found| found.len());
        if length != state.length {
            let text = fs::read_to_string(&self.path).unwrap_or_default();
            state.length = text.len() as u64;
            state.entries = text.lines().filter_map(parse).collect();
        }
        state
    }
}

fn parse(line: &str) -> Option<Boot> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let argv = entry.get("argv")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let user = entry.get("user")?.as_str()?.to_owned();
    Some(Boot { argv, user, entry })
}
