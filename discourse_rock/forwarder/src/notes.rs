//! What the log says: a failure when it begins and when it is over, never once per request.

use std::{
    collections::BTreeSet,
    fmt::Display,
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What can go wrong, as far as the log tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// Nobody listens at the collector's address, or its name is unknown.
    Away,
    /// The collector does not answer in time.
    Slow,
    /// The collector's answer is no metrics.
    Garbled,
    /// A connection could not be taken.
    Accept,
}

/// The failures that the log tells of at present.
#[derive(Debug, Default)]
pub struct Notes(Mutex<BTreeSet<Failure>>);

impl Notes {
    /// Tells of a failure that the log does not know yet.
    pub fn failed(&self, failure: Failure, what: impl Display) {
        if self.lock().insert(failure) {
            say(format_args!("{what}; further ones of this kind are not logged"));
        }
    }

    /// Tells that the collector answers, if the log says otherwise.
    pub fn collector_answered(&self) {
        let mut failures = self.lock();
        let before = failures.len();
        failures.retain(|failure| *failure == Failure::Accept);
        if failures.len() < before {
            say("the collector answers again");
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Failure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a line for whoever reads standard error; that nobody does is no reason to fail.
pub fn say(text: impl Display) {
    drop(writeln!(io::stderr(), "metrics-forwarder: {text}"));
}
