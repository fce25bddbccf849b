//! Asking Discourse for an operation on a user: one boot of Rails.

use serde_json::Value;

use crate::{
    discourse::{
        answer,
        image::USER_TASK,
        user::{self, Refusal, Success},
    },
    excerpt::Excerpt,
    secret::Secret,
};

use super::{Failure, Scene};

/// What is true of an operation whose results could not be handed over.
pub(super) const DONE: &str = "Discourse has done it";

/// An operation on a user. It reaches the task on standard input, never as an argument or a variable.
pub(super) struct Operation<'a> {
    /// What the task reads.
    pub input: Value,
    /// The user, as the operator named it.
    pub user: &'a str,
    /// Whether the user is to go, so that there is nothing to create.
    pub is_removal: bool,
    /// A password in the input, which must not be repeated.
    pub password: Option<&'a Secret>,
}

/// What the task reads, with the username that the operator chose; without one, Discourse derives it.
pub(super) fn named(mut input: Value, username: Option<String>) -> Value {
    if let (Some(keys), Some(username)) = (input.as_object_mut(), username) {
        keys.insert("username".to_owned(), username.into());
    }
    input
}

impl Scene<'_> {
    /// Asks Discourse for an operation.
    pub async fn ask(&self, operation: Operation<'_>) -> Result<Success, Failure> {
        let done = self.rake(USER_TASK, Secret::from(operation.input.to_string())).await?;
        user::parse(done.exit_code, done.stdout.last_lines()).map_err(|refusal| self.refused(&refusal, &operation))
    }

    /// Why Discourse did not do it, and what to do.
    fn refused(&self, refusal: &Refusal, operation: &Operation<'_>) -> Failure {
        let (unit, app) = (&self.context.unit, &self.context.unit.application);
        let user = Excerpt::of(operation.user);
        let password: Vec<&str> = operation.password.map(Secret::expose).into_iter().collect();
        let environment = self.world.running_environment();
        let said = |text: &str| answer::excerpt(text, &environment, &password);
        let add_admin = format!("juju run {unit} add-admin-user --wait=10m email={user} password=...");
        let of_yours = format!("{add_admin} (sets a password of yours)");
        Failure(match refusal {
            Refusal::NotFound if operation.is_removal => {
                format!("there is no user {user}: give the username as the forum shows it")
            }
            Refusal::NotFound => format!("there is no user {user}: juju run {unit} create-user --wait=10m email=..."),
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
