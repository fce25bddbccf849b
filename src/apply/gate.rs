//! Opening the gate: the pod becomes ready.

use crate::{
    discourse::image::{GATE_CHECK, READY_CHECK},
    journal::Outcome,
    pebble::{Pebble, PebbleError},
};

/// One failure more than the check's threshold: then it is down, whatever it was before.
const TRIES: u32 = 4;

/// Asks Discourse now; opens the gate if it answers, else makes sure that its recovery will be an event.
///
/// A restart leaves a check's state as it was, so only an answer after the start proves anything.
pub(super) async fn open(pebble: &Pebble) -> Result<Outcome, PebbleError> {
    pebble.start_checks(&[READY_CHECK]).await?;
    for _ in 0..TRIES {
        if pebble.refresh_check(READY_CHECK).await?.error.is_none() {
            pebble.stop_checks(&[GATE_CHECK]).await?;
            return Ok(Outcome::Done);
        }
        if is_down(pebble).await? {
            return Ok(Outcome::Done);
        }
    }
    Ok(Outcome::Done)
}

async fn is_down(pebble: &Pebble) -> Result<bool, PebbleError> {
    let checks = pebble.checks().await?;
    Ok(checks.iter().any(|check| check.name == READY_CHECK && check.is_down()))
}
