//! `/v1/checks` and `/v1/health`.

use super::{
    body::BodyError,
    reply::{self, Reply},
    route::Call,
};
use crate::{
    checks::{
        refresh,
        request::{self, Action},
        view,
    },
    daemon::Daemon,
    plan::Level,
};
use hyper::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// The checks of a level, with these names.
///
/// # Errors
/// The level is unknown.
pub fn list(daemon: &Daemon, call: &Call) -> Result<Reply, Reply> {
    let level = level(call)?;
    Ok(reply::sync(&daemon.world().checks.list(&level, &call.query.list("names"))))
}

/// Whether all checks of a level are up.
///
/// # Errors
/// The level is unknown.
pub fn health(daemon: &Daemon, call: &Call) -> Result<Reply, Reply> {
    let level = level(call)?;
    let healthy = daemon.world().checks.are_healthy(&level, &call.query.list("names"));
    let status = if healthy { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
    Ok(reply::sync_with(status, Some(&json!({"healthy": healthy}))))
}

/// Starts or stops checks.
///
/// # Errors
/// The request is invalid, or names an unknown check.
pub fn act(daemon: &Arc<Daemon>, call: &Call) -> Result<Reply, Reply> {
    let body = call.json("data from request body")?;
    let (word, names) =
        (body.text("action").map_err(|error| refuse(&error))?, body.texts("checks").map_err(|error| refuse(&error))?);
    if names.is_empty() {
        return Err(reply::bad_request(&format!("must specify checks for {word} action")));
    }
    let action = match word.as_str() {
        "start" => Action::Start,
        "stop" => Action::Stop,
        _ => return Err(reply::bad_request(&format!("invalid action {word:?}"))),
    };
    let changed = request::request(daemon, action, &names).map_err(|missing| {
        reply::bad_request(&format!("cannot {word} checks: cannot find checks in plan: {}", missing.join(", ")))
    })?;
    let changed = if changed.is_empty() { Value::Null } else { json!(changed) };
    Ok(reply::sync(&json!({"changed": changed})))
}

/// Runs a check now.
///
/// # Errors
/// The request is invalid, or names an unknown check.
pub async fn refresh(daemon: &Arc<Daemon>, call: &Call) -> Result<Reply, Reply> {
    let name = call.json("data from request body")?.text("name").map_err(|error| refuse(&error))?;
    if name.is_empty() {
        return Err(reply::bad_request("must specify check name"));
    }
    let check = daemon.world().plan.checks.get(&name).cloned();
    let check = check.ok_or_else(|| reply::not_found(&format!("cannot find check with name {name:?}")))?;
    let error = refresh::refresh(daemon, &check).await;
    let state = daemon.world().checks.by_name.get(&name).cloned().unwrap_or_default();
    let mut result = json!({"info": view::view(&name, &state)});
    if let (Some(error), Some(result)) = (error, result.as_object_mut()) {
        result.insert("error".to_owned(), json!(error));
    }
    Ok(reply::sync(&result))
}

fn refuse(error: &BodyError) -> Reply {
    reply::bad_request(&format!("cannot decode data from request body: {error}"))
}

fn level(call: &Call) -> Result<Level, Reply> {
    match Level::read(call.query.get("level")) {
        Level::Unknown(_) => Err(reply::bad_request("level must be \"alive\" or \"ready\"")),
        level => Ok(level),
    }
}
