//! A command's streams between pipes and websockets.

use crate::daemon::brake::{Brake, Guard};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{
    io::{self, PipeReader},
    os::fd::OwnedFd,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::unix::pipe,
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Bytes, Message},
};

/// A connected websocket.
pub type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Bytes that one message carries at most.
const MESSAGE_BYTES: usize = 128 * 1024;

/// The ends for the child, and the tasks that pass its output on.
pub struct Pipes {
    /// Standard input, output and error.
    pub child: [Option<OwnedFd>; 3],
    /// Each ends when its stream does.
    pub outputs: Vec<JoinHandle<()>>,
}

/// Connects websockets with pipes.
///
/// # Errors
/// No more pipes can be opened.
pub fn open(stdio: Socket, stderr: Option<Socket>, brake: &Brake) -> io::Result<Pipes> {
    let (input, input_writer) = io::pipe()?;
    let (output_reader, output) = io::pipe()?;
    let input_writer = pipe::Sender::from_owned_fd(OwnedFd::from(input_writer))?;
    let (sink, stream) = stdio.split();
    tokio::spawn(pass_input(stream, input_writer, brake.talk()));
    let mut outputs = vec![tokio::spawn(pass_output(output_reader, sink))];
    let error = match stderr {
        None => output.try_clone()?,
        Some(socket) => {
            let (reader, writer) = io::pipe()?;
            let (sink, stream) = socket.split();
            tokio::spawn(drain(stream));
            outputs.push(tokio::spawn(pass_output(reader, sink)));
            writer
        }
    };
    Ok(Pipes { child: [Some(input.into()), Some(output.into()), Some(error.into())], outputs })
}

/// Binary messages are input, a text message ends it; what comes later is dropped.
async fn pass_input(mut stream: SplitStream<Socket>, mut input: pipe::Sender, _talking: Guard) {
    while let Some(Ok(message)) = stream.next().await {
        match message {
            Message::Binary(bytes) if input.write_all(&bytes).await.is_err() => break,
            Message::Text(text) if is_end(&text) => break,
            Message::Close(_) => return,
            _ => {}
        }
    }
    drop(input);
    drain(stream).await;
}

fn is_end(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|command| command.get("command").is_some_and(|name| name == "end"))
}

/// Reads until the client closes, so that the websocket stays open until then.
async fn drain(mut stream: SplitStream<Socket>) {
    while let Some(Ok(message)) = stream.next().await {
        if message.is_close() {
            return;
        }
    }
}

async fn pass_output(reader: PipeReader, mut sink: SplitSink<Socket, Message>) {
    let Ok(mut output) = pipe::Receiver::from_owned_fd(OwnedFd::from(reader)) else { return };
    let mut chunk = vec![0; MESSAGE_BYTES];
    while let Ok(count @ 1..) = output.read(&mut chunk).await {
        let bytes = Bytes::copy_from_slice(chunk.get(..count).unwrap_or_default());
        if sink.send(Message::Binary(bytes)).await.is_err() {
            break;
        }
    }
    drop(output);
    let _ = sink.send(Message::text(r#"{"command":"end"}"#)).await;
}
