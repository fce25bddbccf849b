//! The websockets of a command: input and outputs, and the control channel whose end kills the command.

#![expect(clippy::disallowed_types, reason = "Pebble's exec streams through a socket")]

use std::io;

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde_json::Value;
use tokio::net::UnixStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};

use crate::{
    pebble::{Pebble, PebbleError, output::Growing},
    secret::Secret,
};

/// The bytes of input in one message.
const PIECE: usize = 64 << 10;
/// The longest accepted message, in bytes; Pebble sends at most 128 KiB.
const MESSAGE_LIMIT: usize = 4 << 20;
/// The message that ends an input or output.
const END: &str = r#"{"command":"end"}"#;

pub(super) type Socket = WebSocketStream<UnixStream>;

impl Pebble {
    /// Connects one of a task's websockets: `control`, `stdio` or `stderr`.
    pub(super) async fn connect(&self, task: &str, name: &str) -> Result<Socket, PebbleError> {
        let path = format!("/v1/tasks/{task}/websocket/{name}");
        let request = format!("GET {path}");
        let stream = UnixStream::connect(&self.socket)
            .await
            .map_err(|error| PebbleError::unreachable(&request, error.to_string()))?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_LIMIT))
            .max_frame_size(Some(MESSAGE_LIMIT))
            .read_buffer_size(PIECE)
            .write_buffer_size(0);
        let connected = client_async_with_config(format!("ws://pebble{path}"), stream, Some(config)).await;
        connected.map(|(socket, _)| socket).map_err(|error| broken(&request, &error))
    }
}

/// Distinguishes a broken connection from a violation of the protocol.
pub(super) fn broken(request: &str, error: &Error) -> PebbleError {
    match error {
        Error::Io(cause) if cause.kind() != io::ErrorKind::InvalidData => {
            PebbleError::unreachable(request, cause.to_string())
        }
        Error::ConnectionClosed | Error::AlreadyClosed => {
            PebbleError::unreachable(request, "the connection was closed")
        }
        Error::Http(response) => PebbleError::protocol(
            request,
            format!("the websocket was rejected with status {}", response.status().as_u16()),
        ),
        // The remaining errors describe frames without quoting their content.
        error => PebbleError::protocol(request, format!("the websocket failed: {error}")),
    }
}

/// Sends the input and its end. A command need not read it, so errors are ignored; a broken connection shows in the outputs.
pub(super) async fn feed(sink: &mut SplitSink<Socket, Message>, input: Option<&Secret>) {
    for piece in input.map_or("", Secret::expose).as_bytes().chunks(PIECE) {
        // Pebble silently drops input in text messages.
        if sink.send(Message::binary(piece.to_vec())).await.is_err() {
            return;
        }
    }
    let _ = sink.send(Message::text(END)).await;
}

/// Reads an output to its end message, since Pebble never closes the connection.
pub(super) async fn drain(name: &str, stream: &mut SplitStream<Socket>) -> Result<Growing, PebbleError> {
    let mut output = Growing::default();
    while let Some(message) = stream.next().await {
        match message.map_err(|error| broken(name, &error))? {
            Message::Binary(bytes) => output.push(&bytes),
            Message::Text(text) if is_end(&text) => return Ok(output),
            Message::Close(_) => break,
            _ => {}
        }
    }
    Err(PebbleError::unreachable(name, "the connection was closed before the end of the output"))
}

fn is_end(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|message| message.get("command") == Some(&Value::from("end")))
}
