//! Sending logs on by Pebble itself.

use std::collections::BTreeMap;

use crate::{
    discourse::image::{GATE_CHECK, READY_CHECK},
    pebble::{Layer, LogTarget, Pebble, PebbleError},
    world::{Chore, World},
};

/// A layer of its own: posting it changes nothing of the services.
const LABEL: &str = "discourse-log-forwarding";

/// Posts the targets that differ; every post makes Pebble send its latest lines once more.
pub(super) async fn forward(
    pebble: &Pebble,
    world: &mut World,
    targets: BTreeMap<String, LogTarget>,
) -> Result<(), PebbleError> {
    world.history.chores.insert(Chore::Forward);
    lay(pebble, LABEL, &Layer { log_targets: targets, ..Layer::default() }).await
}

/// Posts a layer that is not about checks: any layer starts those that are stopped, so they are stopped again before their first run.
pub(super) async fn lay(pebble: &Pebble, label: &str, layer: &Layer) -> Result<(), PebbleError> {
    let checks = pebble.checks().await?;
    let is_stopped = |name: &&str| checks.iter().any(|check| check.name == *name && check.is_inactive());
    let stopped: Vec<&str> = [GATE_CHECK, READY_CHECK].into_iter().filter(is_stopped).collect();
    pebble.add_layer(label, layer).await?;
    if !stopped.is_empty() {
        pebble.stop_checks(&stopped).await?;
    }
    Ok(())
}
