//! What a unit asks of the others before it replaces the forum: to stop, and to say so.

use serde::{Deserialize, Serialize};

/// The key of a unit's own request.
pub const RESTORE: &str = "restore";

/// The key of the request that a unit has stopped for: its id.
pub const RESTORE_ACK: &str = "restore-ack";

/// A request in the databag of the unit that restores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Request {
    /// The id of its job.
    pub id: String,
    /// When it was made. *Units*: seconds since 1970.
    pub time: i64,
    /// What is done once all units have stopped.
    pub what: What,
    /// How far it is.
    pub state: State,
}

/// What is done once all units have stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum What {
    /// A backup is restored.
    Restore {
        /// The backup.
        backup: String,
        /// Where it is: `local` or `s3`.
        location: String,
        /// Whether the restored forum sends no mails except to its staff.
        disable_emails: bool,
    },
    /// What an earlier restore has put aside is moved back.
    Rollback,
}

/// How far a request is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The units are to stop.
    Asked,
    /// The work has begun.
    Begun,
    /// It is over; the text is a warning.
    Over(String),
}

impl Request {
    /// Whether the units must be stopped for it.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !matches!(self.state, State::Over(_))
    }

    /// The same request, further on.
    #[must_use]
    pub fn at(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// The value in the databag.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
