//! How far a connection is, and a stream that notes whether its client reads.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};

/// How far a connection is.
#[derive(Debug, Clone, Copy)]
pub enum Phase {
    /// The request has not arrived, or not been read yet.
    Asking {
        /// Since when.
        since: Instant,
    },
    /// The collector has been asked.
    Waiting,
    /// The answer is being written.
    Answering {
        /// Since when.
        since: Instant,
        /// Since when the client has taken nothing, if something waits for it.
        blocked: Option<Instant>,
    },
}

/// The phase of a connection, shared by its task and by those who decide whether it stays.
#[derive(Debug)]
pub struct Progress(Mutex<Phase>);

impl Progress {
    /// A connection that was just opened.
    pub fn new() -> Self {
        Self(Mutex::new(Phase::Asking { since: Instant::now() }))
    }

    /// The present phase.
    pub fn phase(&self) -> Phase {
        *self.lock()
    }

    /// Enters another phase.
    pub fn enter(&self, phase: Phase) {
        *self.lock() = phase;
    }

    /// Notes whether the client left something unread.
    fn note<T>(&self, written: &Poll<T>) {
        if let Phase::Answering { blocked, .. } = &mut *self.lock() {
            *blocked = written.is_pending().then(|| blocked.unwrap_or_else(Instant::now));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream of a connection. Unless it is shut down in order, it is reset when dropped: the kernel keeps no answer that nobody reads.
#[derive(Debug)]
pub struct Watched {
    stream: TcpStream,
    progress: Arc<Progress>,
}

impl Watched {
    /// Watches a stream.
    pub fn new(stream: TcpStream, progress: Arc<Progress>) -> Self {
        linger(&stream, Some(Duration::ZERO));
        Self { stream, progress }
    }

    fn note<T>(&self, written: Poll<T>) -> Poll<T> {
        self.progress.note(&written);
        written
    }
}

/// A stream that refuses the option only closes otherwise.
fn linger(stream: &TcpStream, time: Option<Duration>) {
    drop(SockRef::from(stream).set_linger(time));
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        linger(&self.stream, None);
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
