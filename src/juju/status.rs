//! Status of unit and application, and the workload's version.

use serde::Deserialize;

use crate::juju::{ToolError, Tools, runner::argument};

/// A status word and the message beside it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// One of Juju's words, such as `active`; new ones are kept as they are.
    pub status: String,
    /// The message.
    #[serde(default)]
    pub message: String,
}

impl Tools {
    /// The unit's status as it was when this hook first asked.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn status_get(&self) -> Result<Status, ToolError> {
        self.read("status-get", &["--include-data", "--format=json"], "a status").await
    }

    /// Sets the unit's status, at once.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn status_set(&self, status: &str, message: &str) -> Result<(), ToolError> {
        self.run("status-set", &[status, "--", &argument(message)]).await
    }

    /// Sets the application's status, at once.
    ///
    /// # Errors
    ///
    /// Those of every hook tool; only the leader may set it.
    pub async fn application_status_set(&self, status: &str, message: &str) -> Result<(), ToolError> {
        self.run("status-set", &["--application=true", status, "--", &argument(message)]).await
    }

    /// Tells Juju the workload's version, at once; there is no way to ask for it.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn application_version_set(&self, version: &str) -> Result<(), ToolError> {
        self.run("application-version-set", &["--", &argument(version)]).await
    }
}
