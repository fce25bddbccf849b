//! Health checks: their states, and requests to run, start and stop them.

use serde::Deserialize;
use serde_json::json;

use crate::pebble::{
    ChangeId, Pebble, PebbleError,
    transport::{READ, REFRESH, Request, WRITE},
};

/// A check as Pebble lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CheckInfo {
    /// Its name in the plan.
    pub name: String,
    /// Its state.
    pub status: CheckStatus,
    /// Successful runs since it was started.
    ///
    /// *Empty*: this Pebble is older than 1.23 and does not count them.
    #[serde(default)]
    pub successes: Option<u64>,
    /// Failed runs in a row.
    #[serde(default)]
    pub failures: u64,
    /// Failed runs in a row after which it is down.
    #[serde(default)]
    pub threshold: u64,
    /// The change that runs it; a later change has a greater number.
    ///
    /// *Empty*: it is stopped.
    #[serde(default)]
    pub change_id: Option<ChangeId>,
}

/// The state of a check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckStatus {
    /// It has not failed often enough to be down; also before its first run.
    Up,
    /// It has failed as often in a row as its threshold says.
    Down,
    /// It is stopped.
    Inactive,
    /// A state of a newer Pebble.
    #[serde(untagged)]
    Other(String),
}

impl CheckInfo {
    /// Whether it is stopped.
    #[must_use]
    pub fn is_inactive(&self) -> bool {
        self.status == CheckStatus::Inactive
    }

    /// Whether it has failed as often in a row as its threshold says.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.status == CheckStatus::Down
    }
}

/// The result of one run of a check. Its counters are left out, since they may predate the run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RefreshOutcome {
    /// Why it failed.
    ///
    /// *Empty*: it succeeded.
    #[serde(default)]
    pub error: Option<String>,
}

#[derive(Deserialize)]
struct Changed {
    // Before Pebble 1.28, an empty list is `null`.
    #[serde(default)]
    changed: Option<Vec<String>>,
}

impl Pebble {
    /// The state of all checks of the plan.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails.
    pub async fn checks(&self) -> Result<Vec<CheckInfo>, PebbleError> {
        self.list(Request::get("/v1/checks", READ), "a list of checks").await
    }

    /// Runs a check at once and returns its result.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails, for example because the check is unknown. A failed check is a result, not an error.
    pub async fn refresh_check(&self, name: &str) -> Result<RefreshOutcome, PebbleError> {
        self.read(Request::post("/v1/checks/refresh", json!({"name": name}), REFRESH), "the result of a check").await
    }

    /// Starts checks and returns those that were stopped before.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails, for example because a check is unknown.
    pub async fn start_checks(&self, checks: &[&str]) -> Result<Vec<String>, PebbleError> {
        self.checks_action("start", checks).await
    }

    /// Stops checks and returns those that were running before. Any new layer or replan starts the enabled ones again.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails, for example because a check is unknown.
    pub async fn stop_checks(&self, checks: &[&str]) -> Result<Vec<String>, PebbleError> {
        self.checks_action("stop", checks).await
    }

    async fn checks_action(&self, action: &str, checks: &[&str]) -> Result<Vec<String>, PebbleError> {
        let request = Request::post("/v1/checks", json!({"action": action, "checks": checks}), WRITE);
        let answer: Changed = self.read(request, "the checks that changed").await?;
        Ok(answer.changed.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value};

    #[test]
    fn a_state_that_is_not_known_is_kept() {
        let [up, other] = ["up", "paused"].map(|word| from_value::<CheckStatus>(Value::from(word)).unwrap());
        assert_eq!((up, other), (CheckStatus::Up, CheckStatus::Other("paused".to_owned())));
    }
}
