//! Jobs: scripts of the image that outlive this process.

use std::time::Duration;

use crate::{
    discourse::{
        environment::Environment,
        image::{APP, JOB_LOGS, USER},
        job::{self, Job, Outcome, Run, current_migration},
    },
    juju::ToolError,
    pebble::{Change, ChangeId, ExecRequest, Pebble, PebbleError, Select},
};

use super::unix_time;

/// How often the log is read for progress.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Starts a job; its header says later what it ran for.
///
/// # Errors
/// [`PebbleError`] if Pebble does not start it.
pub async fn start(
    pebble: &Pebble,
    job: Job,
    header: &str,
    environment: &Environment,
) -> Result<ChangeId, PebbleError> {
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

/// Waits for the end of a job and shows the migration that it is at, if any; how it ended is in its log.
///
/// # Errors
/// [`ToolError`] if the progress cannot be shown; inside, [`PebbleError`] if Pebble does not know or lost the job.
pub async fn follow(
    pebble: &Pebble,
    job: Job,
    change: &ChangeId,
    mut show: impl AsyncFnMut(Option<String>) -> Result<(), ToolError>,
) -> Result<Result<(), PebbleError>, ToolError> {
    loop {
        match pebble.wait_change(change, POLL_INTERVAL).await {
            Ok(_) => return Ok(Ok(())),
            Err(PebbleError::Timeout { .. }) => {
                let log = read_log(pebble, job).await.unwrap_or_default();
                show(current_migration(&log)).await?;
            }
            Err(error) => return Ok(Err(error)),
        }
    }
}

/// The latest run of a job in this container.
///
/// # Errors
/// [`PebbleError`] if Pebble does not answer.
pub async fn latest(pebble: &Pebble, job: Job) -> Result<Option<Run>, PebbleError> {
    let changes = pebble.changes(Select::All).await?;
    let summary = format!("Execute command \"{}\"", job.script());
    let latest = changes.into_iter().filter(|change| change.summary == summary).max_by_key(|change| change.id.number());
    let Some(change) = latest else { return Ok(None) };
    let log = read_log(pebble, job).await?;
    Ok(Some(Run {
        header: job::header(&log).to_owned(),
        outcome: outcome(&change, &log),
        ended: change.ready_time.as_deref().and_then(unix_time),
        change: change.id.to_string(),
    }))
}

/// What a job has printed so far.
///
/// # Errors
/// [`PebbleError`] if Pebble does not answer; a missing log is empty.
pub async fn read_log(pebble: &Pebble, job: Job) -> Result<String, PebbleError> {
    let path = job.log();
    let mut files = pebble.read_files(&[path.as_str()]).await?;
    let content = files.remove(&path).and_then(Result::ok).unwrap_or_default();
    Ok(String::from_utf8_lossy(&content).into_owned())
}

fn outcome(change: &Change, log: &str) -> Outcome {
    if change.ready { Outcome::parse(change.exit_code(), log) } else { Outcome::Running }
}
