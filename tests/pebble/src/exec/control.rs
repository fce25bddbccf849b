//! The control websocket: signals to the process, and its end if the client vanishes.

use super::{Connected, streams::Socket};
use crate::processes::{Machine, signals};
use futures_util::StreamExt;
use nix::sys::signal::Signal;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

/// Listens until the client closes with a frame; one that breaks off kills the process.
pub async fn listen(
    machine: Arc<dyn Machine>,
    pid: u32,
    control: Option<Socket>,
    mut sockets: mpsc::UnboundedReceiver<Connected>,
) {
    let mut control = match control {
        Some(control) => control,
        None => match sockets.recv().await {
            Some((_, control)) => control,
            None => return,
        },
    };
    loop {
        match control.next().await {
            Some(Ok(Message::Close(_))) => break,
            Some(Ok(Message::Text(text))) => obey(&*machine, pid, text.as_bytes()),
            Some(Ok(Message::Binary(bytes))) => obey(&*machine, pid, &bytes),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => {
                let _ = machine.signal(pid, Signal::SIGKILL);
                break;
            }
        }
    }
    // The connection stays as it is until the process ends and this task with it.
    std::future::pending::<()>().await;
}

/// Sends the signal that a command names; anything else is ignored.
fn obey(machine: &dyn Machine, pid: u32, command: &[u8]) {
    let command: Value = serde_json::from_slice(command).unwrap_or_default();
    if command.get("command").is_some_and(|name| name == "signal")
        && let Some(name) = command.pointer("/signal/name").and_then(Value::as_str)
        && let Some(signal) = signals::by_name(name)
    {
        let _ = machine.signal(pid, signal);
    }
}
