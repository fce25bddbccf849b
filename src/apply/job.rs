//! Jobs as steps: the unit's status shows their progress.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    clients::Clients,
    discourse::{environment::Environment, job::Job},
    excerpt::Excerpt,
    journal::Outcome,
    pebble::{ChangeId, PebbleError},
    status::Status,
    workload,
};

use super::show;

/// How long a hook follows an upload: a server may run beside it, and other hooks be about that.
const UPLOAD_PATIENCE: Duration = Duration::from_mins(5);

/// Starts a job and follows it.
pub(super) async fn run(
    clients: &mut Clients<'_>,
    job: Job,
    header: &str,
    environment: &Environment,
) -> Result<Outcome, PebbleError> {
    show(clients, &Status::progress(job, None)).await;
    tracing::info!("starting {}", job.script());
    let change = workload::start(clients.pebble, job, header, environment).await?;
    follow(clients, job, &change).await
}

/// Waits for the end of a job, which no hook ends; the next inspection reads how it ended.
pub(super) async fn follow(clients: &mut Clients<'_>, job: Job, change: &ChangeId) -> Result<Outcome, PebbleError> {
    let pebble = clients.pebble;
    let patience = match job {
        Job::UploadAssets => sleep(UPLOAD_PATIENCE).deadline(),
        Job::Restore => sleep(clients.follows_restore).deadline(),
        _ => clients.follows_until,
    };
    let until = patience.min(clients.follows_until);
    let progress =
        async |at: Option<Excerpt>| show(clients, &Status::progress(job, at.as_ref().map(Excerpt::as_str))).await;
    let has_ended = workload::follow(pebble, job, change, until, progress).await?;
    Ok(if has_ended { Outcome::Done } else { Outcome::StillRuns })
}
