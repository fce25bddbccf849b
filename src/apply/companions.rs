//! Starting and stopping services beside the web server, which goes on meanwhile.

use std::collections::BTreeMap;

use crate::{
    discourse::layer,
    pebble::{Layer, Pebble, PebbleError},
    world::{Chore, World},
};

use super::{forward::lay, serve::PATIENCE};

/// Starts services that were stopped.
pub(super) async fn start(pebble: &Pebble, world: &mut World, names: &[String]) -> Result<(), PebbleError> {
    world.history.chores.insert(Chore::Start);
    tracing::info!("starting what was stopped: {}", names.join(", "));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let started = pebble.start(&names).await?;
    pebble.wait_change(&started, PATIENCE).await.map(drop)
}

/// Stops a service so that no replan starts it again: Pebble must take note of the new plan before it stops the service.
pub(super) async fn retire(pebble: &Pebble, world: &mut World, name: &'static str) -> Result<(), PebbleError> {
    world.history.chores.insert(Chore::Retire(name));
    let plan = pebble.plan().await?;
    let Some(service) = plan.services.get(name) else { return Ok(()) };
    let services = BTreeMap::from([(name.to_owned(), layer::retired(service))]);
    lay(pebble, layer::LABEL, &Layer { services, ..Layer::default() }).await?;
    let noted = pebble.start(&[name]).await?;
    pebble.wait_change(&noted, PATIENCE).await?;
    let stopped = pebble.stop(&[name]).await?;
    pebble.wait_change(&stopped, PATIENCE).await.map(drop)
}
