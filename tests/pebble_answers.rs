//! The charm's Pebble client against a server that answers what no Pebble should: each time an error that says what was read,
//! never a panic, never a quote of what may be secret.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a scene that cannot be arranged fails its test")]

use std::{
    env, fs,
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use discourse_k8s::{
    pebble::{ExecRequest, Layer, Pebble, PebbleError, Select},
    secret::Secret,
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

static SERVERS: AtomicU32 = AtomicU32::new(0);

/// Starts a server that answers each connection's first request with these bytes and closes; no bytes: it says nothing and waits.
fn server(answer: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Pebble {
    let number = SERVERS.fetch_add(1, Ordering::Relaxed);
    let socket = scratch().join(format!("pebble-answers-{}-{number}", std::process::id()));
    let _ = fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        thread::scope(|scope| {
            for connection in listener.incoming().map_while(Result::ok) {
                scope.spawn(|| serve(connection, &answer));
            }
        });
    });
    Pebble::new(&socket)
}

/// Where files of a test go: the sandbox's own place, which goes with it.
fn scratch() -> PathBuf {
    env::var_os("STAGE_SANDBOX").map_or_else(env::temp_dir, PathBuf::from)
}

fn serve(mut connection: UnixStream, answer: &impl Fn(&str) -> Option<Vec<u8>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    // Requests of these tests fit one write each; a second read could wait for ever.
    if let Ok(length) = connection.read(&mut buffer) {
        request.extend_from_slice(&buffer[..length]);
    }
    match answer(&String::from_utf8_lossy(&request)) {
        Some(bytes) => drop(connection.write_all(&bytes)),
        None => thread::sleep(Duration::from_mins(1)),
    }
}

/// The same answer to everything.
fn always(answer: &'static str) -> Pebble {
    server(move |_| Some(answer.as_bytes().to_vec()))
}

fn http(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// A good envelope with this result in it.
fn result(result: &str) -> Vec<u8> {
    http("200 OK", &format!(r#"{{"type":"sync","status-code":200,"status":"OK","result":{result}}}"#))
}

fn returning(text: &'static str) -> Pebble {
    server(move |_| Some(result(text)))
}

fn words<T: std::fmt::Debug>(outcome: Result<T, PebbleError>) -> String {
    let error = outcome.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    error.to_string()
}

fn is_unreachable<T>(outcome: Result<T, PebbleError>) -> bool {
    outcome.is_err_and(|error| error.is_unreachable())
}

#[tokio::test]
async fn a_connection_that_breaks_off_is_a_pebble_that_is_not_there() {
    for cut in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"type\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ] {
        let pebble = always(cut);
        assert!(is_unreachable(pebble.services().await), "read after {cut:?}");
        assert!(is_unreachable(pebble.replan().await), "written after {cut:?}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_no_pebble() {
    for garbage in
        ["SSH-2.0-hunter2\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 hunter2\r\n\r\n", "\0\0\0\0\0\0\0\0\r\n\r\n"]
    {
        let text = words(always(garbage).services().await);
        assert!(text.starts_with("GET /v1/services: the answer is no HTTP: "), "{garbage:?}: {text}");
    }
}

#[tokio::test]
async fn what_is_no_envelope_is_told_with_its_status() {
    for body in [
        "",
        "hunter2",
        "<html>hunter2</html>",
        "[]",
        "null",
        "{}",
        r#"{"type":7}"#,
        r#"{"result":"hunter2"}"#,
        "{\"type\":\"sync\",\"result\":[hunter2",
    ] {
        for status in ["200 OK", "400 Bad Request", "500 Internal Server Error"] {
            let pebble = server(move |_| Some(http(status, body)));
            let expected = format!("GET /v1/checks: the answer with status {} is no JSON of Pebble's", &status[..3]);
            assert_eq!(words(pebble.checks().await), expected, "{body:?}");
        }
    }
}

#[tokio::test]
async fn an_error_without_words_is_no_error_of_pebble() {
    let pebble = server(|_| Some(http("400 Bad Request", r#"{"type":"error","result":{"kind":"hunter2"}}"#)));
    assert_eq!(words(pebble.system_info().await), "GET /v1/system-info: the result is not an error");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let pebble = always("HTTP/1.1 301 Moved Permanently\r\nLocation: http://example.com/\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(words(pebble.plan().await), "GET /v1/plan: the answer with status 301 is no JSON of Pebble's");
}

#[tokio::test]
async fn a_result_of_the_wrong_kind_is_named_by_what_was_asked_for() {
    let wrong = [r#""hunter2""#, "7", r#"[{"name":["hunter2"]}]"#, r#"[{"name":"a","failures":"hunter2"},{}]"#, "{}"];
    for text in wrong {
        let pebble = returning(text);
        assert_eq!(words(pebble.checks().await), "GET /v1/checks: the result is not a list of checks", "{text}");
        assert_eq!(words(pebble.services().await), "GET /v1/services: the result is not a list of services", "{text}");
        assert_eq!(
            words(pebble.system_info().await),
            "GET /v1/system-info: the result is not what Pebble says of itself",
            "{text}"
        );
        let changes = pebble.changes(Select::All).await;
        assert_eq!(words(changes), "GET /v1/changes: the result is not a list of changes", "{text}");
        assert_eq!(words(pebble.is_healthy("ready").await), "GET /v1/health: the result is not a health", "{text}");
    }
}

#[tokio::test]
async fn no_list_is_an_empty_list() {
    let pebble = returning("null");
    assert_eq!((pebble.services().await.unwrap(), pebble.checks().await.unwrap()), (vec![], vec![]));
}

#[tokio::test]
async fn a_plan_that_is_none_is_named_and_not_quoted() {
    let plans = [
        "7",
        r#""hunter2""#,
        r#""services: [hunter2]""#,
        r#""services: {a: hunter2}""#,
        r#""services: {a: {environment: [hunter2]}}""#,
        r#""services: {a: {environment: {K: [hunter2]}}}""#,
        r#""services: {a: {kill-delay: hunter2}}""#,
        r#""checks: {a: {threshold: hunter2}}""#,
        r#""services: {a: {command: \"hunter2}""#,
        r#""a: &a [*a]""#,
        r#""\tservices: {}""#,
    ];
    for text in &plans[..9] {
        assert_eq!(words(returning(text).plan().await), "GET /v1/plan: the result is not a plan", "{text}");
    }
    for text in &plans[9..] {
        // Whether YAML takes these or not, nothing breaks.
        drop(returning(text).plan().await);
    }
}

#[tokio::test]
async fn deep_nesting_breaks_nothing() {
    let pebble = server(|_| Some(result(&format!("\"{}\"", "[".repeat(5000)))));
    assert_eq!(words(pebble.plan().await), "GET /v1/plan: the result is not a plan");
    let pebble = server(|_| Some(result(&"[".repeat(5000))));
    assert_eq!(words(pebble.checks().await), "GET /v1/checks: the answer with status 200 is no JSON of Pebble's");
}

#[tokio::test]
async fn an_answer_without_an_end_is_given_up() {
    let pebble = server(|_| Some(result(&format!("\"{}\"", "x".repeat(20 << 20)))));
    assert_eq!(words(pebble.services().await), "GET /v1/services: the answer is longer than 16777216 bytes");
}

#[tokio::test]
async fn a_pebble_that_says_nothing_is_given_up() {
    let begun = Instant::now();
    let pebble = server(|_| None);
    assert_eq!(words(pebble.services().await), "GET /v1/services: no answer in time");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn only_what_reads_is_asked_twice() {
    let answer_second = |requests: &Arc<AtomicU32>| {
        let requests = Arc::clone(requests);
        server(move |_| if requests.fetch_add(1, Ordering::Relaxed) == 0 { Some(vec![]) } else { Some(result("null")) })
    };
    let (reads, writes) = <(Arc<AtomicU32>, Arc<AtomicU32>)>::default();
    assert_eq!(answer_second(&reads).services().await.unwrap(), []);
    assert!(is_unreachable(answer_second(&writes).add_layer("charm", &Layer::default()).await));
    assert_eq!((reads.load(Ordering::Relaxed), writes.load(Ordering::Relaxed)), (2, 1));
}

#[tokio::test]
async fn work_without_a_change_is_named() {
    assert_eq!(words(returning("null").replan().await), "POST /v1/services: the answer names no change");
}

#[tokio::test]
async fn files_without_their_parts_are_named() {
    let form = |body: &str| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/form-data; boundary=b\r\n";
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let part = |rest: &str| format!("--b\r\nContent-Disposition: form-data; {rest}");
    let bodies = [
        String::new(),
        "hunter2".to_owned(),
        "--b--\r\n".to_owned(),
        part("name=\"files\"; filename=\"/a\"\r\n\r\nhunter2"),
        part("name=\"files\"; filename=\"/a\"\r\n\r\nhunter2\r\n--b--\r\n"),
        part("name=\"response\"\r\n\r\nhunter2\r\n--b--\r\n"),
        part("name=\"response\"\r\n\r\n{\"type\":\"sync\",\"result\":[\"hunter2\"]}\r\n--b--\r\n"),
    ];
    for body in bodies {
        let answer = form(&body);
        let text = words(server(move |_| Some(answer.clone())).read_files(&["/a"]).await);
        assert!(text.starts_with("GET /v1/files: the "), "{body:?}: {text}");
    }
    let text = words(returning("[]").read_files(&["/a"]).await);
    assert_eq!(text, "GET /v1/files: the answer is not in parts");
}

/// A command's request, and the answers of a server to it: this to the command, this to its websockets.
async fn exec(accepted: &'static str, websocket: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> String {
    let pebble = server(move |request| match request.split_whitespace().nth(1).unwrap_or_default() {
        "/v1/exec" => Some(http("202 Accepted", &format!(r#"{{"type":"async","change":"1","result":{accepted}}}"#))),
        path if path.contains("websocket") => websocket(request),
        path if path.contains("wait") => None,
        _ => Some(result(r#"{"id":"1","status":"Doing"}"#)),
    });
    let stdin = Some(Secret::from("hunter2".to_owned()));
    let timeout = Duration::from_millis(300);
    words(
        pebble.exec(&ExecRequest { command: vec!["psql".to_owned()], stdin, timeout, ..ExecRequest::default() }).await,
    )
}

/// The answer that makes a websocket of a connection, and what follows.
fn upgraded(request: &str, then: &[u8]) -> Vec<u8> {
    let key = request
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ").or(line.strip_prefix("sec-websocket-key: ")));
    let accept = derive_accept_key(key.unwrap().trim().as_bytes());
    [format!("{UPGRADE}{accept}\r\n\r\n").as_bytes(), then].concat()
}

/// How an answer begins that makes a websocket of a connection; the proof follows.
const UPGRADE: &str =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";

/// Pebble's answer to a command that it accepts.
const TASK: &str = r#"{"task-id":"1"}"#;

#[tokio::test]
async fn an_accepted_command_without_a_task_is_named() {
    for accepted in ["null", "{}", r#"{"task-id":7,"environment":{"K":"hunter2"}}"#] {
        let text = exec(accepted, |_| None).await;
        assert_eq!(text, "run psql in the container: the result is not an accepted command");
    }
}

#[tokio::test]
async fn what_is_no_websocket_is_named() {
    let refused = "GET /v1/tasks/1/websocket/control: no websocket, but status ";
    assert_eq!(exec(TASK, |_| Some(http("200 OK", ""))).await, format!("{refused}200"));
    assert_eq!(exec(TASK, |_| Some(http("404 Not Found", "hunter2"))).await, format!("{refused}404"));
    let text = exec(TASK, |_| Some(format!("{UPGRADE}x\r\n\r\n").into_bytes())).await;
    assert!(text.starts_with("GET /v1/tasks/1/websocket/control: no sound websocket: "), "{text}");
}

#[tokio::test]
async fn a_websocket_that_breaks_off_or_says_nothing_takes_no_longer_than_the_command_may() {
    let late = "run psql in the container: no answer in time";
    assert_eq!(exec(TASK, |_| None).await, late);
    for then in [
        &b""[..],
        b"\x82\x05ab",
        b"\x88\x00",
        b"\x81\x03{}\n",
        b"\xff\xff\xff\xff",
        b"\x81\x02\xff\xff",
        b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        assert_eq!(exec(TASK, move |request| Some(upgraded(request, then))).await, late, "{then:?}");
    }
}

#[tokio::test]
async fn a_command_that_is_given_up_is_aborted() {
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
    let timeout = Duration::from_millis(300);
    let request = ExecRequest { command: vec!["psql".to_owned()], timeout, ..ExecRequest::default() };
    assert!(pebble.exec(&request).await.unwrap_err().is_timeout());
    assert_eq!(aborts.load(Ordering::Relaxed), 1);
}

/// A command whose websockets say this, and whose change is over with this.
async fn ended(then: &'static [u8], change: &'static str) -> Result<Option<i64>, String> {
    let pebble = server(move |request| match request.split_whitespace().nth(1).unwrap_or_default() {
        "/v1/exec" => Some(http("202 Accepted", &format!(r#"{{"type":"async","change":"1","result":{TASK}}}"#))),
        path if path.contains("websocket") => Some(upgraded(request, then)),
        _ => Some(result(change)),
    });
    let request =
        ExecRequest { command: vec!["psql".to_owned()], timeout: Duration::from_secs(5), ..ExecRequest::default() };
    match pebble.exec(&request).await {
        Ok(result) => Ok(result.exit_code),
        error => Err(words(error)),
    }
}

#[tokio::test]
async fn a_command_whose_output_is_incomplete_is_no_success() {
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
