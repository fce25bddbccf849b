//! One line of a service's output, as readers get it.

use crate::timestamp;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// A line, or what has come of it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it began; milliseconds count.
    pub time: OffsetDateTime,
    /// Whose it is.
    pub service: String,
    /// Without its end.
    pub message: String,
}

impl Entry {
    /// As clients of the API see it.
    #[must_use]
    pub fn view(&self) -> Value {
        json!({"time": timestamp::format(self.time), "service": self.service, "message": self.message})
    }

    /// As Pebble's own output shows it.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} [{}] {}\n", timestamp::format_millis(self.time), self.service, self.message)
    }
}
