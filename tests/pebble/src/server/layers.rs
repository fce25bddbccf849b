//! `/v1/layers` and `/v1/plan`.

use super::{
    body::BodyError,
    reply::{self, Reply},
    route::Call,
};
use crate::{
    daemon::Daemon,
    plan::{Layer, PlanError, print},
};
use serde_json::json;
use std::sync::Arc;

/// The combined plan as YAML.
///
/// # Errors
/// Another format was asked for.
pub fn plan(daemon: &Daemon, call: &Call) -> Result<Reply, Reply> {
    let format = call.query.get("format");
    if format != "yaml" {
        return Err(reply::bad_request(&format!("invalid format {format:?}")));
    }
    let plan = Arc::clone(&daemon.world().plan);
    Ok(reply::sync(&json!(print::print(&plan))))
}

/// Adds a layer, or combines it with the one of the same label.
///
/// # Errors
/// The request, the layer or the plan with it is invalid.
pub async fn add(daemon: &Arc<Daemon>, call: &Call) -> Result<Reply, Reply> {
    let body = call.json("request body")?;
    let refuse = |error: BodyError| reply::bad_request(&format!("cannot decode request body: {error}"));
    let (action, label) = (body.text("action").map_err(refuse)?, body.text("label").map_err(refuse)?);
    let (format, text) = (body.text("format").map_err(refuse)?, body.text("layer").map_err(refuse)?);
    let (combine, inner) = (body.flag("combine").map_err(refuse)?, body.flag("inner").map_err(refuse)?);
    if action != "add" {
        return Err(reply::bad_request(&format!("invalid action {action:?}")));
    }
    if label.is_empty() {
        return Err(reply::bad_request("label must be set"));
    }
    if format != "yaml" {
        return Err(reply::bad_request(&format!("invalid format {format:?}")));
    }
    let layer = Layer::parse(&label, &text);
    let layer = layer.map_err(|error| reply::bad_request(&format!("cannot parse layer YAML: {error}")))?;
    daemon.add_layer(layer, combine, inner).await.map_err(|error| match error {
        PlanError::NotInner | PlanError::Directory(_) => reply::server_error(&error.to_string()),
        _ => reply::bad_request(&error.to_string()),
    })?;
    Ok(reply::sync(&json!(true)))
}
