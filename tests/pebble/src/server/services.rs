//! `/v1/services` and `/v1/signals`.

use super::{
    body::BodyError,
    reply::{self, Reply},
    route::{self, Call},
};
use crate::{
    daemon::Daemon,
    services::{
        request::{self, Action},
        view,
    },
};
use hyper::StatusCode;
use serde_json::json;
use std::sync::Arc;

/// The services of the plan.
#[must_use]
pub fn list(daemon: &Daemon, call: &Call) -> Reply {
    reply::sync(&view::list(&daemon.world(), &call.query.list("names")))
}

/// Starts, stops, restarts or replans services.
///
/// # Errors
/// The request is invalid, or names an unknown service.
pub fn act(daemon: &Arc<Daemon>, call: &Call) -> Result<Reply, Reply> {
    let body = call.json("data from request body")?;
    let refuse = |error: BodyError| reply::bad_request(&format!("cannot decode data from request body: {error}"));
    let word = body.text("action").map_err(refuse)?;
    let mut names = body.texts("services").map_err(refuse)?;
    let action = Action::read(&word);
    match action {
        Some(Action::Replan | Action::Autostart) if !names.is_empty() => {
            return Err(reply::bad_request(&format!("{word} accepts no service names")));
        }
        Some(Action::Replan) => {}
        Some(Action::Autostart) => {
            let plan = Arc::clone(&daemon.world().plan);
            names = request::enabled(&plan).map_err(|error| reply::server_error(&error.to_string()))?;
            if names.is_empty() {
                return Err(reply::error(StatusCode::BAD_REQUEST, "no default services", Some("no-default-services")));
            }
        }
        _ if names.is_empty() => {
            return Err(reply::bad_request(&format!("must specify services for {word} action")));
        }
        _ => {}
    }
    let action = action.ok_or_else(|| reply::bad_request(&format!("invalid action {word:?}")))?;
    let change = request::request(daemon, action, names);
    change.map(route::accepted).map_err(|error| reply::bad_request(&format!("cannot {word} services: {error}")))
}

/// Sends a signal to services.
///
/// # Errors
/// The request is invalid, or a service does not get the signal.
pub fn signal(daemon: &Daemon, call: &Call) -> Result<Reply, Reply> {
    let body = call.json("request body")?.named("signalsPayload");
    let refuse = |error: BodyError| reply::bad_request(&format!("cannot decode request body: {error}"));
    let (signal, names) = (body.text("signal").map_err(refuse)?, body.texts("services").map_err(refuse)?);
    if names.is_empty() {
        return Err(reply::bad_request("must specify one or more services"));
    }
    let sent = request::signal(daemon, &signal, &names);
    sent.map(|()| reply::sync(&json!(true))).map_err(|error| reply::server_error(&error))
}
