//! Opening the gate: the pod becomes ready.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::{
    clients::Clients,
    discourse::image::{GATE_CHECK, READY_CHECK, SERVICE},
    journal::Outcome,
    juju::ToolError,
    pebble::{Pebble, PebbleError, ServiceStatus},
    status::Status,
};

use super::report;

/// How long a hook waits for the answer of a server that boots: the check itself asks seldom.
const PATIENCE: Duration = Duration::from_secs(30);

/// The time between two questions.
const PACE: Duration = Duration::from_millis(500);

/// One failure more than the check's threshold: then it is down, whatever it was before.
const TRIES: u32 = 4;

type Done<T> = Result<T, PebbleError>;

/// Opens the gate as soon as Discourse answers; if it does not, makes sure that its recovery will be an event.
///
/// A restart leaves a check's state as it was, so only an answer after the start proves anything.
///
/// # Errors
/// [`ToolError`] if the status cannot be shown; inside, [`PebbleError`] if Pebble refuses anything.
pub(super) async fn open(clients: &mut Clients<'_>) -> Result<Done<Outcome>, ToolError> {
    let pebble = clients.pebble;
    match open_at_once(pebble).await {
        Ok(false) => report(clients, &Status::starting()).await?,
        done => return Ok(done.map(|_| Outcome::Done)),
    }
    let is_open = timeout(PATIENCE, open_when_answered(pebble)).await.unwrap_or(Ok(false));
    Ok(match is_open {
        Ok(false) => take_check_down(pebble).await.map(|()| Outcome::Done),
        done => done.map(|_| Outcome::Done),
    })
}

async fn open_at_once(pebble: &Pebble) -> Done<bool> {
    pebble.start_checks(&[READY_CHECK]).await?;
    open_if_answered(pebble).await
}

/// Asks until Discourse answers or ends.
async fn open_when_answered(pebble: &Pebble) -> Done<bool> {
    while is_running(pebble).await? {
        sleep(PACE).await;
        if open_if_answered(pebble).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn take_check_down(pebble: &Pebble) -> Done<()> {
    for _ in 0..TRIES {
        if is_down(pebble).await? || open_if_answered(pebble).await? {
            break;
        }
    }
    Ok(())
}

async fn open_if_answered(pebble: &Pebble) -> Done<bool> {
    let has_answered = pebble.refresh_check(READY_CHECK).await?.error.is_none();
    if has_answered {
        pebble.stop_checks(&[GATE_CHECK]).await?;
    }
    Ok(has_answered)
}

async fn is_running(pebble: &Pebble) -> Done<bool> {
    let services = pebble.services().await?;
    Ok(services.iter().any(|service| service.name == SERVICE && service.current == ServiceStatus::Active))
}

async fn is_down(pebble: &Pebble) -> Done<bool> {
    let checks = pebble.checks().await?;
    Ok(checks.iter().any(|check| check.name == READY_CHECK && check.is_down()))
}
