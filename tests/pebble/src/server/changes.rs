//! `/v1/changes`.

use super::{
    reply::{self, Reply},
    route::Call,
};
use crate::{
    changes::{Change, Status, runner},
    daemon::Daemon,
    duration,
};
use hyper::StatusCode;
use serde_json::Value;
use std::sync::Arc;

/// The changes that were asked for, of a service or of all.
///
/// # Errors
/// The selection is unknown.
pub fn list(daemon: &Daemon, call: &Call) -> Result<Reply, Reply> {
    let wanted: fn(Status) -> bool = match call.query.get("select") {
        "all" => |_| true,
        "" | "in-progress" => |status| !status.is_ready(),
        "ready" => Status::is_ready,
        _ => return Err(reply::bad_request("select should be one of: all,in-progress,ready")),
    };
    let service = call.query.get("for");
    let names_it = |change: &Change| service.is_empty() || change.services.iter().flatten().any(|name| name == service);
    let world = daemon.world();
    let changes = &world.state.changes;
    let found = changes.changes.values().filter(|change| wanted(changes.status(change.id)) && names_it(change));
    Ok(reply::sync(&found.filter_map(|change| changes.view(change.id)).collect()))
}

/// One change.
///
/// # Errors
/// There is none with this number.
pub fn show(daemon: &Daemon, id: &str) -> Result<Reply, Reply> {
    view(daemon, id).map(|view| reply::sync(&view))
}

/// One change, once it is over.
///
/// # Errors
/// There is none with this number, or the time is over.
pub async fn wait(daemon: &Daemon, call: &Call, id: &str) -> Result<Reply, Reply> {
    let (number, mut ready) = {
        let world = daemon.world();
        let change = id.parse().ok().and_then(|id: u64| world.state.changes.changes.get(&id));
        change.map(|change| (change.id, change.ready.subscribe())).ok_or_else(|| unknown(id))?
    };
    let timeout = optional_duration(call.query.get("timeout"), "timeout")?;
    let waiting = async {
        if ready.wait_for(|is_ready| *is_ready).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let _waiting = daemon.brake.wait();
    match timeout.filter(|timeout| !timeout.is_zero()) {
        None => waiting.await,
        Some(timeout) if daemon.clock.within(timeout, waiting).await.is_err() => {
            let message = format!("timed out waiting for change after {}", duration::format(timeout));
            return Err(reply::error(StatusCode::GATEWAY_TIMEOUT, &message, None));
        }
        Some(_) => {}
    }
    show(daemon, &number.to_string())
}

/// Ends a change.
///
/// # Errors
/// There is none with this number, or it is over.
pub fn abort(daemon: &Arc<Daemon>, call: &Call, id: &str) -> Result<Reply, Reply> {
    view(daemon, id)?;
    let number: u64 = id.parse().map_err(|_| unknown(id))?;
    let action = text(&call.json("data from request body")?, "action", "data from request body")?;
    if action != "abort" {
        return Err(reply::bad_request(&format!("invalid action {action:?}")));
    }
    {
        let mut world = daemon.world();
        if world.state.changes.status(number).is_ready() {
            return Err(reply::bad_request(&format!("cannot abort change {id} with nothing pending")));
        }
        world.state.abort_change(daemon.clock, number);
    }
    let view = view(daemon, id)?;
    runner::ensure(daemon);
    Ok(reply::sync(&view))
}

/// A duration of the query or of a body, if there is one.
///
/// # Errors
/// It is none.
pub fn optional_duration(text: &str, what: &str) -> Result<Option<std::time::Duration>, Reply> {
    if text.is_empty() {
        return Ok(None);
    }
    duration::parse(text).map(Some).map_err(|error| reply::bad_request(&format!("invalid {what}: {error}")))
}

/// A text of a body.
///
/// # Errors
/// It is something else.
pub fn text(body: &super::body::Body, field: &str, what: &str) -> Result<String, Reply> {
    body.text(field).map_err(|error| reply::bad_request(&format!("cannot decode {what}: {error}")))
}

fn view(daemon: &Daemon, id: &str) -> Result<Value, Reply> {
    let number: Option<u64> = id.parse().ok();
    number.and_then(|number| daemon.world().state.changes.view(number)).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Reply {
    reply::not_found(&format!("cannot find change with id {id:?}"))
}
