//! Connections: each is served until its client leaves or Pebble ends.

use super::{access::Origin, route};
use crate::daemon::Daemon;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
    sync::{mpsc, watch},
};

/// Tells connections that Pebble ends, and learns when the last of them is gone.
pub struct Connections {
    closing: watch::Sender<bool>,
    open: mpsc::Sender<()>,
    gone: mpsc::Receiver<()>,
}

impl Default for Connections {
    fn default() -> Self {
        let (open, gone) = mpsc::channel(1);
        Self { closing: watch::Sender::new(false), open, gone }
    }
}

impl Connections {
    /// Serves a Unix socket until Pebble ends.
    pub fn serve_socket(&self, daemon: &Arc<Daemon>, listener: UnixListener) {
        let (daemon, mut closing, open) = (Arc::clone(daemon), self.closing.subscribe(), self.open.clone());
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    _ = closing.wait_for(|is_closing| *is_closing) => return,
                };
                let Ok((stream, _)) = accepted else { return };
                let Ok(peer) = stream.peer_cred() else { continue };
                serve(&daemon, stream, Origin::Socket(peer.uid()), closing.clone(), open.clone());
            }
        });
    }

    /// Serves a TCP port until Pebble ends.
    pub fn serve_tcp(&self, daemon: &Arc<Daemon>, listener: TcpListener) {
        let (daemon, mut closing, open) = (Arc::clone(daemon), self.closing.subscribe(), self.open.clone());
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    _ = closing.wait_for(|is_closing| *is_closing) => return,
                };
                let Ok((stream, _)) = accepted else { return };
                serve(&daemon, stream, Origin::Tcp, closing.clone(), open.clone());
            }
        });
    }

    /// Closes the sockets and every idle connection, and waits for the requests under way.
    pub async fn close(mut self) {
        self.closing.send_replace(true);
        drop(self.open);
        let _ = self.gone.recv().await;
    }
}

fn serve(
    daemon: &Arc<Daemon>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    origin: Origin,
    mut closing: watch::Receiver<bool>,
    open: mpsc::Sender<()>,
) {
    let daemon = Arc::clone(daemon);
    tokio::spawn(async move {
        let answer = |request: Request<Incoming>| {
            let daemon = Arc::clone(&daemon);
            async move { Ok::<_, Infallible>(route::answer(&daemon, origin, request).await.into_response()) }
        };
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
        let mut connection = std::pin::pin!(connection.with_upgrades());
        let is_open = tokio::select! {
            _ = connection.as_mut() => false,
            _ = closing.wait_for(|is_closing| *is_closing) => true,
        };
        if is_open {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
        drop(open);
    });
}
