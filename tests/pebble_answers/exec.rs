//! Commands and their websockets.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use discourse_k8s::{pebble::ExecRequest, secret::Secret};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::server::{http, message, result, server};

/// How an answer begins that makes a websocket of a connection; the proof follows.
const UPGRADE: &str =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";

/// Pebble's answer to a command that it accepts.
const TASK: &str = r#"{"task-id":"1"}"#;

/// How long a command waits for an answer that does not come.
const BRIEF: Duration = Duration::from_millis(300);
/// How long it waits for one that comes.
const PATIENT: Duration = Duration::from_secs(5);

/// A command's request, and the answers of a server to it: this to the command, this to its websockets.
async fn exec(
    timeout: Duration,
    accepted: &'static str,
    websocket: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> String {
    let pebble = server(move |request| match request.split_whitespace().nth(1).unwrap_or_default() {
        "/v1/exec" => Some(http("202 Accepted", &format!(r#"{{"type":"async","change":"1","result":{accepted}}}"#))),
        path if path.contains("websocket") => websocket(request),
        path if path.contains("wait") => None,
        _ => Some(result(r#"{"id":"1","status":"Doing"}"#)),
    });
    let stdin = Some(Secret::from("hunter2".to_owned()));
    message(
        pebble.exec(&ExecRequest { command: vec!["psql".to_owned()], stdin, timeout, ..ExecRequest::default() }).await,
    )
}

/// A command whose websockets say this, and whose change is over with this.
async fn ended(then: &'static [u8], change: &'static str) -> Result<Option<i64>, String> {
    let pebble = server(move |request| match request.split_whitespace().nth(1).unwrap_or_default() {
        "/v1/exec" => Some(http("202 Accepted", &format!(r#"{{"type":"async","change":"1","result":{TASK}}}"#))),
        path if path.contains("websocket") => Some(upgraded(request, then)),
        _ => Some(result(change)),
    });
    let request = ExecRequest { command: vec!["psql".to_owned()], timeout: PATIENT, ..ExecRequest::default() };
    match pebble.exec(&request).await {
        Ok(result) => Ok(result.exit_code),
        error => Err(message(error)),
    }
}

/// The answer that makes a websocket of a connection, and what follows.
#[track_caller]
fn upgraded(request: &str, then: &[u8]) -> Vec<u8> {
    let key = request
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ").or(line.strip_prefix("sec-websocket-key: ")));
    let accept = derive_accept_key(key.unwrap().trim().as_bytes());
    [format!("{UPGRADE}{accept}\r\n\r\n").as_bytes(), then].concat()
}

#[tokio::test]
async fn an_accepted_command_without_a_task_is_reported() {
    for accepted in ["null", "{}", r#"{"task-id":7,"environment":{"K":"hunter2"}}"#] {
        let text = exec(PATIENT, accepted, |_| None).await;
        assert_eq!(text, "run psql in the container: the result is not an accepted command");
    }
}

#[tokio::test]
async fn a_rejected_websocket_is_reported() {
    let refused = "GET /v1/tasks/1/websocket/control: the websocket was rejected with status ";
    assert_eq!(exec(PATIENT, TASK, |_| Some(http("200 OK", ""))).await, format!("{refused}200"));
    assert_eq!(exec(PATIENT, TASK, |_| Some(http("404 Not Found", "hunter2"))).await, format!("{refused}404"));
    let text = exec(PATIENT, TASK, |_| Some(format!("{UPGRADE}x\r\n\r\n").into_bytes())).await;
    assert!(text.starts_with("GET /v1/tasks/1/websocket/control: the websocket failed: "), "{text}");
}

#[tokio::test]
async fn a_broken_or_silent_websocket_times_out_with_its_command() {
    let late = "run psql in the container: no answer in time";
    assert_eq!(exec(BRIEF, TASK, |_| None).await, late);
    for then in [
        &b""[..],
        b"\x82\x05ab",
        b"\x88\x00",
        b"\x81\x03{}\n",
        b"\xff\xff\xff\xff",
        b"\x81\x02\xff\xff",
        b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        assert_eq!(exec(BRIEF, TASK, move |request| Some(upgraded(request, then))).await, late, "{then:?}");
    }
}

#[tokio::test]
async fn a_command_that_times_out_is_aborted() {
    let aborts = Arc::<AtomicU32>::default();
    let counted = Arc::clone(&aborts);
    let pebble = server(move |request| match request.split_whitespace().nth(1).unwrap_or_default() {
        "/v1/exec" => Some(http("202 Accepted", &format!(r#"{{"type":"async","change":"1","result":{TASK}}}"#))),
        "/v1/changes/1" if request.starts_with("POST") && request.contains("abort") => {
            counted.fetch_add(1, Ordering::Relaxed);
            Some(result("{}"))
        }
        _ => None,
    });
    let timeout = Duration::from_secs(1);
    let request = ExecRequest { command: vec!["psql".to_owned()], timeout, ..ExecRequest::default() };
    assert!(pebble.exec(&request).await.unwrap_err().is_timeout());
    assert_eq!(aborts.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_command_with_incomplete_output_is_an_error() {
    let done = r#"{"id":"1","status":"Done","ready":true,"tasks":[{"data":{"exit-code":0}}]}"#;
    let end = b"\x81\x11{\"command\":\"end\"}";
    assert_eq!(ended(end, done).await, Ok(Some(0)));
    for then in [&b""[..], b"\x82\x05ab", b"\x88\x00", b"\xff\xff\xff\xff"] {
        assert!(
            ended(then, done).await.is_err_and(|text| text.starts_with("run psql") || text.contains("psql")),
            "{then:?}"
        );
    }
    let lost = r#"{"id":"1","status":"Done","ready":true,"tasks":[{}]}"#;
    assert_eq!(ended(end, lost).await, Ok(None));
    let odd = r#"{"id":"1","status":"Done","tasks":"hunter2"}"#;
    assert_eq!(ended(end, odd).await, Err("GET /v1/changes/1/wait: the result is not a change".to_owned()));
}
