//! Requests to run a check now.

use super::probe;
use crate::{daemon::Daemon, plan::Check};
use std::{sync::Arc, time::Instant};
use tokio::sync::{Mutex, mpsc, oneshot};

/// Where a run's error goes, if it has one.
pub type Reply = oneshot::Sender<Option<String>>;

/// The way from requests to whichever task runs the check.
#[derive(Debug, Clone)]
pub struct Refreshes {
    sender: mpsc::UnboundedSender<Reply>,
    receiver: Arc<Mutex<mpsc::UnboundedReceiver<Reply>>>,
}

impl Default for Refreshes {
    fn default() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { sender, receiver: Arc::new(Mutex::new(receiver)) }
    }
}

/// Why a check runs now.
pub enum Turn {
    /// Its period is over.
    Period,
    /// Somebody asked.
    Asked(Reply),
}

/// The turns of one task of a check.
pub struct Turns {
    refreshes: Refreshes,
    period: std::time::Duration,
    next: Instant,
}

impl Turns {
    /// The first turn comes after one period.
    #[must_use]
    pub fn new(daemon: &Daemon, check: &Check, refreshes: Refreshes) -> Self {
        let period = check.interval();
        Self { refreshes, period, next: daemon.clock.now() + daemon.clock.scaled(period) }
    }

    /// Waits for the next turn; a requested refresh restarts the period.
    pub async fn next(&mut self, daemon: &Daemon) -> Turn {
        let wait = daemon.clock.nominal(self.next.saturating_duration_since(daemon.clock.now()));
        tokio::select! {
            reply = asked(&self.refreshes) => {
                self.next = daemon.clock.now() + daemon.clock.scaled(self.period);
                Turn::Asked(reply)
            }
            () = daemon.clock.sleep(wait) => {
                let now = daemon.clock.now();
                let period = daemon.clock.scaled(self.period);
                self.next += period;
                if self.next + period < now {
                    self.next = now;
                }
                Turn::Period
            }
        }
    }
}

/// Waits for a request whose client is still connected.
async fn asked(refreshes: &Refreshes) -> Reply {
    let mut receiver = refreshes.receiver.lock().await;
    loop {
        match receiver.recv().await {
            Some(reply) if reply.is_closed() => {}
            Some(reply) => return reply,
            None => std::future::pending().await,
        }
    }
}

/// Runs a check now: in its task if it has one, else by itself, and then nothing counts.
pub async fn refresh(daemon: &Arc<Daemon>, check: &Check) -> Option<String> {
    let running = {
        let mut world = daemon.world();
        let state = world.checks.by_name.entry(check.name.clone()).or_default();
        state.change.map(|_| state.refreshes.clone())
    };
    match running {
        None => probe::run(daemon, check).await.err().map(|failure| failure.detailed()),
        Some(refreshes) => {
            let (reply, error) = oneshot::channel();
            let _ = refreshes.sender.send(reply);
            error.await.unwrap_or_default()
        }
    }
}
