//! `promote-user`: makes a user who has confirmed the address an administrator.

use serde_json::json;

use super::{
    Action, Failure, Results, Scene,
    user_task::{DONE, Operation},
};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "promote-user", done: DONE, perform: |scene| Box::pin(perform(scene)) };

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let email = scene.parameters.email("email")?;
    let input = json!({"op": "promote", "email": email});
    scene.ask(Operation { input, user: &email, is_removal: false, password: None }).await?;
    Ok(vec![("user", email)])
}
