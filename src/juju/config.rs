//! What the model and the controller say: options, leadership.

use serde_json::{Map, Value};

use crate::juju::{ToolError, Tools};

impl Tools {
    /// The application's options, as they were when this hook first asked.
    ///
    /// *Empty*: an option without value and default is left out.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn config_get(&self) -> Result<Map<String, Value>, ToolError> {
        self.read("config-get", &["--format=json"], "a map of options").await
    }

    /// Whether this unit leads; if so, for 30 seconds at least.
    ///
    /// # Errors
    ///
    /// Those of every hook tool; not to lead is none.
    pub async fn is_leader(&self) -> Result<bool, ToolError> {
        self.read("is-leader", &["--format=json"], "true or false").await
    }
}
