//! Pebble itself.

use serde::Deserialize;

use crate::pebble::{
    Pebble, PebbleError,
    transport::{READ, Request},
};

/// Which Pebble answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SystemInfo {
    /// New for each start of the container; layers that were added before are gone.
    pub boot_id: String,
    /// Such as `v1.26.0`.
    #[serde(default)]
    pub version: String,
}

#[derive(Deserialize)]
struct Health {
    healthy: bool,
}

impl Pebble {
    /// Which Pebble answers, and since which start.
    ///
    /// # Errors
    ///
    /// Those of every request.
    pub async fn system_info(&self) -> Result<SystemInfo, PebbleError> {
        self.read(Request::get("/v1/system-info", READ), "what Pebble says of itself").await
    }

    /// Whether Kubernetes would call the container healthy at a level, such as `ready`.
    ///
    /// # Errors
    ///
    /// Those of every request; to be unhealthy is none.
    pub async fn is_healthy(&self, level: &str) -> Result<bool, PebbleError> {
        let request = Request::get("/v1/health", READ).with("level", level);
        let health: Health = self.read(request, "a health").await?;
        Ok(health.healthy)
    }
}
