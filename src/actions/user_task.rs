//! Asking Discourse for an operation on a user: one boot of Rails.

use std::time::Duration;

use serde_json::Value;

use crate::{
    discourse::{
        answer,
        image::{CONTAINER, USER_TASK},
        user::{self, Refusal, Success},
    },
    excerpt::Excerpt,
    pebble::PebbleError,
    secret::Secret,
    workload,
};

use super::{Failure, Scene};

/// How long Discourse may take for one operation.
const TIMEOUT: Duration = Duration::from_mins(10);

/// What is true of an operation whose results could not be handed over.
pub(super) const DONE: &str = "Discourse has done it";

/// An operation on a user. It reaches the task on standard input, never as an argument or a variable.
pub(super) struct Operation<'a> {
    /// What the task reads.
    pub input: Value,
    /// The user, as the operator named it.
    pub user: &'a str,
    /// A password in the input, which must not be repeated.
    pub password: Option<&'a Secret>,
}

impl Scene<'_> {
    /// Asks Discourse for an operation.
    pub async fn ask(&self, operation: Operation<'_>) -> Result<Success, Failure> {
        if !self.is_set_up() {
            return Err(self.not_set_up());
        }
        if let Err(error) = self.clients.tools.action_log("asking Discourse; it takes a while to start").await {
            tracing::warn!("{error}");
        }
        let input = Secret::from(operation.input.to_string());
        let done = workload::rake(self.clients.pebble, USER_TASK, input, TIMEOUT).await;
        let done = done.map_err(|error| self.broken(&error))?;
        user::parse(done.exit_code, done.stdout.last_lines()).map_err(|refusal| self.refused(&refusal, &operation))
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

    /// Why Discourse did not do it, and what to do.
    fn refused(&self, refusal: &Refusal, operation: &Operation<'_>) -> Failure {
        let (unit, app) = (&self.context.unit, &self.context.unit.application);
        let user = Excerpt::of(operation.user);
        let password: Vec<&str> = operation.password.map(Secret::expose).into_iter().collect();
        let environment = self.world.running_environment();
        let said = |text: &str| answer::excerpt(text, &environment, &password);
        let add_admin = format!("juju run {unit} add-admin-user email={user} password=...");
        let of_yours = format!("{add_admin} (sets a password of yours)");
        Failure(match refusal {
            Refusal::NotFound => format!("there is no user {user}: juju run {unit} create-user email=..."),
            Refusal::Exists => format!("a user {user} exists already: {add_admin} (makes it an administrator)"),
            Refusal::Unconfirmed => format!("{user} has never confirmed its address: {of_yours}"),
            Refusal::Inactive => format!("{user} is not active: {of_yours}"),
            Refusal::Invalid(messages) => format!("Discourse does not accept {user}: {}", said(messages)),
            Refusal::Unexpected(text) => {
                format!("Discourse failed: {}; see juju debug-log --include {app}", said(text))
            }
        })
    }
}
