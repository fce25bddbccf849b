//! The state of the web server, by name.

use serde::Serialize;

use crate::{
    discourse::{environment::Environment, layer},
    world::{Check, Container, Service},
};

/// Where the web server is on its way to serving the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It does not run, or something else than the target crashed.
    Down,
    /// It runs with another plan.
    Outdated,
    /// The plan is as wanted, but whether it was restarted with it is not known.
    Unproven,
    /// It was started with the plan behind a shut gate, and has not answered yet.
    Starting,
    /// It ends by itself again and again.
    Crashing,
    /// It runs with the plan, and the gate is open.
    Serving,
}

impl State {
    /// The state that a container is in, seen from a wanted environment.
    #[must_use]
    pub fn of(container: &Container, wanted: &Environment) -> Self {
        let is_current = layer::is_current(&container.plan, wanted);
        match (container.service, is_current) {
            (Service::Stopped, _) | (Service::Crashed, false) => Self::Down,
            (Service::Crashed, true) => Self::Crashing,
            (Service::Running(_), false) => Self::Outdated,
            (Service::Running(_), true) if container.is_replan_due => Self::Unproven,
            (Service::Running(_), true) if container.gate == Check::Stopped => Self::Serving,
            (Service::Running(_), true) => Self::Starting,
        }
    }
}
