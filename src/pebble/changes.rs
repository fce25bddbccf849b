//! Changes: tasks that Pebble runs in the background.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::pebble::{
    Pebble, PebbleError, duration,
    transport::{DELIVERY, READ, Request, WRITE},
};

/// The kinds of changes that start or stop services.
const SERVICE_KINDS: [&str; 5] = ["start", "stop", "restart", "autostart", "replan"];

/// The number of a change; numbering starts again when Pebble loses its state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeId(String);

impl ChangeId {
    /// The number, which is greater for a later change.
    ///
    /// *Empty*: the identifier is not a number.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.0.parse().ok()
    }
}

impl From<String> for ChangeId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A change that is in progress or has ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// Its identifier.
    pub id: ChangeId,
    /// Its kind, such as `replan` or `exec`.
    #[serde(default)]
    pub kind: String,
    /// Pebble's description; for an exec, `Execute command "<program>"`.
    #[serde(default)]
    pub summary: String,
    /// Its state, such as `Doing`, `Done` or `Error`.
    #[serde(default)]
    pub status: String,
    /// Whether it has ended, successfully or not.
    #[serde(default)]
    pub ready: bool,
    /// Why it failed.
    ///
    /// *Empty*: it has not failed.
    #[serde(default)]
    pub err: Option<String>,
    /// Its tasks.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub tasks: Vec<Task>,
    /// When it was requested, in RFC 3339.
    #[serde(default)]
    pub spawn_time: Option<String>,
    /// When it ended, in RFC 3339.
    #[serde(default)]
    pub ready_time: Option<String>,
}

/// A task of a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Task {
    /// Pebble's description.
    #[serde(default)]
    pub summary: String,
    /// Its state, such as `Doing`, `Done` or `Error`.
    #[serde(default)]
    pub status: String,
    /// Lines with time and level, including the last output of a service that failed.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub log: Vec<String>,
    /// Its result, such as the exit code of a command.
    #[serde(default)]
    pub data: Option<Value>,
}

fn null_is_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Change {
    /// The exit code of a command, or 128 plus the number of the signal that ended it.
    ///
    /// *Empty*: it has not ended, never ran, or was lost when Pebble was killed.
    #[must_use]
    pub fn exit_code(&self) -> Option<i64> {
        self.tasks.first()?.data.as_ref()?.get("exit-code")?.as_i64()
    }

    /// The change itself, if it succeeded.
    ///
    /// # Errors
    ///
    /// [`PebbleError::Change`] if it failed or has not ended.
    pub fn into_done(self) -> Result<Self, PebbleError> {
        if self.status == "Done" && self.err.is_none() {
            return Ok(self);
        }
        let err = self.err.unwrap_or_else(|| format!("its status is {}", self.status));
        Err(PebbleError::Change { summary: self.summary, err, tasks: self.tasks })
    }
}

/// The changes to list. Those in progress include one for each running check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Select {
    /// Those that have ended.
    Ready,
    /// Those that have not.
    InProgress,
    /// All that Pebble still remembers.
    All,
}

impl Pebble {
    /// The selected changes, in no particular order.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails.
    pub async fn changes(&self, select: Select) -> Result<Vec<Change>, PebbleError> {
        let word = match select {
            Select::Ready => "ready",
            Select::InProgress => "in-progress",
            Select::All => "all",
        };
        self.list(Request::get("/v1/changes", READ).with("select", word), "a list of changes").await
    }

    /// The current state of a change.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails, for example because the change is unknown.
    pub async fn change(&self, id: &ChangeId) -> Result<Change, PebbleError> {
        self.read(Request::get(&format!("/v1/changes/{id}"), READ), "a change").await
    }

    /// Waits for a change to end, successfully or not: see [`Change::into_done`].
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails; [`PebbleError::Timeout`] if the change takes longer, in which case it continues.
    pub async fn wait_change(&self, id: &ChangeId, timeout: Duration) -> Result<Change, PebbleError> {
        let request = Request::get(&format!("/v1/changes/{id}/wait"), timeout.saturating_add(DELIVERY))
            .with("timeout", &duration::format(timeout));
        let name = request.name();
        match self.read(request, "a change").await {
            Err(PebbleError::Api { status: 504, .. }) => Err(PebbleError::timeout(&name)),
            outcome => outcome,
        }
    }

    /// Waits for all changes of services that are in progress, whoever asked for them.
    ///
    /// Pebble works on several changes at once, and fails to start a service that another change is stopping.
    ///
    /// *Source*: Pebble 1.26.0, `internals/overlord/servstate/handlers.go`.
    ///
    /// # Errors
    ///
    /// As [`Pebble::wait_change`]; a change that fails is none.
    pub async fn wait_services(&self, timeout: Duration) -> Result<(), PebbleError> {
        let changes = self.changes(Select::InProgress).await?;
        for change in changes.iter().filter(|it| SERVICE_KINDS.contains(&it.kind.as_str())) {
            self.wait_change(&change.id, timeout).await?;
        }
        Ok(())
    }

    /// Aborts a change that is in progress; a command is killed.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails, for example because the change has ended.
    pub async fn abort(&self, id: &ChangeId) -> Result<(), PebbleError> {
        let request = Request::post(&format!("/v1/changes/{id}"), json!({"action": "abort"}), WRITE);
        self.call(request).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(text: &str) -> Change {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_field_of_a_change_but_its_identifier_may_be_missing() {
        let bare = change(r#"{"id": "3", "tasks": null, "new-field": 1}"#);
        assert_eq!(
            (bare.id.to_string(), bare.ready, bare.tasks.len(), bare.exit_code()),
            ("3".to_owned(), false, 0, None)
        );
    }

    #[test]
    fn the_exit_code_is_data_of_the_first_task() {
        let exec = change(r#"{"id": "1", "status": "Done", "tasks": [{"data": {"exit-code": 137}}]}"#);
        assert_eq!(exec.exit_code(), Some(137));
    }

    #[test]
    fn a_change_that_failed_is_an_error_with_pebbles_message() {
        let failed = change(
            r#"{"id": "1", "summary": "Replan service \"web\"", "status": "Error", "ready": true, "err": "exited"}"#,
        );
        assert_eq!(failed.into_done().unwrap_err().to_string(), "Replan service \"web\": exited");
    }

    #[test]
    fn a_change_in_an_unknown_state_has_not_succeeded() {
        let odd = change(r#"{"id": "1", "summary": "s", "status": "Resting", "ready": true}"#);
        assert_eq!(odd.into_done().unwrap_err().to_string(), "s: its status is Resting");
    }
}
