//! Running long work so that it outlives this process, and following it to its end.

use std::time::Duration;

use crate::{
    discourse::{
        environment::Environment,
        image::{APP, JOB_LOGS, USER},
        job::{Job, current_migration},
    },
    juju::ToolError,
    observe::read_log,
    pebble::{ChangeId, ExecRequest, Pebble, PebbleError},
    status::Status,
    world::World,
};

use super::{Hands, report};

/// How often progress is looked at.
const GLANCE: Duration = Duration::from_secs(5);

type Done = Result<(), PebbleError>;

/// Starts a job and follows it.
pub(super) async fn run(
    hands: &mut Hands<'_>,
    world: &mut World,
    job: Job,
    header: &str,
    environment: &Environment,
) -> Result<Done, ToolError> {
    report(hands, &Status::progress(job, None)).await?;
    tracing::info!("starting {}", job.script());
    match start(hands.pebble, job, header, environment).await {
        Ok(change) => follow(hands, world, job, &change).await,
        Err(error) => {
            world.history.jobs.push(job);
            world.inspection = None;
            Ok(Err(error))
        }
    }
}

/// Waits for the end of a job; its outcome is read by the next inspection.
pub(super) async fn follow(
    hands: &mut Hands<'_>,
    world: &mut World,
    job: Job,
    change: &ChangeId,
) -> Result<Done, ToolError> {
    world.history.jobs.push(job);
    world.inspection = None;
    loop {
        match hands.pebble.wait_change(change, GLANCE).await {
            Ok(_) => return Ok(Ok(())),
            Err(PebbleError::Timeout { .. }) => show_progress(hands, job).await?,
            Err(error) => return Ok(Err(error)),
        }
    }
}

async fn start(pebble: &Pebble, job: Job, header: &str, environment: &Environment) -> Result<ChangeId, PebbleError> {
    pebble.make_dir(JOB_LOGS, USER, USER).await?;
    pebble
        .exec_detached(&ExecRequest {
            command: vec![job.script(), header.to_owned()],
            environment: environment.exposed(),
            working_dir: Some(APP.to_owned()),
            user: Some(USER.to_owned()),
            ..ExecRequest::default()
        })
        .await
}

async fn show_progress(hands: &mut Hands<'_>, job: Job) -> Result<(), ToolError> {
    let log = read_log(hands.pebble, job).await.unwrap_or_default();
    let detail = current_migration(&log);
    report(hands, &Status::progress(job, detail.as_deref())).await
}
