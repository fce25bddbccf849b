//! The ports of the unit.

use crate::juju::{ToolError, Tools};

impl Tools {
    /// Opens a port, such as `3000/tcp`; Juju does so when the hook succeeds.
    ///
    /// # Errors
    ///
    /// [`ToolError`] if the tool fails.
    pub async fn open_port(&self, port: &str) -> Result<(), ToolError> {
        self.run("open-port", &[port]).await
    }
}
