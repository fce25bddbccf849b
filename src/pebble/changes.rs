//! Changes: work that Pebble does in the background.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::pebble::{
    Pebble, PebbleError, duration,
    transport::{READ, Request, WRITE},
};

/// Time for an answer to arrive after Pebble has it.
const DELIVERY: Duration = Duration::from_secs(5);

/// The number of a change; numbers begin anew when Pebble's state is lost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeId(String);

impl ChangeId {
    /// Pebble counts its changes: the later of two has the greater number.
    ///
    /// *Empty*: Pebble has given something else than a number.
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

/// Work under way or done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// Its number.
    pub id: ChangeId,
    /// Such as `replan` and `exec`.
    #[serde(default)]
    pub kind: String,
    /// In Pebble's words; of an exec, `Execute command "<program>"`.
    #[serde(default)]
    pub summary: String,
    /// Such as `Doing`, `Done` and `Error`.
    #[serde(default)]
    pub status: String,
    /// Whether it is over, well or not.
    #[serde(default)]
    pub ready: bool,
    /// What went wrong.
    ///
    /// *Empty*: nothing, so far.
    #[serde(default)]
    pub err: Option<String>,
    /// Its steps.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub tasks: Vec<Task>,
    /// When it was asked for, in RFC 3339.
    #[serde(default)]
    pub spawn_time: Option<String>,
    /// When it was over, in RFC 3339.
    #[serde(default)]
    pub ready_time: Option<String>,
}

/// A step of a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Task {
    /// In Pebble's words.
    #[serde(default)]
    pub summary: String,
    /// Such as `Doing`, `Done` and `Error`.
    #[serde(default)]
    pub status: String,
    /// Lines with time and level; of a service that failed, its last output.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub log: Vec<String>,
    /// What the step left behind.
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
    /// The exit code of a command; 128 and the signal's number if one ended it.
    ///
    /// *Empty*: it is not over, never ran, or was lost with Pebble.
    #[must_use]
    pub fn exit_code(&self) -> Option<i64> {
        self.tasks.first()?.data.as_ref()?.get("exit-code")?.as_i64()
    }

    /// Itself, if it ended well.
    ///
    /// # Errors
    ///
    /// [`PebbleError::Change`] if it did not, or is not over.
    pub fn into_done(self) -> Result<Self, PebbleError> {
        if self.status == "Done" && self.err.is_none() {
            return Ok(self);
        }
        let err = self.err.unwrap_or_else(|| format!("the change is in status {}", self.status));
        Err(PebbleError::Change { summary: self.summary, err, tasks: self.tasks })
    }
}

/// Which changes are listed. Those in progress hold one for each running check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Select {
    /// Those that are over.
    Ready,
    /// Those under way.
    InProgress,
    /// All that Pebble remembers.
    All,
}

impl Pebble {
    /// Changes, in no order.
    ///
    /// # Errors
    ///
    /// Those of every request.
    pub async fn changes(&self, select: Select) -> Result<Vec<Change>, PebbleError> {
        let word = match select {
            Select::Ready => "ready",
            Select::InProgress => "in-progress",
            Select::All => "all",
        };
        self.list(Request::get("/v1/changes", READ).with("select", word), "a list of changes").await
    }

    /// One change as it is now.
    ///
    /// # Errors
    ///
    /// Those of every request; an unknown change is not found.
    pub async fn change(&self, id: &ChangeId) -> Result<Change, PebbleError> {
        self.read(Request::get(&format!("/v1/changes/{id}"), READ), "a change").await
    }

    /// A change once it is over, whatever its outcome: see [`Change::into_done`].
    ///
    /// # Errors
    ///
    /// Those of every request; [`PebbleError::Timeout`] if it is not over in time, and it goes on then.
    pub async fn wait_change(&self, id: &ChangeId, timeout: Duration) -> Result<Change, PebbleError> {
        let request = Request::get(&format!("/v1/changes/{id}/wait"), timeout.saturating_add(DELIVERY))
            .with("timeout", &duration::format(timeout));
        let name = request.name();
        match self.read(request, "a change").await {
            Err(PebbleError::Api { status: 504, .. }) => Err(PebbleError::timeout(&name)),
            outcome => outcome,
        }
    }

    /// Breaks off a change that is under way; a command is killed.
    ///
    /// # Errors
    ///
    /// Those of every request; a change that is over is refused.
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
    fn a_change_needs_nothing_but_its_number() {
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
    fn a_change_that_failed_is_an_error_in_pebbles_words() {
        let failed = change(
            r#"{"id": "1", "summary": "Replan service \"web\"", "status": "Error", "ready": true, "err": "exited"}"#,
        );
        assert_eq!(failed.into_done().unwrap_err().to_string(), "Replan service \"web\": exited");
    }

    #[test]
    fn a_change_in_an_unknown_status_is_no_success() {
        let odd = change(r#"{"id": "1", "summary": "s", "status": "Resting", "ready": true}"#);
        assert_eq!(odd.into_done().unwrap_err().to_string(), "s: the change is in status Resting");
    }
}
