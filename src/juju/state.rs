//! What the controller keeps for the unit.

use std::collections::BTreeMap;

use crate::juju::{ToolError, Tools};

impl Tools {
    /// All that is kept.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn state_get(&self) -> Result<BTreeMap<String, String>, ToolError> {
        // Nothing kept is `null` in one version of Juju and `{}` in another.
        let state: Option<_> = self.read("state-get", &["--format=json"], "a map of texts").await?;
        Ok(state.unwrap_or_default())
    }

    /// Forgets keys when the hook succeeds; one that is not there does no harm.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn state_delete(&self, keys: &[&str]) -> Result<(), ToolError> {
        for key in keys {
            self.run("state-delete", &["--", key]).await?;
        }
        Ok(())
    }
}
