//! Ports that the unit opens.

use crate::juju::{ToolError, Tools};

impl Tools {
    /// The unit's open ports, such as `3000/tcp`, with those this hook opened.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn opened_ports(&self) -> Result<Vec<String>, ToolError> {
        let ports: Option<Vec<String>> = self.read("opened-ports", &["--format=json"], "a list of ports").await?;
        Ok(ports.unwrap_or_default())
    }

    /// Opens a port, such as `3000/tcp`, when the hook succeeds.
    ///
    /// # Errors
    ///
    /// Those of every hook tool.
    pub async fn open_port(&self, port: &str) -> Result<(), ToolError> {
        self.run("open-port", &[port]).await
    }
}
