//! The hook that runs at this moment, for whoever looks on from another thread, and how long one may take.

use super::tree;
use nix::unistd::Pid;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a hook may take, in real time, unless somebody says otherwise.
const LIMIT: Duration = Duration::from_mins(5);

/// A view of the running hook; clones share it.
#[derive(Debug, Clone)]
pub struct Watch {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug)]
struct Seen {
    limit: Duration,
    running: Option<Running>,
}

/// A hook, an action or a command that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The unit.
    pub unit: String,
    /// The hook's name.
    pub hook: String,
    /// When it began.
    pub began: Instant,
    pid: Pid,
}

impl Running {
    /// What it is at: the command line of the hook tool or other program that it waits for, else its own.
    #[must_use]
    pub fn doing(&self) -> String {
        tree::doing(self.pid)
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self { seen: Arc::new(Mutex::new(Seen { limit: LIMIT, running: None })) }
    }
}

impl Watch {
    /// The hook that runs now.
    #[must_use]
    pub fn running(&self) -> Option<Running> {
        self.seen().running.clone()
    }

    /// How long, in real time, a hook may take before it is killed with all its processes.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.seen().limit
    }

    /// Sets it for every hook that begins from now on; 5 min if it was never set.
    pub fn set_limit(&self, limit: Duration) {
        self.seen().limit = limit;
    }

    pub(super) fn begin(&self, unit: &str, hook: &str, pid: Pid) {
        let (unit, hook) = (unit.to_owned(), hook.to_owned());
        self.seen().running = Some(Running { unit, hook, began: Instant::now(), pid });
    }

    pub(super) fn end(&self) {
        self.seen().running = None;
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
