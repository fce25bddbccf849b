//! The log: one line when a kind of failure begins and one when it ends, instead of one per request.

use std::{
    collections::BTreeSet,
    fmt::Display,
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The kinds of failures that the log distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// The collector does not listen, or its name is unknown.
    Away,
    /// The collector does not answer in time.
    Slow,
    /// The collector's answer does not contain metrics.
    Garbled,
    /// A connection could not be accepted.
    Accept,
}

/// The failures that have been logged and have not ended.
#[derive(Debug, Default)]
pub struct Notes(Mutex<BTreeSet<Failure>>);

impl Notes {
    /// Logs a failure, unless one of its kind has been logged.
    pub fn failed(&self, failure: Failure, what: impl Display) {
        if self.lock().insert(failure) {
            say(format_args!("{what}; further ones of this kind are not logged"));
        }
    }

    /// Logs that the collector answers, if a failure of it has been logged.
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

/// Writes a line to standard error, and ignores that it may be closed.
pub fn say(text: impl Display) {
    drop(writeln!(io::stderr(), "metrics-forwarder: {text}"));
}
