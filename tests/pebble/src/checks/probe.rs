//! One run of a check.

use super::{program, tcp};
use crate::{daemon::Daemon, duration, plan::Check};
use std::sync::Arc;

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In a few words.
    pub message: String,
    /// The first lines of an answer, or the last of an output.
    pub details: String,
}

impl Failure {
    /// A failure without details.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), details: String::new() }
    }

    /// The message with the details, if there are any.
    #[must_use]
    pub fn detailed(&self) -> String {
        if self.details.is_empty() { self.message.clone() } else { format!("{}; {}", self.message, self.details) }
    }
}

/// Runs a check once, within its timeout.
///
/// # Errors
/// Why it failed.
pub async fn run(daemon: &Arc<Daemon>, check: &Check) -> Result<(), Failure> {
    let patience = check.patience();
    let late = || Failure::new(format!("check timed out after {}", duration::format(patience)));
    if let Some(exec) = &check.probe.exec {
        return program::run(daemon, exec, patience).await?.ok_or_else(late);
    }
    let probing = async {
        match (&check.probe.http, &check.probe.tcp) {
            (Some(http), _) => daemon.machine.ask(http).await,
            (None, Some(tcp)) => tcp::run(tcp).await,
            (None, None) => Ok(()),
        }
    };
    daemon.clock.within(patience, probing).await.unwrap_or_else(|_| Err(late()))
}
