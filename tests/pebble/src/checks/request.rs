//! What clients ask of checks: start and stop.

use super::perform;
use crate::{
    changes::runner,
    daemon::{Daemon, World},
};
use std::sync::Arc;

/// An action of `POST /v1/checks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Those that do not run start.
    Start,
    /// Those that run stop; their counts stay.
    Stop,
}

/// Starts or stops checks; gives those that changed.
///
/// # Errors
/// The names that the plan does not know.
pub fn request(daemon: &Arc<Daemon>, action: Action, names: &[String]) -> Result<Vec<String>, Vec<String>> {
    let mut world = daemon.world();
    let mut missing: Vec<_> = names.iter().filter(|name| !world.plan.checks.contains_key(*name)).cloned().collect();
    if !missing.is_empty() {
        missing.sort();
        return Err(missing);
    }
    let mut changed: Vec<_> = names.iter().filter(|name| act(daemon, &mut world, action, name)).cloned().collect();
    changed.sort();
    drop(world);
    runner::ensure(daemon);
    Ok(changed)
}

/// Enabled checks that do not run get a task; that it starts is left to whatever starts tasks next.
pub fn replan(daemon: &Daemon, world: &mut World) {
    let plan = Arc::clone(&world.plan);
    for check in plan.checks.values().filter(|check| check.is_enabled()) {
        act(daemon, world, Action::Start, &check.name);
    }
}

fn act(daemon: &Daemon, world: &mut World, action: Action, name: &str) -> bool {
    let plan = Arc::clone(&world.plan);
    let (Some(check), Some(state)) = (plan.checks.get(name), world.checks.by_name.get(name).cloned()) else {
        return false;
    };
    match (action, state.change) {
        (Action::Start, None) => {
            let change = perform(daemon, world, Arc::new(check.clone()));
            world.checks.update(check, Some(change), 0, 0);
            true
        }
        (Action::Stop, Some(change)) => {
            world.state.abort_change(daemon.clock, change);
            world.checks.configs.remove(&change);
            world.checks.update(check, None, state.successes, state.failures);
            true
        }
        _ => false,
    }
}
