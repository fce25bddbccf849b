//! Sends what a log target has gathered, and keeps it if the target is not well.

use super::{
    Entry,
    loki::{self, Labels},
};
use crate::http_client;
use clock::Clock;
use std::{collections::BTreeMap, time::Duration};

/// Entries that wait at most; older ones are dropped.
pub const MOST_ENTRIES: usize = 100;
/// How long a target may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Entries on their way to a target.
#[derive(Debug, Default)]
pub struct Outbox {
    location: Option<String>,
    /// By service.
    pub labels: BTreeMap<String, Labels>,
    entries: Vec<Entry>,
}

impl Outbox {
    /// An empty outbox for a place; without one, what comes is dropped.
    #[must_use]
    pub fn new(location: Option<String>) -> Self {
        Self { location, ..Self::default() }
    }

    /// Adds an entry.
    pub fn add(&mut self, entry: Entry) {
        if self.entries.len() >= MOST_ENTRIES {
            self.entries.remove(0);
        }
        self.entries.push(entry);
    }

    /// Sends all entries. They stay if the target is not there, too busy or broken, and go if it refuses them.
    ///
    /// # Errors
    /// What the target answered.
    pub async fn flush(&mut self, clock: Clock) -> Result<(), String> {
        let Some(location) = &self.location else {
            self.entries.clear();
            return Ok(());
        };
        if self.entries.is_empty() {
            return Ok(());
        }
        let body = loki::body(&self.entries, &self.labels).to_string().into_bytes();
        let agent = format!("pebble/{}", crate::VERSION);
        let headers = [("Content-Type", "application/json; charset=utf-8"), ("User-Agent", agent.as_str())];
        let answer = clock.within(ANSWER_TIMEOUT, http_client::post(location, &headers, body)).await;
        let answer = answer.unwrap_or_else(|_| Err(format!("Post {location:?}: context deadline exceeded")))?;
        let is_taken = matches!(answer.status, 200 | 204);
        if is_taken || (answer.status != 429 && (400..500).contains(&answer.status)) {
            self.entries.clear();
        }
        if is_taken { Ok(()) } else { Err(format!("server returned HTTP {} {}", answer.status, answer.reason)) }
    }
}
