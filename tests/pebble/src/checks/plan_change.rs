//! The plan has changed: checks that changed with it start anew.

use super::perform;
use crate::{
    daemon::{Daemon, World},
    plan::Plan,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Brings the checks in line with a plan; answers whether tasks must start or end.
///
/// A check stays as it is while its definition does. One that is disabled while it runs stays as it was, too. One that does
/// not run starts, if it is enabled.
pub fn apply(daemon: &Daemon, world: &mut World, plan: &Arc<Plan>) -> bool {
    let (mut known, mut fresh, mut must_ensure) = (BTreeSet::new(), BTreeSet::new(), false);
    for (change, name) in running(world) {
        let Some(config) = world.checks.configs.get(&change).cloned() else {
            world.state.abort_change(daemon.clock, change);
            must_ensure = true;
            continue;
        };
        known.insert(name.clone());
        if let Some(new) = plan.checks.get(&name) {
            let is_disabled_now = !new.is_enabled() && config.is_enabled();
            if new.in_context(plan) == *config || is_disabled_now {
                continue;
            }
            fresh.insert(name.clone());
        }
        world.state.abort_change(daemon.clock, change);
        world.checks.configs.remove(&change);
        world.checks.by_name.remove(&name);
        must_ensure = true;
    }
    for check in plan.checks.values().filter(|check| !known.contains(&check.name)) {
        if check.is_enabled() {
            fresh.insert(check.name.clone());
        } else {
            world.checks.update(check, None, 0, 0);
        }
    }
    for check in fresh.iter().filter_map(|name| plan.checks.get(name)) {
        let change = perform(daemon, world, Arc::new(check.in_context(plan)));
        world.checks.update(check, Some(change), 0, 0);
        must_ensure = true;
    }
    must_ensure
}

/// The changes that run checks, with the names of these.
fn running(world: &World) -> BTreeMap<u64, String> {
    let tasks = world.state.changes.tasks.values().filter(|task| !task.status.is_ready());
    tasks.filter_map(|task| task.work.check().map(|details| (task.change, details.name.clone()))).collect()
}
