//! Connects a client's websocket with a task.

use super::Execution;
use crate::{
    changes::Work,
    daemon::Daemon,
    server::reply::{self, Reply},
};
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderMap},
};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};

/// Answers `GET /v1/tasks/<task>/websocket/<name>`.
pub async fn connect(daemon: &Arc<Daemon>, mut request: Request<Incoming>, task: &str, name: &str) -> Reply {
    if let Err(reply) = find(daemon, task, name).await {
        return reply;
    }
    let key = match key(request.headers()) {
        Ok(key) => key,
        Err(cause) => return refuse(&cause),
    };
    let mut world = daemon.world();
    let id = task.parse().unwrap_or_default();
    let Some(execution) = world.executions.get_mut(&id) else { return reply::not_found(&unknown(task)) };
    execution.taken.insert(name.to_owned());
    let (sockets, name, upgrade) = (execution.sockets.clone(), name.to_owned(), hyper::upgrade::on(&mut request));
    drop(world);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        let _ = sockets.send((name, socket));
    });
    accept(&key)
}

fn unknown(task: &str) -> String {
    format!("cannot find task {task:?}")
}

/// A change, and who tells that it is over.
type Pending = (u64, watch::Receiver<bool>);

/// Whether the task has such a websocket that is still free; the change of a finished command answers for it.
async fn find(daemon: &Arc<Daemon>, task: &str, name: &str) -> Result<(), Reply> {
    let Some((change, mut ready)) = find_now(daemon, task, name)? else { return Ok(()) };
    let _ = ready.wait_for(|is_ready| *is_ready).await;
    let world = daemon.world();
    let error = world.state.changes.changes.get(&change).and_then(|change| world.state.changes.error(change));
    Err(error.map_or_else(reply::empty, |error| reply::server_error(&error)))
}

fn find_now(daemon: &Daemon, task: &str, name: &str) -> Result<Option<Pending>, Reply> {
    let world = daemon.world();
    let id: u64 = task.parse().map_err(|_| reply::not_found(&unknown(task)))?;
    let known = world.state.changes.tasks.get(&id).filter(|task| task.change > 0);
    let known = known.ok_or_else(|| reply::not_found(&unknown(task)))?;
    if known.work != Work::Exec {
        let kind = known.work.kind();
        return Err(reply::bad_request(&format!("{kind:?} tasks do not have websockets")));
    }
    if let Some(execution) = world.executions.get(&id) {
        return check(execution, task, name).map(|()| None);
    }
    let change = world.state.changes.changes.get(&known.change);
    let pending = change.map(|change| (change.id, change.ready.subscribe()));
    pending.map(Some).ok_or_else(|| reply::not_found(&unknown(task)))
}

fn check(execution: &Execution, task: &str, name: &str) -> Result<(), Reply> {
    if !execution.names.contains(name) {
        return Err(reply::not_found(&format!("cannot find {name} websocket for task {task:?}")));
    }
    if execution.taken.contains(name) {
        return Err(reply::server_error(&format!("{name} websocket already connected")));
    }
    Ok(())
}

/// The client's key, if it wants a websocket at all.
fn key(headers: &HeaderMap) -> Result<String, String> {
    let protocol = "the client is not using the websocket protocol";
    if !has_token(headers, &header::CONNECTION, "upgrade") {
        return Err(format!("{protocol}: 'upgrade' token not found in 'Connection' header"));
    }
    if !has_token(headers, &header::UPGRADE, "websocket") {
        return Err(format!("{protocol}: 'websocket' token not found in 'Upgrade' header"));
    }
    if !has_token(headers, &header::SEC_WEBSOCKET_VERSION, "13") {
        return Err("unsupported version: 13 not found in 'Sec-Websocket-Version' header".to_owned());
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
    if key.len() != 24 || !key.ends_with("==") {
        let wanted = "must be Base64 encoded value of 16-byte in length";
        return Err(format!("not a websocket handshake: 'Sec-WebSocket-Key' header {wanted}"));
    }
    Ok(key.to_owned())
}

fn has_token(headers: &HeaderMap, name: &header::HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case(token))
}

fn accept(key: &str) -> Reply {
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, derive_accept_key(key.as_bytes()));
    response.body(reply::no_body()).map_or_else(|_| reply::empty(), Reply::from)
}

/// A failed handshake is answered twice in one body, as the real one does.
fn refuse(cause: &str) -> Reply {
    let error = reply::error_text(StatusCode::INTERNAL_SERVER_ERROR, &format!("websocket: {cause}"), None);
    reply::plain(StatusCode::BAD_REQUEST, format!("Bad Request\n{error}"))
}
