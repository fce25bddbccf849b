//! Asking Discourse for something short: one boot of Rails, and one result line.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    discourse::{answer, image::CONTAINER, user},
    excerpt::Excerpt,
    pebble::{ExecResult, PebbleError},
    secret::Secret,
    workload,
};

use super::{Failure, Scene};

/// The task that lists the backups in the object storage.
pub(super) const LISTING: &str = "charm:list_backups";

/// The task that sends a test message.
pub(super) const TEST_MAIL: &str = "charm:test_mail";

/// How long Discourse may take for one operation.
const TIMEOUT: Duration = Duration::from_mins(10);

impl Scene<'_> {
    /// The result of a task that succeeds.
    pub async fn ask_task<T: DeserializeOwned>(&self, task: &str, input: Secret) -> Result<T, Failure> {
        let (is_done, result) = self.task_result(task, input).await?;
        let why = result.get("error").and_then(Value::as_str).unwrap_or("it printed no result").to_owned();
        let failed = || Failure(format!("Discourse failed: {}", self.excerpt(&why)));
        let value = is_done.then(|| serde_json::from_value(result).ok()).flatten();
        value.ok_or_else(failed)
    }

    /// Whether a task succeeded, and its result.
    pub async fn task_result(&self, task: &str, input: Secret) -> Result<(bool, Value), Failure> {
        let done = self.rake(task, input).await?;
        let result = user::result(done.stdout.last_lines());
        let code = done.exit_code.map_or_else(|| "it was killed".to_owned(), |code| format!("exit code {code}"));
        let failed = || Failure(format!("Discourse failed: {}", self.excerpt(&code)));
        Ok((done.exit_code == Some(0), result.ok_or_else(failed)?))
    }

    /// Runs a task in a forum that serves.
    pub async fn rake(&self, task: &str, input: Secret) -> Result<ExecResult, Failure> {
        if !self.is_set_up() {
            return Err(self.not_set_up());
        }
        if let Err(error) = self.clients.tools.action_log("asking Discourse; it takes a while to start").await {
            tracing::warn!("{error}");
        }
        workload::rake(self.clients.pebble, task, input, TIMEOUT).await.map_err(|error| self.broken(&error))
    }

    fn broken(&self, error: &PebbleError) -> Failure {
        let unit = &self.context.unit;
        Failure(match error {
            PebbleError::Timeout { .. } => {
                format!("Discourse took longer than {} minutes and was stopped; try again", TIMEOUT.as_secs() / 60)
            }
            error if error.is_unreachable() => {
                format!(
                    "the container {CONTAINER} of {unit} went away; wait until juju status says active and try again"
                )
            }
            error => format!("asking Discourse failed: {}", Excerpt::of(&error.to_string())),
        })
    }

    /// A text of the workload without what must not be shown.
    pub fn excerpt(&self, text: &str) -> Excerpt {
        answer::excerpt(text, &self.known().environment.exposed(), &[])
    }
}
