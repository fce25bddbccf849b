//! Why a trace did not arrive.

use std::error::Error;

/// What can happen to a trace on its way to the receiver. No text of it holds the receiver's address, which may carry a
/// password.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The relation holds something else than a URL.
    #[error("sending the trace failed: the address of the receiver is not a URL")]
    Address,
    /// The receiver wants TLS or a protocol that is not HTTP. TLS is missing from this program on purpose.
    #[error("sending the trace failed: the receiver requires {0}, and this charm only supports http")]
    Scheme(String),
    /// The trace is larger than receivers are ready to take.
    #[error("sending the trace failed: it has {0} bytes")]
    Size(usize),
    /// The receiver cannot be reached, or what answers does not speak HTTP. Ordinary while it restarts.
    #[error("sending the trace failed: {}", root(.0))]
    Connection(#[source] reqwest::Error),
    /// The receiver did not answer in time.
    #[error("sending the trace failed: no answer in time")]
    Timeout,
    /// The receiver refused the trace.
    #[error("sending the trace failed: the receiver answered with status {0}")]
    Refused(u16),
}

impl From<reqwest::Error> for SendError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::Timeout } else { Self::Connection(error.without_url()) }
    }
}

/// The innermost cause: the outer ones only say that a request failed.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
