//! Jobs as steps: the unit's status shows their progress.

use std::time::Duration;

use crate::{
    clients::Clients,
    discourse::{environment::Environment, job::Job},
    excerpt::Excerpt,
    journal::Outcome,
    juju::ToolError,
    pebble::{ChangeId, PebbleError},
    status::Status,
    workload,
};

use super::report;

/// How long a hook follows a job: the other hooks and the actions of the unit wait meanwhile.
const PATIENCE: Duration = Duration::from_hours(1);

type Done = Result<Outcome, PebbleError>;

/// Starts a job and follows it.
pub(super) async fn run(
    clients: &mut Clients<'_>,
    job: Job,
    header: &str,
    environment: &Environment,
) -> Result<Done, ToolError> {
    report(clients, &Status::progress(job, None)).await?;
    tracing::info!("starting {}", job.script());
    match workload::start(clients.pebble, job, header, environment).await {
        Ok(change) => follow(clients, job, &change).await,
        Err(error) => Ok(Err(error)),
    }
}

/// Waits for the end of a job, which no hook ends; the next inspection reads how it ended.
pub(super) async fn follow(clients: &mut Clients<'_>, job: Job, change: &ChangeId) -> Result<Done, ToolError> {
    let pebble = clients.pebble;
    let show =
        async |at: Option<Excerpt>| report(clients, &Status::progress(job, at.as_ref().map(Excerpt::as_str))).await;
    let followed = workload::follow(pebble, job, change, PATIENCE, show).await?;
    Ok(followed.map(|has_ended| if has_ended { Outcome::Done } else { Outcome::StillRuns }))
}
