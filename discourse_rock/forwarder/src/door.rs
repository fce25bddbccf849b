//! The door to the network: who comes in, and how long they may stay.

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

/// So many connections at once.
const MOST_GUESTS: usize = 16;
/// So many more wait in the kernel.
const BACKLOG: i32 = 128;
/// No head of a request may be longer.
const LONGEST_HEAD: usize = 8 << 10;
/// The request, the collector's answer, and its way to the client: each has a deadline of its own.
const PARTS: u32 = 3;
/// So long nobody is asked to make room: a request that has arrived may not have been read.
const GRACE: Duration = Duration::from_millis(100);
/// How long to wait where no connection can be taken, for want of file descriptors for example.
const PAUSE: Duration = Duration::from_millis(200);

/// An open port.
#[derive(Debug)]
pub struct Door(TcpListener);

/// The connections that are open.
#[derive(Debug, Default)]
struct Guests {
    tasks: JoinSet<()>,
    /// Those that may not have asked for anything yet, the oldest first.
    newcomers: VecDeque<Newcomer>,
}

#[derive(Debug)]
struct Newcomer {
    task: AbortHandle,
    since: Instant,
    has_asked: Arc<AtomicBool>,
}

impl Door {
    /// Listens, and says where.
    ///
    /// # Errors
    /// The operating system's, such as a port that is in use.
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

    /// Lets everybody in, a few at a time.
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

/// Whether this system knows IPv6, at least on its loopback.
fn has_ipv6() -> bool {
    listen((Ipv6Addr::UNSPECIFIED, 0).into()).is_ok()
}

impl Guests {
    /// Whether there is room for one more, or somebody who can make room.
    fn can_grow(&self) -> bool {
        self.tasks.len() < MOST_GUESTS || self.newcomers.iter().any(Newcomer::is_idle)
    }

    /// The oldest of those that have not asked for anything makes room: whoever only holds connections open keeps nobody out.
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

/// Answers the one request of a connection; what follows on the same connection is not read.
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
    // A client that leaves or breaks the rules is nobody's failure.
    drop(time::timeout(deadline * PARTS, connection).await);
}
