//! Which request goes where, and who may send it.

use super::{
    access::{self, Needs, Origin},
    body::Body,
    changes, checks, files, identities, layers, logs, metrics, notices,
    query::{self, Query},
    reply::{self, Reply},
    services, system,
};
use crate::{daemon::Daemon, exec};
use http_body_util::BodyExt;
use hyper::{
    Method, Request, Response, StatusCode, Version,
    body::{Bytes, Incoming},
    header::{self, HeaderMap},
};
use serde_json::Value;
use std::sync::Arc;

/// A request, its body read.
pub struct Call {
    /// Who sent it.
    pub origin: Origin,
    /// What is in its address.
    pub query: Query,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// A path that is served: what a reader and a writer need, where the method is served at all.
struct Endpoint {
    get: Option<Needs>,
    post: Option<Needs>,
}

impl Call {
    /// The body as JSON.
    ///
    /// # Errors
    /// The answer that refuses it; `what` names the body there.
    pub fn json(&self, what: &str) -> Result<Body, Reply> {
        Body::parse(&self.body).map_err(|error| reply::bad_request(&format!("cannot decode {what}: {error}")))
    }
}

/// Answers a request.
pub async fn answer(daemon: &Arc<Daemon>, origin: Origin, request: Request<Incoming>) -> Reply {
    let path = query::decode(request.uri().path(), false);
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let refusal = admit(daemon, origin, &request, &path, &segments).err();
    if let (None, ["v1", "tasks", task, "websocket", name]) = (&refusal, segments.as_slice()) {
        return exec::connect::connect(daemon, request, task, name).await;
    }
    // A client that is refused may still be sending.
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return reply::bad_request("cannot read request body") };
    if let Some(refusal) = refusal {
        return refusal;
    }
    let query = Query::parse(head.uri.query().unwrap_or_default());
    let call = Call { origin, query, headers: head.headers, body: body.to_bytes() };
    dispatch(daemon, &call, head.method == Method::POST, &segments).await.unwrap_or_else(|refusal| refusal)
}

/// Whether a request may go on.
fn admit(
    daemon: &Daemon,
    origin: Origin,
    request: &Request<Incoming>,
    path: &str,
    segments: &[&str],
) -> Result<(), Reply> {
    if request.version() == Version::HTTP_11 && !request.headers().contains_key(header::HOST) {
        let text = "400 Bad Request: missing required Host header".to_owned();
        return Err(reply::plain(StatusCode::BAD_REQUEST, text));
    }
    if path.contains("//") {
        return Err(redirect(path, request.uri().query()));
    }
    let endpoint = endpoint(segments).ok_or_else(|| reply::not_found("invalid API endpoint requested"))?;
    let needs = match *request.method() {
        Method::GET => endpoint.get,
        Method::POST => endpoint.post,
        _ => None,
    };
    let Some(needs) = needs else {
        let message = format!("method {:?} not allowed", request.method().as_str());
        return Err(reply::error(StatusCode::METHOD_NOT_ALLOWED, &message, None));
    };
    access::check(&daemon.world(), origin, needs)
}

fn endpoint(segments: &[&str]) -> Option<Endpoint> {
    const OPEN: Option<Needs> = Some(Needs::Nothing);
    const READ: Option<Needs> = Some(Needs::Reader);
    const ADMIN: Option<Needs> = Some(Needs::Admin);
    let ["v1", path @ ..] = segments else { return None };
    let (get, post) = match path {
        ["system-info" | "health"] => (OPEN, None),
        ["plan" | "logs" | "metrics" | "changes"] => (READ, None),
        ["changes", id] if !id.is_empty() => (READ, ADMIN),
        ["changes", id, "wait"] if !id.is_empty() => (READ, None),
        ["services" | "checks" | "identities"] => (READ, ADMIN),
        ["services", name] if !name.is_empty() => (READ, ADMIN),
        ["layers" | "exec" | "signals"] | ["checks", "refresh"] => (None, ADMIN),
        ["files"] => (ADMIN, ADMIN),
        ["notices"] => (READ, READ),
        ["notices", id] if !id.is_empty() => (READ, None),
        ["tasks", task, "websocket", name] if !task.is_empty() && !name.is_empty() => (ADMIN, None),
        _ => return None,
    };
    Some(Endpoint { get, post })
}

async fn dispatch(daemon: &Arc<Daemon>, call: &Call, is_post: bool, segments: &[&str]) -> Result<Reply, Reply> {
    match segments.get(1..).unwrap_or_default() {
        ["system-info"] => Ok(system::info(daemon)),
        ["health"] => checks::health(daemon, call),
        ["plan"] => layers::plan(daemon, call),
        ["layers"] => layers::add(daemon, call).await,
        ["services"] if is_post => services::act(daemon, call),
        ["services"] => Ok(services::list(daemon, call)),
        ["services", _] => Err(reply::bad_request("not implemented")),
        ["signals"] => services::signal(daemon, call),
        ["changes"] => changes::list(daemon, call),
        ["changes", id] if is_post => changes::abort(daemon, call, id),
        ["changes", id] => changes::show(daemon, id),
        ["changes", id, _] => changes::wait(daemon, call, id).await,
        ["checks"] if is_post => checks::act(daemon, call),
        ["checks"] => checks::list(daemon, call),
        ["checks", _] => checks::refresh(daemon, call).await,
        ["notices"] if is_post => notices::add(daemon, call),
        ["notices"] => notices::list(daemon, call).await,
        ["notices", id] => notices::show(daemon, call, id),
        ["identities"] if is_post => identities::change(daemon, call),
        ["identities"] => Ok(identities::list(daemon)),
        ["files"] if is_post => files::change(call).await,
        ["files"] => files::read(call).await,
        ["logs"] => logs::show(daemon, call),
        ["metrics"] => Ok(metrics::show(daemon)),
        ["exec"] => run(daemon, call),
        _ => Err(reply::not_found("invalid API endpoint requested")),
    }
}

fn run(daemon: &Arc<Daemon>, call: &Call) -> Result<Reply, Reply> {
    let body = call.json("request body")?.named("execPayload");
    match exec::request::request(daemon, &body) {
        Ok((change, result)) => Ok(reply::accepted(change, &result)),
        Err(error @ exec::request::ExecError::Request(_)) => Err(reply::bad_request(&error.to_string())),
        Err(error) => Err(reply::server_error(&error.to_string())),
    }
}

/// A change that was made, without a result.
#[must_use]
pub fn accepted(change: u64) -> Reply {
    reply::accepted(change, &Value::Null)
}

/// Double slashes are taken out.
fn redirect(path: &str, query: Option<&str>) -> Reply {
    let clean: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let location = format!("/{}{query}", clean.join("/"));
    let response = Response::builder().status(StatusCode::MOVED_PERMANENTLY).header(header::LOCATION, location);
    response.body(reply::no_body()).map_or_else(|_| reply::empty(), Reply::from)
}
