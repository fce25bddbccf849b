//! The gate: whether the pod is ready.

use std::time::Duration;

use tokio::time::timeout;

use crate::{
    clients::Clients,
    discourse::image::{GATE_CHECK, READY_CHECK, SERVICE},
    journal::Outcome,
    pebble::{Pebble, PebbleError, ServiceStatus},
    status::Status,
};

use super::show;

/// How long a hook waits for the answer of a server that boots: the check itself asks seldom, and other units may wait for it.
const PATIENCE: Duration = Duration::from_mins(2);

/// How long it takes until requests come to a pod whose gate was opened: Kubernetes asks for its health every five seconds, and the
/// proxies of the nodes and the ingress follow within a second or two.
const LISTED_WITHIN: Duration = Duration::from_secs(7);

/// The time between two questions, and how many there are: a server that takes long to boot is asked less often. All fit into
/// [`PATIENCE`] if they are answered at once.
const PACES: [(Duration, usize); 2] = [(Duration::from_millis(200), 50), (Duration::from_secs(1), 110)];

/// One failure more than the check's threshold: then it is down, whatever it was before.
const TRIES: u32 = 4;

/// Opens the gate as soon as Discourse answers; if it does not, makes sure that its recovery will be an event.
///
/// A restart leaves a check's state as it was, so only an answer after the start proves anything.
pub(super) async fn open(clients: &mut Clients<'_>) -> Result<Outcome, PebbleError> {
    let pebble = clients.pebble;
    pebble.start_checks(&[READY_CHECK]).await?;
    if ask_and_open(pebble).await? {
        return Ok(Outcome::Done);
    }
    show(clients, &Status::starting()).await;
    let is_open = timeout(PATIENCE, open_when_answered(pebble)).await.unwrap_or(Ok(false))?;
    if !is_open {
        take_check_down(pebble).await?;
    }
    Ok(Outcome::Done)
}

/// Waits until requests come to this pod again.
pub(super) async fn await_requests(pebble: &Pebble) -> Result<Outcome, PebbleError> {
    pebble.wait(LISTED_WITHIN).await?;
    Ok(Outcome::Done)
}

/// Makes the pod unready, at once.
pub(super) async fn shut(pebble: &Pebble) -> Result<(), PebbleError> {
    pebble.start_checks(&[GATE_CHECK]).await?;
    pebble.refresh_check(GATE_CHECK).await.map(drop)
}

/// Asks until Discourse answers or ends; returns whether it has answered.
async fn open_when_answered(pebble: &Pebble) -> Result<bool, PebbleError> {
    let paces = PACES.into_iter().flat_map(|(pace, questions)| std::iter::repeat_n(pace, questions));
    for pace in paces {
        if !is_running(pebble).await? {
            break;
        }
        pebble.wait(pace).await?;
        if ask_and_open(pebble).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn take_check_down(pebble: &Pebble) -> Result<(), PebbleError> {
    for _ in 0..TRIES {
        if is_down(pebble).await? || ask_and_open(pebble).await? {
            break;
        }
    }
    Ok(())
}

/// Asks Discourse once, and opens the gate if it answers; returns whether it did.
async fn ask_and_open(pebble: &Pebble) -> Result<bool, PebbleError> {
    let has_answered = pebble.refresh_check(READY_CHECK).await?.error.is_none();
    if has_answered {
        pebble.stop_checks(&[GATE_CHECK]).await?;
    }
    Ok(has_answered)
}

async fn is_running(pebble: &Pebble) -> Result<bool, PebbleError> {
    let services = pebble.services().await?;
    Ok(services.iter().any(|service| service.name == SERVICE && service.current == ServiceStatus::Active))
}

async fn is_down(pebble: &Pebble) -> Result<bool, PebbleError> {
    let checks = pebble.checks().await?;
    Ok(checks.iter().any(|check| check.name == READY_CHECK && check.is_down()))
}
