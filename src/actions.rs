//! The actions: each asks Discourse for one user operation and boots Rails once.

mod password;
mod request;

use std::time::Duration;

use crate::{
    discourse::{
        image::{APP, CONTAINER, RAKE, SERVICE, USER_TASK},
        user::{self, Operation},
    },
    dispatch::Context,
    juju::{ToolError, Tools},
    pebble::{ExecRequest, ExecResult, Pebble, PebbleError},
};

use request::Request;

/// How long Discourse may take for one operation.
const DEADLINE: Duration = Duration::from_mins(10);

/// Runs an action; its failure is a message, never a failed process.
pub async fn run(name: &str, context: &Context, tools: &Tools, pebble: &Pebble) {
    let outcome = match perform(name, context, tools, pebble).await {
        Ok(results) => hand_over(tools, &results).await,
        Err(message) => Err(message),
    };
    if let Err(message) = outcome
        && let Err(error) = tools.action_fail(&message).await
    {
        tracing::warn!("{error}");
    }
}

/// Gives the operator the results. What the tool complains of may quote them, a password among them: it is not repeated.
async fn hand_over(tools: &Tools, results: &[(&'static str, String)]) -> Result<(), String> {
    let results: Vec<(&str, &str)> = results.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let lost = |error: ToolError| format!("Discourse has done it, but {} failed: the results are lost", error.tool);
    tools.action_set(&results).await.map_err(lost)
}

/// The results, or the message of the failure.
async fn perform(
    name: &str,
    context: &Context,
    tools: &Tools,
    pebble: &Pebble,
) -> Result<Vec<(&'static str, String)>, String> {
    let parameters = tools.action_get().await.map_err(|error| error.to_string())?;
    let request = Request::parse(name, &parameters)?;
    if !is_set_up(pebble).await {
        return Err(not_set_up(tools, context).await);
    }
    if let Err(error) = tools.action_log("asking Discourse; it takes a while to start").await {
        tracing::warn!("{error}");
    }
    let done = ask(pebble, &request.operation).await.map_err(|error| broken(&error, context))?;
    let answer = user::parse(done.exit_code, &done.stdout);
    answer.map(|success| request.results(&success)).map_err(|refusal| request.explain(&refusal, context))
}

/// Discourse is set up where its service runs: only then is the database known to be migrated.
async fn is_set_up(pebble: &Pebble) -> bool {
    let services = pebble.services().await.unwrap_or_default();
    services.iter().any(|service| service.name == SERVICE && service.is_active())
}

/// The unit's own status says best what is missing.
async fn not_set_up(tools: &Tools, context: &Context) -> String {
    match tools.status_get().await {
        Ok(status) if !status.message.is_empty() && status.status != "active" => status.message,
        _ => format!("Discourse does not run in {}; wait until juju status says active and try again", context.unit),
    }
}

/// One boot of Rails in the environment of the running server. It dies with this process: nobody waits for its answer then.
async fn ask(pebble: &Pebble, operation: &Operation) -> Result<ExecResult, PebbleError> {
    pebble
        .exec(&ExecRequest {
            command: vec![RAKE.to_owned(), USER_TASK.to_owned()],
            service_context: Some(SERVICE.to_owned()),
            working_dir: Some(APP.to_owned()),
            stdin: Some(operation.input()),
            timeout: DEADLINE,
            ..ExecRequest::default()
        })
        .await
}

fn broken(error: &PebbleError, context: &Context) -> String {
    match error {
        PebbleError::Timeout { .. } => {
            format!("Discourse took longer than {} minutes and was stopped; try again", DEADLINE.as_secs() / 60)
        }
        error if error.is_unreachable() => {
            format!(
                "the container {CONTAINER} of {} went away; wait until juju status says active and try again",
                context.unit
            )
        }
        error => format!("asking Discourse failed: {error}"),
    }
}
