//! The state that the controller stores for the unit.

use std::collections::BTreeMap;

use crate::juju::{ToolError, Tools};

impl Tools {
    /// All stored values by key.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn state_get(&self) -> Result<BTreeMap<String, String>, ToolError> {
        // An empty state is `null` in one version of Juju and `{}` in another.
        let state: Option<_> = self.read("state-get", &["--format=json"], "a map of texts").await?;
        Ok(state.unwrap_or_default())
    }

    /// Deletes keys when the hook succeeds; unknown keys are ignored.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn state_delete(&self, keys: &[&str]) -> Result<(), ToolError> {
        for key in keys {
            self.run("state-delete", &["--", key]).await?;
        }
        Ok(())
    }
}
