//! A client's end of one websocket; what arrives is collected as it comes.

use crate::{
    PATIENCE,
    answer::parsed,
    http,
    trouble::{Outcome, Trouble},
};
use clock::Clock;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use http_body_util::BodyExt;
use hyper::{StatusCode, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};
use tokio::{sync::watch, task::JoinHandle};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{CloseFrame, Role},
    },
};

type Stream = WebSocketStream<TokioIo<Upgraded>>;

/// Input is sent in pieces of this size.
const PIECE: usize = 65536;

/// An open websocket.
pub struct Websocket {
    sink: SplitSink<Stream, Message>,
    seen: watch::Receiver<Seen>,
    collector: JoinHandle<()>,
}

/// What came over a websocket so far.
#[derive(Debug, Default)]
pub struct Seen {
    pub output: Vec<u8>,
    commands: Vec<String>,
    /// How it ended: with a close frame and its code, or without one.
    closed: Option<String>,
}

/// What became of an attempt to connect: an open websocket, or the answer that refuses it.
pub enum Attempt {
    Open(Websocket),
    Refused(Value),
}

impl Websocket {
    /// Connects to a path on the program's socket.
    pub async fn connect(socket: &PathBuf, path: &str) -> Outcome<Attempt> {
        let key = generate_key();
        let response = http::upgrade(socket, path, &key).await?;
        let status = response.status();
        if status != StatusCode::SWITCHING_PROTOCOLS {
            let bytes = response.into_body().collect().await?.to_bytes();
            let mut refusal = json!({"status": status.as_u16()});
            if let (false, Some(members)) = (bytes.is_empty(), refusal.as_object_mut()) {
                members.insert("body".to_owned(), parsed(&bytes));
            }
            return Ok(Attempt::Refused(refusal));
        }
        let accepted = response
            .headers()
            .get("Sec-WebSocket-Accept")
            .is_some_and(|text| *text == derive_accept_key(key.as_bytes()));
        if !accepted {
            return Err(Trouble("wrong Sec-WebSocket-Accept in a websocket handshake".to_owned()));
        }
        let upgraded = TokioIo::new(hyper::upgrade::on(response).await?);
        Ok(Attempt::Open(Self::over(WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await)))
    }

    fn over(stream: Stream) -> Self {
        let (sink, stream) = stream.split();
        let (sender, seen) = watch::channel(Seen::default());
        Self { sink, seen, collector: tokio::spawn(collect(stream, sender)) }
    }

    /// Waits until what came is enough; false when patience is over.
    pub async fn wait(&mut self, patience: Duration, enough: impl FnMut(&Seen) -> bool) -> bool {
        matches!(Clock::real().within(patience, self.seen.wait_for(enough)).await, Ok(Ok(_)))
    }

    /// The output so far.
    pub fn output(&self) -> Vec<u8> {
        self.seen.borrow().output.clone()
    }

    /// How the other side left it.
    pub fn state(&self) -> String {
        self.seen.borrow().closed.clone().unwrap_or_else(|| "open".to_owned())
    }

    /// Sends input.
    pub async fn send(&mut self, input: &[u8]) -> Outcome<()> {
        for piece in input.chunks(PIECE) {
            self.sink.send(Message::binary(piece.to_vec())).await?;
        }
        Ok(())
    }

    /// Sends a message of text.
    pub async fn send_text(&mut self, text: &str) -> Outcome<()> {
        Ok(self.sink.send(Message::text(text)).await?)
    }

    /// Sends a close frame and leaves.
    pub async fn close(mut self, code: u16) -> Outcome<()> {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.sink.send(Message::Close(Some(frame))).await?;
        self.drop_it().await;
        Ok(())
    }

    /// Leaves without a word.
    pub async fn drop_it(self) {
        self.collector.abort();
        // The connection is gone only when its reading half is dropped too.
        let _ = self.collector.await;
    }

    /// Whether the output ended within a few seconds.
    pub async fn ends(&mut self) -> bool {
        let is_end = |seen: &Seen| seen.commands.iter().any(|command| command == r#"{"command":"end"}"#);
        self.wait(PATIENCE / 4, is_end).await
    }
}

async fn collect(mut stream: SplitStream<Stream>, seen: watch::Sender<Seen>) {
    while let Some(Ok(message)) = stream.next().await {
        seen.send_modify(|seen| match message {
            Message::Binary(bytes) => seen.output.extend(bytes),
            Message::Text(text) => seen.commands.push(text.to_string()),
            Message::Close(frame) => {
                let code = frame.map(|frame| format!("code {}", u16::from(frame.code)));
                seen.closed = Some(code.unwrap_or_else(|| "no code".to_owned()));
            }
            _ => {}
        });
    }
    seen.send_modify(|seen| {
        seen.closed.get_or_insert_with(|| "dropped".to_owned());
    });
    // Whoever waits for more of it learns from its silence, not from a missing sender.
    seen.closed().await;
}
