//! The journal in which the workload notes every start of a command.

use crate::hook::Boot;
use serde_json::Value;
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// Where the journal is seen in a container.
pub(crate) const INSIDE: &str = "/var/log/boots";
/// The file of a workload that names the journal; a workload without it notes nothing.
pub(crate) const POINTER: &str = "/srv/discourse/JOURNAL";

/// Reader of one pod's journal; clones share the place up to which it was taken.
#[derive(Debug, Clone)]
pub struct Boots {
    path: PathBuf,
    taken: Arc<Mutex<usize>>,
}

impl Boots {
    pub(crate) fn new(path: PathBuf) -> io::Result<Self> {
        fs::write(&path, "")?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
        Ok(Self { path, taken: Arc::default() })
    }

    /// All starts since the pod began.
    #[must_use]
    pub fn entries(&self) -> Vec<Boot> {
        // A line is written in one go, so the last one is whole or absent.
        fs::read_to_string(&self.path).unwrap_or_default().lines().filter_map(parse).collect()
    }

    /// The starts since this was last called.
    #[must_use]
    pub fn take(&self) -> Vec<Boot> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = self.entries();
        let new = entries.iter().skip(*taken).cloned().collect();
        *taken = entries.len();
        new
    }
}

fn parse(line: &str) -> Option<Boot> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let argv = entry.get("argv")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let user = entry.get("user")?.as_str()?.to_owned();
    Some(Boot { argv, user, entry })
}
