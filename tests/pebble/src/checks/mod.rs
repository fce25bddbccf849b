//! Health checks as they run: a perform-check change while a check is up, a recover-check change while it is down.
//!
//! *Source*: Pebble's check manager, v1.26.0.

pub mod details;
pub mod http;
pub mod perform;
pub mod plan_change;
pub mod probe;
pub mod program;
pub mod recover;
pub mod refresh;
pub mod request;
pub mod tcp;
pub mod view;

use crate::{
    changes::{Status, Work},
    daemon::{Daemon, World},
    plan::{Check, Level},
};
use details::Details;
use refresh::Refreshes;
use std::{collections::BTreeMap, sync::Arc};

/// One check of the plan, as clients see it.
#[derive(Debug, Clone, Default)]
pub struct CheckState {
    /// Who asks for it.
    pub level: Level,
    /// Whether it starts by itself.
    pub is_enabled: bool,
    /// Runs that succeeded.
    pub successes: u64,
    /// Failures in a row.
    pub failures: u64,
    /// Failures in a row that take it down.
    pub threshold: u64,
    /// The change that runs it. *Empty*: it does not run.
    pub change: Option<u64>,
    /// Requests to run it now.
    pub refreshes: Refreshes,
}

/// All checks, and the definition that each running change was made with.
#[derive(Debug, Default)]
pub struct Checks {
    /// By name.
    pub by_name: BTreeMap<String, CheckState>,
    /// By the number of the change.
    pub configs: BTreeMap<u64, Arc<Check>>,
}

impl CheckState {
    /// Whether it counts as unhealthy.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.change.is_some() && self.failures >= self.threshold
    }
}

impl Checks {
    /// Takes note of how a check stands.
    pub fn update(&mut self, config: &Check, change: Option<u64>, successes: u64, failures: u64) {
        let state = self.by_name.entry(config.name.clone()).or_default();
        state.level = config.level.clone();
        state.is_enabled = config.is_enabled();
        state.successes = successes;
        state.failures = failures;
        state.threshold = u64::try_from(config.threshold).unwrap_or_default();
        state.change = change;
    }

    /// Takes note of a run, unless the check belongs to another change by now.
    pub fn count(&mut self, config: &Check, change: u64, details: &Details) {
        if self.by_name.get(&config.name).is_some_and(|state| state.change == Some(change)) {
            self.update(config, Some(change), details.successes, details.failures);
        }
    }
}

/// Makes the change that runs a check while it is up.
pub fn perform(daemon: &Daemon, world: &mut World, config: Arc<Check>) -> u64 {
    let details = Details { name: config.name.clone(), ..Details::default() };
    spawn(daemon, world, config, Work::PerformCheck(details), "Perform")
}

/// Once a check's task has its last status: goes on with the other kind of change. Answers whether it did.
pub fn proceed(daemon: &Arc<Daemon>, world: &mut World, task: u64) -> bool {
    let Some(task) = world.state.changes.tasks.get(&task) else { return false };
    let (work, status, change) = (task.work.clone(), task.status, task.change);
    let Some(config) = world.checks.configs.remove(&change) else { return false };
    let (next, details) = match work {
        Work::PerformCheck(details) if status == Status::Error && details.proceeds => {
            let next = Details { proceeds: false, ..details.clone() };
            (spawn(daemon, world, Arc::clone(&config), Work::RecoverCheck(next), "Recover"), details)
        }
        Work::RecoverCheck(details) if status == Status::Done && details.proceeds => {
            (perform(daemon, world, Arc::clone(&config)), details)
        }
        _ => return false,
    };
    world.checks.update(&config, Some(next), details.successes, details.failures);
    true
}

fn spawn(daemon: &Daemon, world: &mut World, config: Arc<Check>, work: Work, verb: &str) -> u64 {
    let kind = work.kind();
    let summary = format!("{verb} {} check {:?}", config.kind(), config.name);
    let task = world.state.changes.new_task(daemon.clock, work, summary.clone());
    let data = BTreeMap::from([("check-name".to_owned(), config.name.clone())]);
    let change = world.state.spawn_change(daemon.clock, kind, &summary, vec![task], data);
    world.checks.configs.insert(change, config);
    change
}
