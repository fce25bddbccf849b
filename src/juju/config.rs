//! The application's options and its leader.

use serde_json::{Map, Value};

use crate::juju::{ToolError, Tools};

impl Tools {
    /// The application's options, as they were at the first call in this hook.
    ///
    /// *Empty*: an option with neither a value nor a default is left out.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn config_get(&self) -> Result<Map<String, Value>, ToolError> {
        self.read("config-get", &["--format=json"], "a map of options").await
    }

    /// Whether this unit is the leader; if so, it remains so for at least 30 seconds.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn is_leader(&self) -> Result<bool, ToolError> {
        self.read("is-leader", &["--format=json"], "true or false").await
    }
}
