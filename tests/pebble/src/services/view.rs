//! Services as clients see them.

use crate::{daemon::World, timestamp};
use serde_json::{Map, Value, json};

/// The services of the plan, by name; some or all.
#[must_use]
pub fn list(world: &World, names: &[String]) -> Value {
    let wanted = world.plan.services.values().filter(|service| names.is_empty() || names.contains(&service.name));
    wanted
        .map(|plan| {
            let running = world.services.by_name.get(&plan.name);
            let startup = if plan.is_enabled() { "enabled" } else { "disabled" };
            let mut view = Map::new();
            view.insert("name".to_owned(), json!(plan.name));
            view.insert("startup".to_owned(), json!(startup));
            view.insert("current".to_owned(), json!(running.map_or("inactive", |service| service.phase.status())));
            if let Some(since) = running.and_then(|service| service.since) {
                view.insert("current-since".to_owned(), json!(timestamp::format(since)));
            }
            Value::Object(view)
        })
        .collect()
}
