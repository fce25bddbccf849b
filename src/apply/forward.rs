//! Sending logs on by Pebble itself.

use std::collections::BTreeMap;

use crate::{
    discourse::{
        image::{GATE_CHECK, PROMTAIL, READY_CHECK},
        layer,
    },
    pebble::{Layer, LogTarget, Pebble, PebbleError, Service},
    world::{Chore, World},
};

use super::serve::PATIENCE;

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
async fn lay(pebble: &Pebble, label: &str, layer: &Layer) -> Result<(), PebbleError> {
    let checks = pebble.checks().await?;
    let is_stopped = |name: &&str| checks.iter().any(|check| check.name == *name && check.is_inactive());
    let stopped: Vec<&str> = [GATE_CHECK, READY_CHECK].into_iter().filter(is_stopped).collect();
    pebble.add_layer(label, layer).await?;
    if !stopped.is_empty() {
        pebble.stop_checks(&stopped).await?;
    }
    Ok(())
}

/// Stops a log shipper so that no replan starts it again: Pebble must take note of the new plan before it stops the service.
pub(super) async fn retire(pebble: &Pebble, world: &mut World) -> Result<(), PebbleError> {
    world.history.chores.insert(Chore::Retire);
    let plan = pebble.plan().await?;
    let Some(service) = plan.services.get(PROMTAIL) else { return Ok(()) };
    let retired = Service { startup: "disabled".to_owned(), ..service.clone() };
    let services = BTreeMap::from([(PROMTAIL.to_owned(), retired)]);
    lay(pebble, layer::LABEL, &Layer { services, ..Layer::default() }).await?;
    let noted = pebble.start(&[PROMTAIL]).await?;
    pebble.wait_change(&noted, PATIENCE).await?;
    let stopped = pebble.stop(&[PROMTAIL]).await?;
    pebble.wait_change(&stopped, PATIENCE).await.map(drop)
}
