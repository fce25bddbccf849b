//! `add-admin-user`: an administrator who can log in; a user that exists is promoted, activated and gets the password.

use serde_json::json;

use crate::secret::Secret;

use super::{
    Action, Failure, Results, Scene,
    user_task::{DONE, Operation, named},
};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "add-admin-user", done: DONE, perform: |scene| Box::pin(perform(scene)) };

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let email = scene.parameters.email("email")?;
    let password = Secret::from(scene.parameters.text("password")?);
    let input = json!({"op": "add-admin", "email": email, "password": password.expose()});
    let input = named(input, scene.parameters.optional("username")?);
    let done = scene.ask(Operation { input, user: &email, is_removal: false, password: Some(&password) }).await?;
    Ok(vec![("user", email), ("created", done.created.to_string())])
}
