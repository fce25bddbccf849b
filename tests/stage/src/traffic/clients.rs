//! The thread that sends requests at an even rate.

use super::{
    client::Client,
    endpoints::Endpoints,
    load::{Load, Request},
    report::{Connection, Failure, Report},
};
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{
    runtime,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

/// The clients of one Service.
#[derive(Debug)]
pub(super) struct Clients {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    load: Load,
    endpoints: Arc<Endpoints>,
    client: Client,
    report: Mutex<Report>,
    is_over: AtomicBool,
}

impl Clients {
    pub fn begin(load: Load, endpoints: Arc<Endpoints>) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (client, report, is_over) = (Client::default(), Mutex::default(), AtomicBool::new(false));
        let shared = Arc::new(Shared { load, endpoints, client, report, is_over });
        let sender = Arc::clone(&shared);
        let thread = thread::spawn(move || runtime.block_on(send_all(sender)));
        Ok(Self { shared, thread: Some(thread) })
    }

    pub fn report(&self) -> Report {
        self.shared.report().clone()
    }

    /// Waits for the requests that are under way.
    pub fn end(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        self.end();
    }
}

async fn send_all(shared: Arc<Shared>) {
    let mut ticks = interval(Duration::from_secs(1) / shared.load.rate.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    let kinds = [Connection::Fresh, Connection::Kept].into_iter().flat_map(|connection| {
        let requests = shared.load.requests.iter().cloned();
        requests.map(move |request| (request, connection))
    });
    let kinds: Vec<(Request, Connection)> = kinds.collect();
    for (request, connection) in kinds.iter().cycle().cloned() {
        ticks.tick().await;
        if shared.is_over.load(Ordering::Relaxed) {
            break;
        }
        while under_way.try_join_next().is_some() {}
        if shared.endpoints.has_begun() {
            let shared = Arc::clone(&shared);
            under_way.spawn(async move { shared.send(&request, connection).await });
        }
    }
    while under_way.join_next().await.is_some() {}
}

impl Shared {
    /// Sends a request to the pod whose turn it is, and notes what became of it.
    async fn send(&self, request: &Request, connection: Connection) {
        let (at, pod) = (self.endpoints.now(), self.endpoints.next());
        let outcome = match &pod {
            Some((address, _)) => {
                self.client.send(SocketAddr::new(*address, self.load.port), request, connection).await
            }
            None => Err("no pod is listed".to_owned()),
        };
        let took = self.endpoints.now().saturating_sub(at);
        let mut report = self.report();
        let times = report.requests.entry(request.to_string()).or_default();
        times.count += 1;
        match outcome {
            Ok(first_byte) => times.longest = times.longest.max(first_byte),
            Err(cause) => {
                let unit = pod.map(|(_, unit)| unit);
                report.failures.push(Failure { at, took, unit, request: request.to_string(), connection, cause });
            }
        }
    }

    fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
