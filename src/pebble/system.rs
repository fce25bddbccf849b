//! The Pebble daemon itself.

use serde::Deserialize;

use crate::pebble::{
    Pebble, PebbleError,
    transport::{READ, Request},
};

/// The identity of a Pebble daemon.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SystemInfo {
    /// A new value for each start of the container, which also discards all added layers.
    pub boot_id: String,
    /// Its version, such as `v1.26.0`.
    #[serde(default)]
    pub version: String,
}

#[derive(Deserialize)]
struct Health {
    healthy: bool,
}

impl Pebble {
    /// The version of Pebble and the identifier of its boot.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails.
    pub async fn system_info(&self) -> Result<SystemInfo, PebbleError> {
        self.read(Request::get("/v1/system-info", READ), "system information").await
    }

    /// Whether the checks of a level, such as `ready`, are up; this is what Kubernetes' probes ask.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails.
    pub async fn is_healthy(&self, level: &str) -> Result<bool, PebbleError> {
        let request = Request::get("/v1/health", READ).with("level", level);
        let health: Health = self.read(request, "a health state").await?;
        Ok(health.healthy)
    }
}
