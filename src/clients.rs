//! The two clients of a hook, and what is remembered of Juju while it runs.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    juju::{Status, Tools},
    pebble::Pebble,
};

/// How long a hook follows jobs: the other hooks and the actions of the unit wait meanwhile.
const PATIENCE: Duration = Duration::from_hours(1);

/// How long a hook follows a restore.
const RESTORE_PATIENCE: Duration = Duration::from_mins(1);

/// Juju's hook tools and Pebble.
#[derive(Debug)]
pub struct Clients<'a> {
    /// Juju's hook tools.
    pub tools: &'a Tools,
    /// Pebble of the workload container.
    pub pebble: &'a Pebble,
    /// The status that was read or set last.
    ///
    /// *Empty*: it was not read yet.
    pub current_status: Option<Status>,
    /// Where the trace of this hook goes.
    ///
    /// *Empty*: the relations were not read yet, or none takes traces.
    pub trace_receiver: Option<String>,
    /// Until when this hook follows jobs.
    pub follows_until: Instant,
    /// How long it follows a restore: its operator asks how far it is in between.
    pub follows_restore: Duration,
    /// Whether an operator waits for an action, who is told the progress of jobs.
    pub is_action: bool,
}

impl<'a> Clients<'a> {
    /// Two clients, before anything was read.
    #[must_use]
    pub fn new(tools: &'a Tools, pebble: &'a Pebble) -> Self {
        Self {
            tools,
            pebble,
            current_status: None,
            trace_receiver: None,
            follows_until: sleep(PATIENCE).deadline(),
            follows_restore: RESTORE_PATIENCE,
            is_action: false,
        }
    }
}
