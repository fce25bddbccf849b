//! Services: their states, and requests to start and stop them.

use serde::Deserialize;
use serde_json::json;

use crate::pebble::{
    ChangeId, Pebble, PebbleError,
    transport::{READ, Request, WRITE},
};

/// A service as Pebble lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ServiceInfo {
    /// Its name in the plan.
    pub name: String,
    /// Its state.
    pub current: ServiceStatus,
    /// Since when it has been in that state, in RFC 3339.
    ///
    /// *Empty*: it was never started.
    #[serde(default)]
    pub current_since: Option<String>,
}

/// The state of a service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceStatus {
    /// It runs, or is in its first second.
    Active,
    /// It was never started, or is stopped or being stopped.
    Inactive,
    /// It ended by itself and is about to be restarted.
    Backoff,
    /// It failed to start, or ended by itself and is not restarted.
    Error,
    /// A state of a newer Pebble.
    #[serde(untagged)]
    Other(String),
}

impl Pebble {
    /// The state of all services of the plan.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails.
    pub async fn services(&self) -> Result<Vec<ServiceInfo>, PebbleError> {
        self.list(Request::get("/v1/services", READ), "a list of services").await
    }

    /// Restarts running services whose configuration changed, and starts enabled ones; the change has the outcome.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails.
    pub async fn replan(&self) -> Result<ChangeId, PebbleError> {
        self.services_action("replan", &[]).await
    }

    /// Starts services. A running service is not restarted but adopts the plan, so the next replan sees no change in it.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails, for example because a service is unknown.
    pub async fn start(&self, services: &[&str]) -> Result<ChangeId, PebbleError> {
        self.services_action("start", services).await
    }

    /// Restarts services, also those whose configuration has not changed.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails, for example because a service is unknown.
    pub async fn restart(&self, services: &[&str]) -> Result<ChangeId, PebbleError> {
        self.services_action("restart", services).await
    }

    /// Stops services and those that require them.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails, for example because a service is unknown.
    pub async fn stop(&self, services: &[&str]) -> Result<ChangeId, PebbleError> {
        self.services_action("stop", services).await
    }

    async fn services_action(&self, action: &str, services: &[&str]) -> Result<ChangeId, PebbleError> {
        let body = json!({"action": action, "services": services});
        self.begin(Request::post("/v1/services", body, WRITE)).await.map(|(change, _)| change)
    }
}
