//! The open connections: who gets one of the few places, and who has to leave.

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
const MOST_GUESTS: usize = 16;
/// The greatest number of connections that wait for a place.
const LONGEST_LINE: usize = 48;
/// The longest accepted head of a request, in bytes.
const LONGEST_HEAD: usize = 8 << 10;
/// How long a request may take to be read before its connection makes room for others.
const GRACE: Duration = Duration::from_millis(100);
/// How long a client may take nothing of its answer before its connection makes room for others.
const STALL: Duration = Duration::from_secs(1);
/// How long an answer may take to be written.
const TRANSFER: Duration = Duration::from_secs(5);

/// The connections that are served, and those that wait.
#[derive(Debug)]
pub struct Guests {
    forwarder: Arc<Forwarder>,
    deadline: Duration,
    tasks: JoinSet<()>,
    /// Oldest first.
    seated: Vec<Guest>,
    line: VecDeque<Newcomer>,
}

#[derive(Debug)]
struct Guest {
    task: AbortHandle,
    origin: IpAddr,
    progress: Arc<Progress>,
}

#[derive(Debug)]
struct Newcomer {
    stream: TcpStream,
    origin: IpAddr,
}

impl Guests {
    /// No connection yet; each has so long for its request.
    pub fn new(forwarder: Arc<Forwarder>, deadline: Duration) -> Self {
        Self { forwarder, deadline, tasks: JoinSet::new(), seated: Vec::new(), line: VecDeque::new() }
    }

    /// Whether there is no connection.
    pub fn is_empty(&self) -> bool {
        self.seated.is_empty() && self.line.is_empty()
    }

    /// Waits until a connection ends; for ever if there is none.
    pub async fn leave(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets a connection wait for a place. If too many wait, the first of them is closed.
    pub fn receive(&mut self, stream: TcpStream, address: SocketAddr) {
        if self.line.len() >= LONGEST_LINE {
            self.line.pop_front();
        }
        self.line.push_back(Newcomer { stream, origin: origin_of(address.ip()) });
    }

    /// Ends answers that take too long, and gives places to those who wait.
    pub fn tend(&mut self) {
        let now = Instant::now();
        self.seated.iter().filter(|guest| guest.is_overdue(now)).for_each(|guest| guest.task.abort());
        self.seated.retain(|guest| !guest.task.is_finished() && !guest.is_overdue(now));
        while let Some(newcomer) = self.next(now) {
            self.seat(newcomer);
        }
    }

    /// The first of those who wait for whom there is a place, which is free then.
    fn next(&mut self, now: Instant) -> Option<Newcomer> {
        if self.seated.len() < MOST_GUESTS {
            return self.line.pop_front();
        }
        let (place, leaving) = self
            .line
            .iter()
            .enumerate()
            .find_map(|(place, newcomer)| self.who_leaves(newcomer.origin, now).map(|leaving| (place, leaving)))?;
        self.seated.remove(leaving).task.abort();
        self.line.remove(place)
    }

    /// Who makes room: one without a request, one that does not read, or the oldest of an address that holds more than a fair share.
    fn who_leaves(&self, origin: IpAddr, now: Instant) -> Option<usize> {
        let oldest = |leaves: &dyn Fn(&Guest) -> bool| self.seated.iter().position(leaves);
        let most = self.seated.iter().map(|guest| self.held_by(guest.origin)).max().unwrap_or(0);
        let is_unfair = most > self.held_by(origin).saturating_add(1);
        oldest(&|guest| guest.is_idle(now))
            .or_else(|| oldest(&|guest| guest.is_stalled(now)))
            .or_else(|| oldest(&|guest| is_unfair && self.held_by(guest.origin) == most))
    }

    fn held_by(&self, origin: IpAddr) -> usize {
        self.seated.iter().filter(|guest| guest.origin == origin).count()
    }

    fn seat(&mut self, newcomer: Newcomer) {
        let progress = Arc::new(Progress::new());
        let stream = Watched::new(newcomer.stream, Arc::clone(&progress));
        let task = self.tasks.spawn(attend(stream, Arc::clone(&self.forwarder), Arc::clone(&progress), self.deadline));
        self.seated.push(Guest { task, origin: newcomer.origin, progress });
    }
}

/// The address that shares places; one machine has many IPv6 addresses, commonly a network of 64 bits.
fn origin_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

impl Guest {
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
async fn attend(stream: Watched, forwarder: Arc<Forwarder>, progress: Arc<Progress>, deadline: Duration) {
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
