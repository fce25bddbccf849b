//! Juju's unit agent: it runs the charm and keeps what the hook wrote.

mod home;
pub mod parameters;

pub use home::Home;

use crate::{
    faults::Faults,
    hook::{HookEvent, HookRun},
    model::Model,
};
use clock::Clock;
use std::io;

/// Everything that one run of the charm needs.
pub struct Errand<'a> {
    /// What Juju knows.
    pub model: &'a mut Model,
    /// What goes wrong.
    pub faults: &'a mut Faults,
    /// The clock of the agent's waiting.
    pub clock: Clock,
    /// Where the unit's charm and tools are.
    pub home: &'a Home,
}

/// A hook could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The system refused.
    #[error("{what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl Errand<'_> {
    /// Runs a hook or action of a unit.
    ///
    /// # Errors
    /// The charm cannot be started, or its tools not be served.
    pub fn run(self, unit: &str, event: &HookEvent) -> Result<HookRun, AgentError> {
        let _ = (unit, event, self.home, self.model, self.faults, self.clock);
        Err(AgentError::System { what: "running the charm", source: io::ErrorKind::Unsupported.into() })
    }
}
