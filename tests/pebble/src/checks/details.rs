//! What a check's task remembers of its runs.

use serde::{Deserialize, Serialize};

/// The counts of a check.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Details {
    /// The check's name.
    pub name: String,
    /// Failures in a row.
    pub failures: u64,
    /// Runs that succeeded.
    pub successes: u64,
    /// Whether the other kind of change follows.
    pub proceeds: bool,
}
