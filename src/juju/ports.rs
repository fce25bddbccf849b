//! Ports that the unit opens.

use crate::juju::{ToolError, Tools};

impl Tools {
    /// Opens a port, such as `3000/tcp`, when the hook succeeds.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn open_port(&self, port: &str) -> Result<(), ToolError> {
        self.run("open-port", &[port]).await
    }
}
