//! Why Pebble did not do what it was asked.

use crate::pebble::Task;

/// What can happen to a request. No text of it holds a body that was sent or received, since these hold secrets.
#[derive(Debug, thiserror::Error)]
pub enum PebbleError {
    /// Nobody answers at the socket: not started yet, restarting or killed. Ordinary; Juju tells when Pebble is back.
    #[error("reach Pebble for {request}: {reason}")]
    Unreachable {
        /// What was asked, such as `GET /v1/plan`.
        request: String,
        /// What the socket said.
        reason: String,
    },
    /// Pebble refused the request.
    #[error("{request}: Pebble refused with status {status}: {message}")]
    Api {
        /// What was asked.
        request: String,
        /// HTTP status.
        status: u16,
        /// Pebble's word for the reason; most have none.
        kind: Option<String>,
        /// Pebble's explanation.
        message: String,
    },
    /// Pebble took the request, and the work failed.
    #[error("{summary}: {err}")]
    Change {
        /// What was to be done, in Pebble's words.
        summary: String,
        /// What went wrong, in Pebble's words.
        err: String,
        /// The steps, with their logs.
        tasks: Vec<Task>,
    },
    /// The time that the caller gave is up. The work may still go on, unless it was an attached command, which is ended.
    #[error("{request}: no answer in time")]
    Timeout {
        /// What was asked.
        request: String,
    },
    /// The answer is not what Pebble is documented to answer: a defect, or not a Pebble.
    #[error("{request}: {reason}")]
    Protocol {
        /// What was asked.
        request: String,
        /// What was read, and what is wrong with it.
        reason: String,
    },
}

impl PebbleError {
    /// Whether nobody answers at the socket.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// Whether what was asked for does not exist, such as a change of a Pebble that was restarted since.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Api { status: 404, .. })
    }

    /// Whether the time was up.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    pub(super) fn unreachable(request: &str, reason: impl Into<String>) -> Self {
        Self::Unreachable { request: request.to_owned(), reason: reason.into() }
    }

    pub(super) fn timeout(request: &str) -> Self {
        Self::Timeout { request: request.to_owned() }
    }

    pub(super) fn protocol(request: &str, reason: impl Into<String>) -> Self {
        Self::Protocol { request: request.to_owned(), reason: reason.into() }
    }
}
