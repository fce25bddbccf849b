//! Starting and restarting the services behind a shut gate.

use crate::{
    discourse::{
        environment::Environment,
        image::{GATE_CHECK, READY_CHECK},
        layer,
    },
    journal::Outcome,
    pebble::{Pebble, PebbleError},
};

use super::CHANGE_TIMEOUT;

/// Shuts the gate and brings the services to the plan.
///
/// The layer comes first: it also starts the gate again. A hook that finds the plan as wanted and the gate shut cannot know
/// whether the service was restarted since, so it replans: that changes nothing if it was.
pub(super) async fn replan(pebble: &Pebble, environment: Option<&Environment>) -> Result<Outcome, PebbleError> {
    if let Some(environment) = environment {
        pebble.add_layer(layer::LABEL, &layer::layer(environment)).await?;
    }
    pebble.start_checks(&[GATE_CHECK, READY_CHECK]).await?;
    pebble.refresh_check(GATE_CHECK).await?;
    let change = pebble.replan().await?;
    Ok(match pebble.wait_change(&change, CHANGE_TIMEOUT).await?.into_done() {
        Err(PebbleError::Change { err, .. }) => Outcome::NotStarted(cause(&err)),
        _ => Outcome::Done,
    })
}

/// The innermost cause in the error of a start, such as `exited quickly with code 1`.
fn cause(message: &str) -> String {
    let line = message.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let inner = line.rsplit_once(" (").map_or(line, |(_, rest)| rest.trim_end_matches(')'));
    let attempt = inner.rsplit("attempt: ").next().unwrap_or(inner);
    attempt.trim_end_matches(", will restart").chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::cause;

    #[test]
    fn the_innermost_cause_is_shown() {
        let message = "cannot perform the following tasks:\n- Start service \"discourse\" (service start attempt: exited quickly \
                       with code 3, will restart)";
        assert_eq!(cause(message), "exited quickly with code 3");
        assert_eq!(cause(""), "");
    }
}
