//! Starting and restarting the services behind a shut gate.

use crate::{
    discourse::{
        environment::Environment,
        image::{GATE_CHECK, READY_CHECK, REPLAN_DUE, SERVICE},
        layer,
    },
    excerpt::Excerpt,
    journal::Outcome,
    pebble::{Change, Pebble, PebbleError},
};

use super::CHANGE_TIMEOUT;

/// Who owns the mark that a replan is due: the workload cannot put anything else in its place.
const MARK_OWNER: &str = "root";

/// Brings the services to the plan, with the gate shut meanwhile.
///
/// The layer comes first, for a log target that does not respond can hold it up for minutes, in which the server goes on. Pebble does
/// not tell whether what runs is its plan, so a file says so from before the layer until after the replan: whoever finds it
/// brings the services to the plan.
pub(super) async fn replan(pebble: &Pebble, environment: Option<&Environment>) -> Result<Outcome, PebbleError> {
    let is_marked = mark(pebble).await?;
    if let Some(environment) = environment {
        pebble.add_layer(layer::LABEL, &layer::layer(environment)).await?;
    }
    shut_gate(pebble).await?;
    let change = pebble.replan().await?;
    let change = pebble.wait_change(&change, CHANGE_TIMEOUT).await?;
    if is_marked && is_server_replanned(&change) {
        pebble.remove_file(REPLAN_DUE).await?;
    }
    Ok(started(change))
}

/// Restarts services, with the gate shut meanwhile.
pub(super) async fn restart(pebble: &Pebble, services: &[&str]) -> Result<Outcome, PebbleError> {
    shut_gate(pebble).await?;
    let change = pebble.restart(services).await?;
    pebble.wait_change(&change, CHANGE_TIMEOUT).await.map(started)
}

async fn shut_gate(pebble: &Pebble) -> Result<(), PebbleError> {
    pebble.start_checks(&[GATE_CHECK, READY_CHECK]).await?;
    pebble.refresh_check(GATE_CHECK).await.map(drop)
}

/// Whether the services have started.
fn started(change: Change) -> Outcome {
    match change.into_done() {
        Err(PebbleError::Change { err, .. }) => Outcome::NotStarted(cause(&err)),
        _ => Outcome::Done,
    }
}

/// Notes that a replan is due; where no file can be written, what follows is done all the same.
async fn mark(pebble: &Pebble) -> Result<bool, PebbleError> {
    match pebble.write_file(REPLAN_DUE, "", MARK_OWNER).await {
        Err(error) if !error.is_unreachable() => {
            tracing::warn!("{error}");
            Ok(false)
        }
        written => written.map(|()| true),
    }
}

/// Whether the web server runs with the plan, though another service may have failed.
fn is_server_replanned(change: &Change) -> bool {
    let is_server = format!("service \"{SERVICE}\"");
    change.tasks.iter().filter(|task| task.summary.ends_with(&is_server)).all(|task| task.status == "Done")
}

/// The innermost cause in the error of a start, such as `exited quickly with code 1`.
fn cause(message: &str) -> Excerpt {
    let line = message.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let inner = line.rsplit_once(" (").map_or(line, |(_, rest)| rest.trim_end_matches(')'));
    let attempt = inner.rsplit("attempt: ").next().unwrap_or(inner);
    Excerpt::of(attempt.trim_end_matches(", will restart"))
}

#[cfg(test)]
mod tests {
    use super::cause;

    #[test]
    fn the_innermost_cause_is_shown() {
        let message = "cannot perform the following tasks:\n- Start service \"discourse\" (service start attempt: exited quickly \
                       with code 3, will restart)";
        assert_eq!(cause(message).as_str(), "exited quickly with code 3");
        assert_eq!(cause("").as_str(), "");
    }
}
