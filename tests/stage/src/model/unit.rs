//! One unit of an application.

use super::{Life, Memory, Model, OpenPorts, Status, StatusEntry};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv4Addr},
};
use time::OffsetDateTime;

/// A unit: what the controller holds of it, and what its agent remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unit {
    /// Whether it lives, leaves or is gone.
    pub life: Life,
    /// Since when its agent stands still, as one on a frozen node does.
    #[serde(default)]
    pub frozen: Option<OffsetDateTime>,
    /// Address of its pod.
    pub address: IpAddr,
    /// The status that the charm set last.
    pub status: Status,
    /// Every status that the charm or the agent set, oldest first.
    pub status_history: Vec<StatusEntry>,
    /// The agent's status: `error` after a failed hook, else unknown.
    pub agent_status: Status,
    /// Workload version as set last.
    pub workload_version: String,
    /// Open ports.
    pub opened_ports: OpenPorts,
    /// Charm state (`state-set`).
    pub state: BTreeMap<String, String>,
    /// Boot ids of the Pebbles that answer in its pod now, by container.
    pub boot_ids: BTreeMap<String, String>,
    /// What its agent remembers between hooks.
    pub memory: Memory,
    /// Log lines of the charm and of its output.
    pub log: Vec<LogLine>,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// `INFO`, `WARNING` and so on.
    pub level: String,
    /// Who wrote it: `unit.discourse-k8s/0.juju-log`.
    pub logger: String,
    /// What was written.
    pub text: String,
}

impl Unit {
    /// A unit that has not run any hook.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self {
            life: Life::Alive,
            frozen: None,
            address,
            status: Status::unknown(),
            status_history: Vec::new(),
            agent_status: Status::unknown(),
            workload_version: String::new(),
            opened_ports: OpenPorts::new(),
            state: BTreeMap::new(),
            boot_ids: BTreeMap::new(),
            memory: Memory::default(),
            log: Vec::new(),
        }
    }

    /// Whether a failed hook waits for its retry or for a person.
    #[must_use]
    pub fn is_in_error(&self) -> bool {
        self.memory.failed.as_ref().is_some_and(|failure| !failure.quiet)
    }
}

impl Model {
    /// Sets the status of a unit and notes it in the history; nothing happens if it is not there.
    pub fn set_status(&mut self, unit: &str, status: Status) {
        let since = self.now();
        if let Some(unit) = self.units.get_mut(unit) {
            unit.status_history.push(StatusEntry { status: status.clone(), since });
            unit.status = status;
        }
    }
}

impl Default for Unit {
    fn default() -> Self {
        Self::new(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.logger, self.level, self.text)
    }
}
