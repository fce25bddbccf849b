//! The open connections: which are served, which wait, and which are evicted.

use std::{
    collections::VecDeque,
    convert::Infallible,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpStream,
    task::{AbortHandle, JoinSet},
    time::Instant,
};

use crate::{
    forward::Forwarder,
    progress::{Phase, Progress, Watched},
};

/// The greatest number of connections that are served at once.
const MOST_ACTIVE: usize = 16;
/// The greatest number of connections that wait to be served.
const LONGEST_BACKLOG: usize = 48;
/// The longest accepted head of a request, in bytes.
const LONGEST_HEAD: usize = 8 << 10;
/// How long a request may take to be read before its connection may be evicted.
const GRACE: Duration = Duration::from_millis(100);
/// How long a client may take nothing of its answer before its connection may be evicted.
const STALL: Duration = Duration::from_secs(1);
/// How long an answer may take to be written.
const TRANSFER: Duration = Duration::from_secs(5);

/// The connections that are served, and those that wait.
#[derive(Debug)]
pub struct Connections {
    forwarder: Arc<Forwarder>,
    deadline: Duration,
    tasks: JoinSet<()>,
    /// Oldest first.
    active: Vec<Active>,
    backlog: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Active {
    task: AbortHandle,
    origin: IpAddr,
    progress: Arc<Progress>,
}

#[derive(Debug)]
struct Waiting {
    stream: TcpStream,
    origin: IpAddr,
}

impl Connections {
    /// No connection yet; each has so long for its request.
    pub fn new(forwarder: Arc<Forwarder>, deadline: Duration) -> Self {
        Self { forwarder, deadline, tasks: JoinSet::new(), active: Vec::new(), backlog: VecDeque::new() }
    }

    /// Whether there is no connection.
    pub fn is_empty(&self) -> bool {
        self.active.is_empty() && self.backlog.is_empty()
    }

    /// Waits until a connection ends; for ever if there is none.
    pub async fn closed(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Adds a connection to the backlog. If that is full, its oldest one is closed.
    pub fn accept(&mut self, stream: TcpStream, address: SocketAddr) {
        if self.backlog.len() >= LONGEST_BACKLOG {
            self.backlog.pop_front();
        }
        self.backlog.push_back(Waiting { stream, origin: origin_of(address.ip()) });
    }

    /// Closes connections whose answers take too long, and admits some of the backlog.
    pub fn rebalance(&mut self) {
        let now = Instant::now();
        self.active
            .iter()
            .filter(|connection| connection.is_overdue(now))
            .for_each(|connection| connection.task.abort());
        self.active.retain(|connection| !connection.task.is_finished() && !connection.is_overdue(now));
        while let Some(waiting) = self.next(now) {
            self.admit(waiting);
        }
    }

    /// Takes the first of the backlog that can be served now; another connection is evicted for it if need be.
    fn next(&mut self, now: Instant) -> Option<Waiting> {
        if self.active.len() < MOST_ACTIVE {
            return self.backlog.pop_front();
        }
        let (place, evicted) = self.eviction(now)?;
        self.active.remove(evicted).task.abort();
        self.backlog.remove(place)
    }

    /// The first of the backlog for which another connection can be evicted, and that one.
    fn eviction(&self, now: Instant) -> Option<(usize, usize)> {
        let most = self.active.iter().map(|connection| self.held_by(connection.origin)).max().unwrap_or(0);
        let evictable = |waiting: &Waiting| self.evictable(waiting.origin, most, now);
        self.backlog.iter().enumerate().find_map(|(place, waiting)| Some((place, evictable(waiting)?)))
    }

    /// Which connection can be evicted for one of this origin: one without a request, one whose client does not read, or the oldest of
    /// an origin that has the most and would not have fewer than this one then.
    fn evictable(&self, origin: IpAddr, most: usize, now: Instant) -> Option<usize> {
        let oldest = |is_evictable: &dyn Fn(&Active) -> bool| self.active.iter().position(is_evictable);
        let is_unfair = most > self.held_by(origin).saturating_add(1);
        oldest(&|connection| connection.is_idle(now))
            .or_else(|| oldest(&|connection| connection.is_stalled(now)))
            .or_else(|| oldest(&|connection| is_unfair && self.held_by(connection.origin) == most))
    }

    fn held_by(&self, origin: IpAddr) -> usize {
        self.active.iter().filter(|connection| connection.origin == origin).count()
    }

    fn admit(&mut self, waiting: Waiting) {
        let progress = Arc::new(Progress::new());
        let stream = Watched::new(waiting.stream, Arc::clone(&progress));
        let task = self.tasks.spawn(serve(stream, Arc::clone(&self.forwarder), Arc::clone(&progress), self.deadline));
        self.active.push(Active { task, origin: waiting.origin, progress });
    }
}

/// Whom a connection counts for; one machine has many IPv6 addresses, commonly a network of 64 bits.
fn origin_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

impl Active {
    fn is_idle(&self, now: Instant) -> bool {
        matches!(self.progress.phase(), Phase::Asking { since } if now.duration_since(since) >= GRACE)
    }

    fn is_stalled(&self, now: Instant) -> bool {
        matches!(self.progress.phase(), Phase::Answering { blocked: Some(since), .. } if now.duration_since(since) >= STALL)
    }

    fn is_overdue(&self, now: Instant) -> bool {
        matches!(self.progress.phase(), Phase::Answering { since, .. } if now.duration_since(since) >= TRANSFER)
    }
}

/// Answers one request of a connection and ignores any further ones.
async fn serve(stream: Watched, forwarder: Arc<Forwarder>, progress: Arc<Progress>, deadline: Duration) {
    let service = service_fn(|request| {
        progress.enter(Phase::Waiting);
        let (forwarder, progress) = (Arc::clone(&forwarder), Arc::clone(&progress));
        async move {
            let answer = forwarder.answer(&request).await;
            progress.enter(Phase::Answering { since: Instant::now(), blocked: None });
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(deadline)
        .max_buf_size(LONGEST_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A client that disconnects or violates the protocol is not an error of this program.
    drop(connection.await);
}
