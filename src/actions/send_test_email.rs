//! `send-test-email`: a message through the server that Discourse uses, and what that server says.

use serde_json::{Value, json};

use crate::secret::Secret;

use super::{Action, Failure, Results, Scene, operation::said, rake_task::TEST_MAIL};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "send-test-email", done: "the message was sent", perform: |scene| Box::pin(perform(scene)) };

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let to = scene.parameters.email("to")?;
    let app = &scene.context.unit.application;
    if scene.is_set_up() && scene.known().environment.get("DISCOURSE_SMTP_ADDRESS").is_empty() {
        return Err(Failure(format!("no mail server is set: juju config {app} smtp_address=<host>")));
    }
    let input = Secret::from(json!({"to": to}).to_string());
    match scene.task_result(TEST_MAIL, input).await? {
        (true, result) => Ok(vec![
            ("accepted", "yes".to_owned()),
            ("message-id", said(&result, "message_id")),
            ("server", said(&result, "server")),
        ]),
        (false, result) => Err(refused(scene, &result)),
    }
}

/// Why the message did not leave, and where to look.
fn refused(scene: &Scene<'_>, result: &Value) -> Failure {
    let error = scene.excerpt(result.get("error").and_then(Value::as_str).unwrap_or("it does not say why"));
    let option = match result.get("option").and_then(Value::as_str) {
        Some("to") => "the parameter to".to_owned(),
        Some(option) => format!("the option {option}, or the relation that gives it"),
        None => "the options of mail".to_owned(),
    };
    Failure(format!("{}: {error}; look at {option}", meaning(result.get("class").and_then(Value::as_str))))
}

/// What a class of failures means.
fn meaning(class: Option<&str>) -> &'static str {
    match class {
        Some("refused") => "nothing listens at the server's port",
        Some("login") => "the server refuses the login",
        Some("greeting") => "the server refuses the name with which the forum greets",
        Some("relay") => "the server takes this only after a login, or from clients that it knows",
        Some("tls") => "the connection cannot be encrypted as it is set",
        Some("timeout") => "the server does not answer",
        Some("name") => "the server's name is not known",
        Some("sender") => "the server refuses the sender",
        Some("recipient") => "the server refuses the recipient",
        _ => "the message was not sent",
    }
}
