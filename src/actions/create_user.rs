//! `create-user`: a user with a generated password, which is among the results.

use serde_json::json;

use super::{
    Action, Failure, Results, Scene, password,
    user_task::{DONE, Operation, named},
};

/// The action.
pub(super) const ACTION: Action = Action { name: "create-user", done: DONE, perform: |scene| Box::pin(perform(scene)) };

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let email = scene.parameters.email("email")?;
    let no_random = || Failure("this machine gives no random bytes for a password; try again".to_owned());
    let password = password::generate().ok_or_else(no_random)?;
    let (admin, active) = (scene.parameters.boolean("admin", false)?, scene.parameters.boolean("active", true)?);
    let input =
        json!({"op": "create", "email": email, "password": password.expose(), "admin": admin, "active": active});
    let input = named(input, scene.parameters.optional("username")?);
    scene.ask(Operation { input, user: &email, is_removal: false, password: Some(&password) }).await?;
    Ok(vec![("user", email), ("password", password.expose().to_owned())])
}
