//! One unit, to be read by tests.

use super::Stage;
use crate::model::{LogLine, Status, Unit, UnitRef, names, ports};

/// A unit as Juju shows it; a unit that is not there reads as one that never ran.
pub struct UnitView {
    unit: Unit,
}

impl Stage {
    /// A unit.
    #[must_use]
    pub fn unit(&self, unit: impl Into<UnitRef>) -> UnitView {
        UnitView { unit: self.model.units.get(&self.model.unit_name(unit)).cloned().unwrap_or_default() }
    }

    /// The number of the unit that leads the main application.
    #[must_use]
    pub fn leader(&self) -> Option<u32> {
        names::number_of(self.model.application().leader.as_deref()?)
    }
}

impl UnitView {
    /// What Juju shows: the agent's error, else the status that the charm set.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.unit.is_in_error() { self.unit.agent_status.clone() } else { self.unit.status.clone() }
    }

    /// Every status that the charm set, oldest first.
    #[must_use]
    pub fn status_history(&self) -> Vec<Status> {
        self.unit.status_history.iter().map(|entry| entry.status.clone()).collect()
    }

    /// Workload version as set last.
    #[must_use]
    pub fn workload_version(&self) -> String {
        self.unit.workload_version.clone()
    }

    /// Open ports as `3000/tcp`.
    #[must_use]
    pub fn opened_ports(&self) -> Vec<String> {
        ports::shown(&self.unit.opened_ports)
    }

    /// Log lines, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<LogLine> {
        self.unit.log.clone()
    }

    /// Address of its pod.
    #[must_use]
    pub fn address(&self) -> std::net::IpAddr {
        self.unit.address
    }

    /// All that Juju and its agent know of it.
    #[must_use]
    pub fn whole(&self) -> &Unit {
        &self.unit
    }
}
