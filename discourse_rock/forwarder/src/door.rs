//! The listener: which connections are accepted, and how long they may last.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, Socket, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{self, Instant},
};

use crate::{
    forward::Forwarder,
    notes::{Failure, Notes},
};

/// The greatest number of open connections.
const MOST_GUESTS: usize = 16;
/// The greatest number of connections that wait in the kernel.
const BACKLOG: i32 = 128;
/// The longest accepted head of a request, in bytes.
const LONGEST_HEAD: usize = 8 << 10;
/// The phases of a connection, each with the same time limit: the request, the collector's answer, and its transfer.
const PARTS: u32 = 3;
/// The age before which no connection is closed to make room, because its request may have arrived but not been read.
const GRACE: Duration = Duration::from_millis(100);
/// The pause after a failure to accept a connection, for example for lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(200);

/// A listening socket.
#[derive(Debug)]
pub struct Door(TcpListener);

/// The open connections.
#[derive(Debug, Default)]
struct Guests {
    tasks: JoinSet<()>,
    /// Those that may not have sent a request yet, oldest first.
    newcomers: VecDeque<Newcomer>,
}

#[derive(Debug)]
struct Newcomer {
    task: AbortHandle,
    since: Instant,
    has_asked: Arc<AtomicBool>,
}

impl Door {
    /// Listens, and returns the actual address.
    ///
    /// # Errors
    /// [`io::Error`] if it cannot listen, for example because the port is in use.
    pub fn open(address: SocketAddr) -> io::Result<(Self, SocketAddr)> {
        let listener = match listen(address) {
            Err(_) if address.ip() == Ipv6Addr::UNSPECIFIED && !has_ipv6() => {
                listen((Ipv4Addr::UNSPECIFIED, address.port()).into())?
            }
            result => result?,
        };
        let address = listener.local_addr()?;
        Ok((Self(listener), address))
    }

    /// Accepts and answers connections, a limited number at a time.
    pub async fn serve(self, forwarder: Arc<Forwarder>, notes: &Notes, deadline: Duration) -> Infallible {
        let mut guests = Guests::default();
        loop {
            tokio::select! {
                Some(_) = guests.tasks.join_next() => {}
                () = time::sleep(GRACE), if !guests.can_grow() => {}
                accepted = self.0.accept(), if guests.can_grow() => match accepted {
                    Ok((stream, _)) => guests.admit(stream, Arc::clone(&forwarder), deadline).await,
                    Err(error) => {
                        notes.failed(Failure::Accept, format_args!("taking a connection failed: {error}"));
                        time::sleep(PAUSE).await;
                    }
                },
            }
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Whether this system supports IPv6, at least on the loopback.
fn has_ipv6() -> bool {
    listen((Ipv6Addr::UNSPECIFIED, 0).into()).is_ok()
}

impl Guests {
    /// Whether there is room for one more connection, or an idle one that can make room.
    fn can_grow(&self) -> bool {
        self.tasks.len() < MOST_GUESTS || self.newcomers.iter().any(Newcomer::is_idle)
    }

    /// Closes the oldest connection without a request, so that clients that only hold connections open cannot block others.
    async fn make_room(&mut self) {
        self.newcomers.retain(Newcomer::may_become_idle);
        if self.tasks.len() >= MOST_GUESTS
            && let Some(oldest) = self.newcomers.pop_front()
        {
            oldest.task.abort();
            self.tasks.join_next().await;
        }
    }

    async fn admit(&mut self, stream: TcpStream, forwarder: Arc<Forwarder>, deadline: Duration) {
        self.make_room().await;
        let has_asked = Arc::new(AtomicBool::new(false));
        let task = self.tasks.spawn(attend(stream, forwarder, Arc::clone(&has_asked), deadline));
        self.newcomers.push_back(Newcomer { task, since: Instant::now(), has_asked });
    }
}

impl Newcomer {
    fn may_become_idle(&self) -> bool {
        !self.has_asked.load(Ordering::Relaxed) && !self.task.is_finished()
    }

    fn is_idle(&self) -> bool {
        self.may_become_idle() && self.since.elapsed() >= GRACE
    }
}

/// Answers one request of a connection and ignores any further ones.
async fn attend(stream: TcpStream, forwarder: Arc<Forwarder>, has_asked: Arc<AtomicBool>, deadline: Duration) {
    let service = service_fn(|request| {
        has_asked.store(true, Ordering::Relaxed);
        let forwarder = Arc::clone(&forwarder);
        async move { Ok::<_, Infallible>(forwarder.answer(&request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(deadline)
        .max_buf_size(LONGEST_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A client that disconnects or violates the protocol is not an error of this program.
    drop(time::timeout(deadline * PARTS, connection).await);
}
