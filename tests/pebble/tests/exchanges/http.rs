//! Requests to the program, each on a connection of its own.

use crate::{
    PATIENCE,
    answer::{parsed, readable},
    deed::Request,
    form,
    trouble::{Outcome, Trouble},
    worker,
};
use clock::Clock;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1::{self, SendRequest},
    header::{CONTENT_TYPE, HOST, LOCATION},
};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use std::{net::Ipv4Addr, path::PathBuf, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

/// A connection that takes requests one after the other.
type Connection = SendRequest<Full<Bytes>>;

/// Where the program listens.
#[derive(Debug, Clone)]
pub enum Address {
    Socket(PathBuf),
    /// The socket, connected to by another local user.
    SocketAs(PathBuf, String),
    Port(u16),
}

/// The answer to a request as a value: all that matters of it, or how it failed to come.
pub async fn answer(address: Address, request: Request) -> Value {
    let patience = request.patience.map_or(PATIENCE, Duration::from_secs_f64);
    match Clock::real().within(patience, exchange(&address, &request)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(Trouble(text))) => json!({"broken": text}),
        Err(_) => json!({"silent": format!("no answer in {} s", patience.as_secs_f64())}),
    }
}

async fn exchange(address: &Address, request: &Request) -> Outcome<Value> {
    let mut connection = connect(address).await?;
    let mut answer = Value::Null;
    for number in 0..request.repeat.unwrap_or(1) {
        if connection.ready().await.is_err() {
            return Err(Trouble(format!("the connection was closed after {number} answers")));
        }
        let response = connection.send_request(message(request)?).await.map_err(|error| broken(&error))?;
        answer = read(response).await?;
    }
    Ok(answer)
}

/// The recordings call an answer that never began by this name.
fn broken(error: &hyper::Error) -> Trouble {
    let gone = error.is_incomplete_message() || error.is_canceled() || error.is_closed();
    Trouble(if gone { "RemoteDisconnected".to_owned() } else { error.to_string() })
}

async fn connect(address: &Address) -> Outcome<Connection> {
    match address {
        Address::Socket(path) => over(UnixStream::connect(path).await?).await,
        Address::SocketAs(path, user) => over(worker::connected_as(path, user)?).await,
        Address::Port(number) => over(TcpStream::connect((Ipv4Addr::LOCALHOST, *number)).await?).await,
    }
}

async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Outcome<Connection> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection.with_upgrades());
    Ok(sender)
}

fn message(request: &Request) -> Outcome<hyper::Request<Full<Bytes>>> {
    let (body, kind) = match request {
        Request { body: Some(body), .. } => (serde_json::to_vec(body)?, Some("application/json".to_owned())),
        Request { text: Some(text), .. } => (text.clone().into_bytes(), None),
        Request { parts: Some(parts), .. } => {
            let (body, kind) = form::written(request, parts)?;
            (body, Some(kind))
        }
        _ => (Vec::new(), None),
    };
    let (method, path) = request.line.split_once(' ').unwrap_or(("GET", &request.line));
    let mut message = hyper::Request::builder().method(method).uri(path).header(HOST, "localhost");
    for (name, value) in &request.headers {
        message = message.header(name, value);
    }
    let is_given = request.headers.keys().any(|name| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()));
    if let Some(kind) = kind.filter(|_| !is_given) {
        message = message.header(CONTENT_TYPE, kind);
    }
    Ok(message.body(Full::from(body))?)
}

async fn read(response: Response<Incoming>) -> Outcome<Value> {
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.map_err(|error| broken(&error))?.to_bytes();
    Ok(whole(head.status, &head.headers, &bytes))
}

/// Status, type and content of an answer.
fn whole(status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> Value {
    let header = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let kind = header(CONTENT_TYPE).unwrap_or_default();
    let mut answer = Map::new();
    answer.insert("status".to_owned(), status.as_u16().into());
    answer.insert("type".to_owned(), without_boundary(&kind).into());
    if let Some(location) = header(LOCATION) {
        answer.insert("location".to_owned(), location.into());
    }
    let (name, content) = match kind.as_str() {
        "application/x-ndjson" => ("rows", rows(bytes)),
        kind if kind.starts_with("application/json") => ("body", parsed(bytes)),
        kind if kind.starts_with("multipart/") => ("parts", form::taken_apart(kind, bytes)),
        _ if bytes.is_empty() => return answer.into(),
        _ => ("text", readable(bytes)),
    };
    answer.insert(name.to_owned(), content);
    answer.into()
}

fn rows(bytes: &[u8]) -> Value {
    bytes.split(|byte| *byte == b'\n').filter(|row| !row.is_empty()).map(parsed).collect()
}

fn without_boundary(kind: &str) -> String {
    kind.find("boundary=")
        .and_then(|place| kind.get(..place))
        .map_or_else(|| kind.to_owned(), |before| format!("{before}boundary=<boundary>"))
}

/// A request that asks for a websocket, and what came of it: the answer, and its connection when that is 101.
pub async fn upgrade(socket: &PathBuf, path: &str, key: &str) -> Outcome<Response<Incoming>> {
    let mut connection = over(UnixStream::connect(socket).await?).await?;
    let request = hyper::Request::get(path)
        .header(HOST, "localhost")
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", key)
        .body(Full::default())?;
    Ok(connection.send_request(request).await?)
}
