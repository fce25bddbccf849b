//! Starting and disabling services besides the web server, which goes on meanwhile.

use std::collections::BTreeMap;

use crate::{
    discourse::layer,
    journal::Outcome,
    pebble::{Layer, Pebble, PebbleError},
};

use super::CHANGE_TIMEOUT;

/// Starts services that were stopped.
pub(super) async fn start(pebble: &Pebble, names: &[String]) -> Result<Outcome, PebbleError> {
    tracing::info!("starting stopped services: {}", names.join(", "));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let started = pebble.start(&names).await?;
    pebble.wait_change(&started, CHANGE_TIMEOUT).await?;
    Ok(Outcome::Done)
}

/// Stops a service so that no replan starts it again: Pebble must take note of the new plan before it stops the service.
pub(super) async fn disable(pebble: &Pebble, name: &'static str) -> Result<Outcome, PebbleError> {
    let plan = pebble.plan().await?;
    let Some(service) = plan.services.get(name) else { return Ok(Outcome::Done) };
    let services = BTreeMap::from([(name.to_owned(), layer::disabled(service))]);
    pebble.add_layer(layer::LABEL, &Layer { services, ..Layer::default() }).await?;
    let noted = pebble.start(&[name]).await?;
    pebble.wait_change(&noted, CHANGE_TIMEOUT).await?;
    let stopped = pebble.stop(&[name]).await?;
    pebble.wait_change(&stopped, CHANGE_TIMEOUT).await?;
    Ok(Outcome::Done)
}
