//! Failures of requests to Pebble.

use crate::{excerpt::Excerpt, pebble::Task};

/// The failure of a request. Its text contains no body that was sent or received, because bodies contain secrets.
#[derive(Debug, thiserror::Error)]
pub enum PebbleError {
    /// Pebble does not listen: it has not started yet, restarts, or was killed. Juju dispatches `pebble-ready` when it is back.
    #[error("reach Pebble for {request}: {}", Excerpt::of(reason))]
    Unreachable {
        /// Method and path, such as `GET /v1/plan`.
        request: String,
        /// The error of the socket.
        reason: String,
    },
    /// Pebble rejected the request.
    #[error("{request}: Pebble answered with status {status}: {}", Excerpt::of(message))]
    Api {
        /// Method and path.
        request: String,
        /// The HTTP status.
        status: u16,
        /// Pebble's identifier of the reason.
        ///
        /// *Empty*: most rejections have none.
        kind: Option<String>,
        /// Pebble's message.
        message: String,
    },
    /// Pebble accepted the request, but the change failed.
    #[error("{}: {}", Excerpt::of(summary), Excerpt::of(err))]
    Change {
        /// Pebble's description of the change.
        summary: String,
        /// Pebble's error message.
        err: String,
        /// The tasks with their logs.
        tasks: Vec<Task>,
    },
    /// No answer came in time. Pebble may still carry the request out, except for an attached command, which is killed.
    #[error("{request}: no answer in time")]
    Timeout {
        /// Method and path.
        request: String,
    },
    /// The answer does not have the documented format: Pebble has a defect, or another program answers.
    #[error("{request}: {}", Excerpt::of(reason))]
    Protocol {
        /// Method and path.
        request: String,
        /// The part of the answer that is wrong, and why.
        reason: String,
    },
}

impl PebbleError {
    /// Whether Pebble does not listen.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// Whether the requested item does not exist, such as a change from before a restart of Pebble.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Api { status: 404, .. })
    }

    /// Whether no answer came in time.
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
