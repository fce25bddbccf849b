//! `/v1/identities`.

use super::{
    reply::{self, Reply},
    route::Call,
};
use crate::daemon::Daemon;
use hyper::StatusCode;
use serde_json::{Map, Value};

/// All identities, without secrets.
#[must_use]
pub fn list(daemon: &Daemon) -> Reply {
    reply::sync(&daemon.world().state.identities.view())
}

/// Adds, updates, replaces or removes identities.
///
/// # Errors
/// The request is invalid.
pub fn change(daemon: &Daemon, call: &Call) -> Result<Reply, Reply> {
    let body = call.json("request body")?;
    let action = super::changes::text(&body, "action", "request body")?;
    let given = body.get("identities").and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    let mut world = daemon.world();
    world.state.identities.change(&action, &given).map_err(|error| reply::bad_request(&error.to_string()))?;
    world.state.is_modified = true;
    Ok(reply::sync_with(StatusCode::OK, None))
}
