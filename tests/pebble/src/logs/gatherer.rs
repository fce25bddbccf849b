//! Gathers the output of services for one log target.

use super::{
    Buffer, Entry,
    buffer::Place,
    loki::Labels,
    push::{MOST_ENTRIES, Outbox},
};
use clock::Clock;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// How long the first entry waits for more.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the last push may take.
const LAST_PUSH: Duration = Duration::from_secs(2);
/// How long the last lines may take to come.
const LAST_LINES: Duration = Duration::from_millis(20);

/// A message to a gatherer.
enum Order {
    /// These are the labels of a service; without any, it is not gathered any more.
    Label(String, Option<Labels>),
    /// Send what is left, and end.
    End(oneshot::Sender<()>),
}

/// One target's gatherer.
pub struct Gatherer {
    orders: mpsc::Sender<(Order, oneshot::Sender<()>)>,
    entries: mpsc::Sender<Entry>,
    pullers: BTreeMap<String, JoinHandle<()>>,
}

impl Gatherer {
    /// Begins to gather for a place; `None` drops everything.
    #[must_use]
    pub fn start(clock: Clock, target: &str, location: Option<String>) -> Self {
        let (orders, receiver) = mpsc::channel(1);
        let (entries, incoming) = mpsc::channel(1);
        let outbox = Outbox::new(location);
        tokio::spawn(Gathering { clock, target: target.to_owned(), outbox }.run(receiver, incoming));
        Self { orders, entries, pullers: BTreeMap::new() }
    }

    /// The services that are gathered.
    #[must_use]
    pub fn services(&self) -> Vec<String> {
        self.pullers.keys().cloned().collect()
    }

    /// Sets the labels of a service. Waits while a push is under way.
    pub async fn label(&self, service: &str, labels: Option<Labels>) {
        let (seen, is_seen) = oneshot::channel();
        if self.orders.send((Order::Label(service.to_owned(), labels), seen)).await.is_ok() {
            let _ = is_seen.await;
        }
    }

    /// Pulls all output of a service that is kept, and what follows.
    pub fn pull(&mut self, service: &str, buffer: Arc<Buffer>) {
        self.drop_service(service);
        let puller = tokio::spawn(pull(buffer, self.entries.clone()));
        self.pullers.insert(service.to_owned(), puller);
    }

    /// Pulls the output of a service no more.
    pub fn drop_service(&mut self, service: &str) {
        if let Some(puller) = self.pullers.remove(service) {
            puller.abort();
        }
    }

    /// Sends what is left.
    pub async fn stop(self) {
        let (done, is_done) = oneshot::channel();
        let (seen, _is_seen) = oneshot::channel();
        if self.orders.send((Order::End(done), seen)).await.is_ok() {
            let _ = is_done.await;
        }
        for puller in self.pullers.into_values() {
            puller.abort();
        }
    }
}

async fn pull(buffer: Arc<Buffer>, entries: mpsc::Sender<Entry>) {
    let (mut place, mut grown) = (Place::default(), buffer.watch());
    loop {
        for entry in buffer.read(&mut place) {
            if entries.send(entry).await.is_err() {
                return;
            }
        }
        if grown.changed().await.is_err() {
            return;
        }
    }
}

struct Gathering {
    clock: Clock,
    target: String,
    outbox: Outbox,
}

impl Gathering {
    async fn run(
        mut self,
        mut orders: mpsc::Receiver<(Order, oneshot::Sender<()>)>,
        mut entries: mpsc::Receiver<Entry>,
    ) {
        let (mut count, mut due) = (0, None);
        loop {
            let clock = self.clock;
            let timer = async {
                match due {
                    Some(due) => clock.sleep(PATIENCE.saturating_sub(clock.since(due))).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                order = orders.recv() => {
                    let Some((order, seen)) = order else { return };
                    let _ = seen.send(());
                    self.flush().await;
                    if !self.obey(order, &mut entries).await {
                        return;
                    }
                }
                Some(entry) = entries.recv() => {
                    self.outbox.add(entry);
                    count += 1;
                    due.get_or_insert(clock.now());
                    if count < MOST_ENTRIES {
                        continue;
                    }
                    self.flush().await;
                }
                () = timer => self.flush().await,
            }
            (count, due) = (0, None);
        }
    }

    /// Answers whether to go on.
    async fn obey(&mut self, order: Order, entries: &mut mpsc::Receiver<Entry>) -> bool {
        match order {
            Order::Label(service, Some(labels)) => drop(self.outbox.labels.insert(service, labels)),
            Order::Label(service, None) => drop(self.outbox.labels.remove(&service)),
            Order::End(done) => {
                self.finish(entries).await;
                let _ = done.send(());
                return false;
            }
        }
        true
    }

    async fn flush(&mut self) {
        if let Err(error) = self.outbox.flush(self.clock).await {
            eprintln!("Cannot flush logs to target {:?}: {error}", self.target);
        }
    }

    async fn finish(&mut self, entries: &mut mpsc::Receiver<Entry>) {
        while let Ok(Some(entry)) = self.clock.within(LAST_LINES, entries.recv()).await {
            self.outbox.add(entry);
        }
        let clock = self.clock;
        let _ = clock.within(LAST_PUSH, self.flush()).await;
    }
}
