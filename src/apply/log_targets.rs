//! Changing where Pebble forwards logs.

use std::collections::BTreeMap;

use crate::{
    journal::Outcome,
    pebble::{Layer, LogTarget, Pebble, PebbleError},
};

/// A layer of its own: posting it changes none of the services.
const LOG_FORWARDING: &str = "discourse-log-forwarding";

/// Posts the targets that differ; every post makes Pebble send its latest lines once more.
pub(super) async fn set(pebble: &Pebble, targets: &BTreeMap<String, LogTarget>) -> Result<Outcome, PebbleError> {
    let layer = Layer { log_targets: targets.clone(), ..Layer::default() };
    pebble.add_layer(LOG_FORWARDING, &layer).await?;
    Ok(Outcome::Done)
}
