//! How far a task or a change is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A status of a task or change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// To be done.
    Do,
    /// Being done.
    Doing,
    /// Done.
    Done,
    /// Being done, but it shall end.
    Abort,
    /// To be undone; nothing here can be undone, so it becomes done again.
    Undo,
    /// Failed.
    Error,
    /// Not to be done any more.
    Hold,
}

impl Status {
    /// Whether it is over.
    #[must_use]
    pub fn is_ready(self) -> bool {
        matches!(self, Self::Done | Self::Error | Self::Hold)
    }

    /// Which status of its tasks a change takes: the one with the lowest rank.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self {
            Self::Abort => 0,
            Self::Undo => 1,
            Self::Doing => 2,
            Self::Do => 3,
            Self::Error => 4,
            Self::Done => 5,
            Self::Hold => 6,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}
