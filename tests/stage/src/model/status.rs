//! What units and applications say about themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{fmt, str::FromStr};
use time::OffsetDateTime;

/// The word of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusKind {
    /// Never set.
    #[default]
    Unknown,
    /// The unit works on it.
    Maintenance,
    /// A person must act.
    Blocked,
    /// Something else must happen first.
    Waiting,
    /// All is well.
    Active,
    /// A hook failed; only Juju sets this.
    Error,
    /// The unit is gone; only Juju sets this.
    Terminated,
}

/// A word and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Status {
    /// The word.
    pub status: StatusKind,
    /// The sentence; may be empty.
    pub message: String,
    /// More about it, which only Juju sets: of a failed hook its name, and the like.
    #[serde(default)]
    pub data: Map<String, Value>,
}

/// A status and when it was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusEntry {
    /// What was set.
    pub status: Status,
    /// When.
    pub since: OffsetDateTime,
}

impl StatusKind {
    /// Every word.
    pub const ALL: [Self; 7] =
        [Self::Unknown, Self::Maintenance, Self::Blocked, Self::Waiting, Self::Active, Self::Error, Self::Terminated];

    /// The words that a charm may set.
    pub const SETTABLE: [Self; 4] = [Self::Maintenance, Self::Blocked, Self::Waiting, Self::Active];

    /// The word as Juju writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Maintenance => "maintenance",
            Self::Blocked => "blocked",
            Self::Waiting => "waiting",
            Self::Active => "active",
            Self::Error => "error",
            Self::Terminated => "terminated",
        }
    }
}

impl Status {
    /// A status of this word and sentence.
    #[must_use]
    pub fn new(status: StatusKind, message: &str) -> Self {
        Self { status, message: message.to_owned(), data: Map::new() }
    }

    /// `active` with a sentence.
    #[must_use]
    pub fn active(message: &str) -> Self {
        Self::new(StatusKind::Active, message)
    }

    /// `blocked` with a sentence.
    #[must_use]
    pub fn blocked(message: &str) -> Self {
        Self::new(StatusKind::Blocked, message)
    }

    /// `waiting` with a sentence.
    #[must_use]
    pub fn waiting(message: &str) -> Self {
        Self::new(StatusKind::Waiting, message)
    }

    /// `maintenance` with a sentence.
    #[must_use]
    pub fn maintenance(message: &str) -> Self {
        Self::new(StatusKind::Maintenance, message)
    }

    /// Never set.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }
}

impl fmt::Display for StatusKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.word())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => write!(formatter, "{}", self.status),
            message => write!(formatter, "{}: {message}", self.status),
        }
    }
}

impl FromStr for StatusKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| word.to_owned())
    }
}
