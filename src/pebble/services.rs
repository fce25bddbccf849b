//! Services: how they are, and starting and stopping them.

use serde::Deserialize;
use serde_json::json;

use crate::pebble::{
    ChangeId, Pebble, PebbleError,
    transport::{READ, Request, WRITE},
};

/// How a service is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ServiceInfo {
    /// Its name in the plan.
    pub name: String,
    /// `enabled` or `disabled`.
    #[serde(default)]
    pub startup: String,
    /// `active`, `inactive`, `backoff` or `error`.
    #[serde(default)]
    pub current: String,
    /// Since when it is so, in RFC 3339.
    ///
    /// *Empty*: it was never tried.
    #[serde(default)]
    pub current_since: Option<String>,
}

impl ServiceInfo {
    /// Whether it runs, or is in its first second.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.current == "active"
    }
}

impl Pebble {
    /// All services of the plan.
    ///
    /// # Errors
    ///
    /// Those of every request.
    pub async fn services(&self) -> Result<Vec<ServiceInfo>, PebbleError> {
        self.list(Request::get("/v1/services", READ), "a list of services").await
    }

    /// Restarts the services whose plan changed and starts the enabled ones; the change tells the outcome.
    ///
    /// # Errors
    ///
    /// Those of every request.
    pub async fn replan(&self) -> Result<ChangeId, PebbleError> {
        self.services_action("replan", &[]).await
    }

    /// Starts services. A running one only takes note of the present plan, which hides a changed layer from the next replan.
    ///
    /// # Errors
    ///
    /// Those of every request; an unknown service is refused.
    pub async fn start(&self, services: &[&str]) -> Result<ChangeId, PebbleError> {
        self.services_action("start", services).await
    }

    /// Stops services and those that require them.
    ///
    /// # Errors
    ///
    /// Those of every request; an unknown service is refused.
    pub async fn stop(&self, services: &[&str]) -> Result<ChangeId, PebbleError> {
        self.services_action("stop", services).await
    }

    async fn services_action(&self, action: &str, services: &[&str]) -> Result<ChangeId, PebbleError> {
        let body = json!({"action": action, "services": services});
        self.begin(Request::post("/v1/services", body, WRITE)).await.map(|(change, _)| change)
    }
}
