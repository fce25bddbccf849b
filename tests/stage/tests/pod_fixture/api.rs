//! Requests to Pebble, one per connection.

use super::websocket::Websocket;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

/// Posts JSON and returns the whole answer.
pub fn post(socket: &Path, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let mut stream = UnixStream::connect(socket).unwrap();
    let length = body.len();
    write!(stream, "POST {path} HTTP/1.0\r\nHost: pebble\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap_or_else(|_| panic!("{answer}"))
}

/// Runs a command with some input and returns its output.
pub fn exec(socket: &Path, request: &Value, input: &str) -> String {
    let answer = post(socket, "/v1/exec", request);
    let task = answer["result"]["task-id"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let connect = |name| Websocket::connect(socket, &format!("/v1/tasks/{task}/websocket/{name}"));
    let _control = connect("control");
    let mut stdio = connect("stdio");
    stdio.send(2, input.as_bytes());
    stdio.send(1, json!({"command": "end"}).to_string().as_bytes());
    stdio.read_output()
}
