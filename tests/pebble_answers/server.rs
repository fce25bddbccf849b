//! A server that answers whatever a test wants.

use std::{
    env, fs,
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use discourse_k8s::pebble::{Pebble, PebbleError};

static SERVERS: AtomicU32 = AtomicU32::new(0);

/// A server that answers the first request of each connection with these bytes and closes; without bytes it never answers.
#[track_caller]
pub fn server(answer: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Pebble {
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

/// Where files of a test go: the sandbox's own folder, which is removed with it.
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

/// A server that gives the same answer to every request.
pub fn always(answer: &'static str) -> Pebble {
    server(move |_| Some(answer.as_bytes().to_vec()))
}

/// An HTTP answer with a body of JSON.
pub fn http(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// Pebble's answer with this result.
pub fn result(result: &str) -> Vec<u8> {
    http("200 OK", &format!(r#"{{"type":"sync","status-code":200,"status":"OK","result":{result}}}"#))
}

/// A server that answers every request with this result.
pub fn returning(text: &'static str) -> Pebble {
    server(move |_| Some(result(text)))
}

/// The message of an error, which quotes no secret.
#[track_caller]
pub fn message<T: std::fmt::Debug>(outcome: Result<T, PebbleError>) -> String {
    let error = outcome.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    error.to_string()
}

/// Whether a request failed because there is no Pebble.
pub fn is_unreachable<T>(outcome: Result<T, PebbleError>) -> bool {
    outcome.is_err_and(|error| error.is_unreachable())
}
