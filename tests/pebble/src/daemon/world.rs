//! Everything that changes while Pebble runs, behind one lock that is never held across a wait.

use super::Daemon;
use crate::{
    changes::{Runner, Severity, Work},
    checks::Checks,
    exec::Execution,
    plan::Plan,
    services::Services,
    state::State,
};
use clock::Clock;
use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
    sync::{Arc, MutexGuard},
};

/// Everything that changes.
#[derive(Default)]
pub struct World {
    /// What is kept over a restart.
    pub state: State,
    /// The plan of now.
    pub plan: Arc<Plan>,
    /// Services that were started.
    pub services: Services,
    /// Checks of the plan.
    pub checks: Checks,
    /// Commands that are not over, by task.
    pub executions: BTreeMap<u64, Execution>,
    /// Tasks that run.
    pub runner: Runner,
}

impl World {
    /// Adds an entry to a task's log.
    pub fn note(&mut self, clock: Clock, task: u64, severity: Severity, text: &str) {
        if let Some(task) = self.state.changes.tasks.get_mut(&task) {
            task.note(clock, severity, text);
            self.state.is_modified = true;
        }
    }

    /// Keeps what a task knows.
    pub fn remember(&mut self, task: u64, work: Work) {
        if let Some(task) = self.state.changes.tasks.get_mut(&task) {
            task.work = work;
            self.state.is_modified = true;
        }
    }

    /// Keeps how a command ended.
    pub fn set_exit_code(&mut self, task: u64, code: i32) {
        if let Some(task) = self.state.changes.tasks.get_mut(&task) {
            task.exit_code = Some(code);
            self.state.is_modified = true;
        }
    }
}

/// The lock on the world.
pub struct Guard<'daemon> {
    daemon: &'daemon Daemon,
    world: MutexGuard<'daemon, World>,
}

impl<'daemon> Guard<'daemon> {
    pub(super) fn new(daemon: &'daemon Daemon, world: MutexGuard<'daemon, World>) -> Self {
        Self { daemon, world }
    }
}

impl Deref for Guard<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if self.world.state.is_modified {
            self.daemon.save(&mut self.world);
        }
    }
}
