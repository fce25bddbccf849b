//! What became of the requests.

use std::{collections::BTreeMap, fmt, time::Duration};

/// Everything that the clients saw. *Units*: real time, since the Service was there.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// By kind of request.
    pub requests: BTreeMap<String, Times>,
    /// Each request that did not succeed, in the order in which they ended.
    pub failures: Vec<Failure>,
    /// How long no pod was listed after the first one.
    pub without_pod: Duration,
    /// How the list of pods has changed.
    pub changes: Vec<Change>,
}

/// The requests of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// How many were sent.
    pub count: usize,
    /// The longest time to the first byte of an answer, connecting included.
    pub longest: Duration,
}

/// How a request came to its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// By a connection of its own.
    Fresh,
    /// By a connection that an ingress keeps, if there was one.
    Kept,
}

/// A request that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When it was sent.
    pub at: Duration,
    /// How long it took to fail.
    pub took: Duration,
    /// The unit that it was sent to.
    ///
    /// *Empty*: no pod was listed.
    pub unit: Option<String>,
    /// Its kind.
    pub request: String,
    /// How it came there.
    pub connection: Connection,
    /// What went wrong.
    pub cause: String,
}

/// A pod was listed, or is listed no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Duration,
    /// The unit.
    pub unit: String,
    /// Whether it is listed now.
    pub is_listed: bool,
    /// How many pods are listed now.
    pub listed: usize,
}

impl Report {
    /// How many requests were sent.
    #[must_use]
    pub fn count(&self) -> usize {
        self.requests.values().map(|times| times.count).sum()
    }

    /// The longest time to the first byte of any answer.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.requests.values().map(|times| times.longest).max().unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, failed, without) = (self.count(), self.failures.len(), self.without_pod.as_secs_f64());
        writeln!(formatter, "{count} requests, {failed} failed; {without:.1} s without a pod")?;
        for (request, Times { count, longest }) in &self.requests {
            writeln!(formatter, "{count:6} {request}: at most {:.3} s to the first byte", longest.as_secs_f64())?;
        }
        for Change { at, unit, is_listed, listed } in &self.changes {
            let verb = if *is_listed { "is listed" } else { "is dropped" };
            writeln!(formatter, "{:8.3} s  {unit} {verb}; {listed} listed", at.as_secs_f64())?;
        }
        self.failures.iter().try_for_each(|failure| writeln!(formatter, "{failure}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, connection, cause, .. } = self;
        let unit = self.unit.as_deref().unwrap_or("nobody");
        let (at, took) = (self.at.as_secs_f64(), self.took.as_secs_f64());
        write!(formatter, "{at:8.3} s  {request} to {unit} ({connection:?}) failed after {took:.3} s: {cause}")
    }
}
