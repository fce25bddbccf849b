//! Jobs as steps: the unit's status shows their progress.

use crate::{
    clients::Clients,
    discourse::{environment::Environment, job::Job},
    journal::Outcome,
    juju::ToolError,
    pebble::{ChangeId, PebbleError},
    status::Status,
    workload,
};

use super::report;

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

/// Waits for the end of a job; the next inspection reads how it ended.
pub(super) async fn follow(clients: &mut Clients<'_>, job: Job, change: &ChangeId) -> Result<Done, ToolError> {
    let pebble = clients.pebble;
    let show = async |detail: Option<String>| report(clients, &Status::progress(job, detail.as_deref())).await;
    let done = workload::follow(pebble, job, change, show).await?;
    Ok(done.map(|()| Outcome::Done))
}
