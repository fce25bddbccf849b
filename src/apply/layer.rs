//! Layers besides that of the web server.

use std::collections::BTreeMap;

use crate::{
    discourse::image::{GATE_CHECK, READY_CHECK},
    journal::Outcome,
    pebble::{Layer, LogTarget, Pebble, PebbleError},
};

/// A layer of its own: posting it changes none of the services.
const LOG_FORWARDING: &str = "discourse-log-forwarding";

/// Posts the targets that differ; every post makes Pebble send its latest lines once more.
pub(super) async fn set_log_targets(
    pebble: &Pebble,
    targets: &BTreeMap<String, LogTarget>,
) -> Result<Outcome, PebbleError> {
    let layer = Layer { log_targets: targets.clone(), ..Layer::default() };
    add_keeping_checks(pebble, LOG_FORWARDING, &layer).await?;
    Ok(Outcome::Done)
}

/// Posts a layer that is not about checks. Any layer starts those that are stopped: they are stopped again before their first run.
pub(super) async fn add_keeping_checks(pebble: &Pebble, label: &str, layer: &Layer) -> Result<(), PebbleError> {
    let checks = pebble.checks().await?;
    let is_stopped = |name: &&str| checks.iter().any(|check| check.name == *name && check.is_inactive());
    let stopped: Vec<&str> = [GATE_CHECK, READY_CHECK].into_iter().filter(is_stopped).collect();
    pebble.add_layer(label, layer).await?;
    if !stopped.is_empty() {
        pebble.stop_checks(&stopped).await?;
    }
    Ok(())
}
