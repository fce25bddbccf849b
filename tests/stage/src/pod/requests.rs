//! What the charm asked of Pebble, and what shall go wrong with it.

use crate::hook::PebbleRequest;
use clock::Clock;
use serde::{Deserialize, Serialize};
use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use time::OffsetDateTime;

/// The log of the requests of one pod; clones share it.
#[derive(Debug, Clone)]
pub struct Requests {
    clock: Clock,
    log: Arc<Mutex<Log>>,
}

/// How Pebble fails for the charm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// The socket is there and nothing listens, as after a kill.
    Refused,
    /// There is no socket, as before the first start.
    Gone,
    /// Every request waits this long before Pebble sees it; nominal time.
    Slow(Duration),
    /// The connection ends after so many bytes of an answer.
    Cut(usize),
    /// The connection ends when an answer takes longer than this, and Pebble goes on with the request; nominal time.
    Late(Duration),
}

/// Where in the course of a request something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The charm has asked; Pebble has not seen it.
    Before,
    /// Pebble has answered; the charm has not seen it.
    After,
}

/// How a request goes on after something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As if nothing had been done.
    Pass,
    /// The connection ends here.
    Cut,
}

type Act = Box<dyn FnOnce() -> Verdict + Send>;

#[derive(Default)]
struct Log {
    entries: Vec<PebbleRequest>,
    /// Counts the resets, so that a late answer is not taken for that of a newer request.
    round: u64,
    acts: Vec<(usize, Moment, Act)>,
    fault: Option<Fault>,
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Ticket {
    round: u64,
    index: usize,
    begin: Instant,
}

impl Requests {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, log: Arc::default() }
    }

    /// The requests since the last reset, in the order in which they came.
    #[must_use]
    pub fn entries(&self) -> Vec<PebbleRequest> {
        self.lock().entries.clone()
    }

    /// Returns the requests since the last reset, and forgets them and all that was to be done.
    #[must_use]
    pub fn take(&self) -> Vec<PebbleRequest> {
        let mut log = self.lock();
        log.round += 1;
        log.acts.clear();
        mem::take(&mut log.entries)
    }

    /// Does something once, at a moment of the `number`-th request (from 1) after the last reset.
    pub fn on(&self, number: usize, moment: Moment, act: impl FnOnce() -> Verdict + Send + 'static) {
        self.lock().acts.push((number, moment, Box::new(act)));
    }

    pub(super) fn set_fault(&self, fault: Option<Fault>) {
        self.lock().fault = fault;
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        self.lock().fault
    }

    /// How long an answer may take; real time.
    pub(super) fn patience(&self) -> Option<Duration> {
        match self.fault() {
            Some(Fault::Late(nominal)) => Some(self.clock.scaled(nominal)),
            _ => None,
        }
    }

    /// Notes a request that came; none if its connection must end.
    pub(super) fn begin(&self, method: &str, path: &str) -> Option<Ticket> {
        if let Some(Fault::Slow(delay)) = self.fault() {
            self.clock.pause(delay);
        }
        let mut log = self.lock();
        let request = PebbleRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            status: None,
            began: OffsetDateTime::now_utc(),
            millis: 0.0,
        };
        log.entries.push(request);
        let ticket = Ticket { round: log.round, index: log.entries.len() - 1, begin: self.clock.now() };
        drop(log);
        self.act(&ticket, Moment::Before).map(|()| ticket)
    }

    /// Notes an answer; none if its connection must end.
    pub(super) fn end(&self, ticket: &Ticket, status: u16) -> Option<()> {
        let mut log = self.lock();
        if log.round == ticket.round
            && let Some(entry) = log.entries.get_mut(ticket.index)
        {
            entry.status = Some(status);
            entry.millis = ticket.begin.elapsed().as_secs_f64() * 1000.0;
        }
        drop(log);
        self.act(ticket, Moment::After)
    }

    fn act(&self, ticket: &Ticket, moment: Moment) -> Option<()> {
        let mut log = self.lock();
        let is_due = |due: &(usize, Moment, Act)| due.0 == ticket.index + 1 && due.1 == moment;
        let due = if log.round == ticket.round { log.acts.iter().position(is_due) } else { None };
        let act = due.map(|index| log.acts.swap_remove(index).2);
        // An act may look at the log.
        drop(log);
        (act.is_none_or(|act| act() == Verdict::Pass)).then_some(())
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Log")
            .field("entries", &self.entries)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}
