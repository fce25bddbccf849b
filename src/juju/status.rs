//! The status of unit and application, and the version of the workload.

use serde::Deserialize;

use crate::juju::{ToolError, Tools, runner::argument};

/// A status and its message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Status {
    /// One of Juju's status values, such as `active`; unknown ones are kept.
    pub status: String,
    /// The message.
    #[serde(default)]
    pub message: String,
}

impl Tools {
    /// The unit's status, as it was at the first call in this hook.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn status_get(&self) -> Result<Status, ToolError> {
        self.read("status-get", &["--include-data", "--format=json"], "a status").await
    }

    /// Sets the unit's status, at once.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn status_set(&self, status: &str, message: &str) -> Result<(), ToolError> {
        self.run("status-set", &[status, "--", &argument(message)]).await
    }

    /// Sets the application's status, at once.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails; only the leader may set it.
    pub async fn application_status_set(&self, status: &str, message: &str) -> Result<(), ToolError> {
        self.run("status-set", &["--application=true", status, "--", &argument(message)]).await
    }

    /// Sets the workload's version at once; Juju has no tool that reads it.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn application_version_set(&self, version: &str) -> Result<(), ToolError> {
        self.run("application-version-set", &["--", &argument(version)]).await
    }
}
