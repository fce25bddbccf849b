//! `anonymize-user`: removes everything that identifies a user.

use serde_json::json;

use super::{
    Action, Failure, Results, Scene,
    user_task::{DONE, Operation},
};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "anonymize-user", done: DONE, perform: |scene| Box::pin(perform(scene)) };

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let username = scene.parameters.text("username")?;
    let input = json!({"op": "anonymize", "username": username});
    scene.ask(Operation { input, user: &username, is_removal: true, password: None }).await?;
    Ok(vec![("user", username)])
}
