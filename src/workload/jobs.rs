//! Jobs: scripts of the image that outlive this process.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use tokio::time::{Instant, sleep_until};

use crate::{
    discourse::{
        environment::Environment,
        image::{APP, JOB_LOGS, USER},
        job::{self, Job, Outcome, Run, current_migration},
    },
    excerpt::Excerpt,
    pebble::{ChangeId, ExecRequest, Pebble, PebbleError, Select},
};

use super::unix_time;

/// How often the summary is read for progress.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// The most questions, also to a Pebble that answers at once: in an hour there are so many.
const QUESTIONS: u32 = 720;

/// The most bytes of a summary; the scripts write a few lines.
const SUMMARY_LIMIT: usize = 64 << 10;

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

/// Waits for the end of a job, but not for ever, and shows the migration that it is at, if any.
///
/// Returns whether it has ended; how is in its change.
///
/// # Errors
/// [`PebbleError`] if Pebble does not know or lost the job.
pub async fn follow(
    pebble: &Pebble,
    job: Job,
    change: &ChangeId,
    until: Instant,
    mut show: impl AsyncFnMut(Option<Excerpt>),
) -> Result<bool, PebbleError> {
    let mut over = pin!(sleep_until(until));
    for _ in 0..QUESTIONS {
        match select(over.as_mut(), pin!(pebble.wait_change(change, POLL_INTERVAL))).await {
            Either::Left(_) => return Ok(false),
            Either::Right((Ok(_), _)) => return Ok(true),
            Either::Right((Err(PebbleError::Timeout { .. }), _)) => {
                let summary = read_summary(pebble, job).await.unwrap_or_default();
                show(current_migration(&summary)).await;
            }
            Either::Right((Err(error), _)) => return Err(error),
        }
    }
    Ok(false)
}

/// The latest run of a job in this container; `show` makes an excerpt of what it printed.
///
/// # Errors
/// [`PebbleError`] if Pebble does not answer.
pub async fn latest(pebble: &Pebble, job: Job, show: impl Fn(&str) -> Excerpt) -> Result<Option<Run>, PebbleError> {
    let changes = pebble.changes(Select::All).await?;
    let summary = format!("Execute command \"{}\"", job.script());
    let latest = changes.into_iter().filter(|change| change.summary == summary).max_by_key(|change| change.id.number());
    let Some(change) = latest else { return Ok(None) };
    let summary = match read_summary(pebble, job).await {
        Err(error) if !error.is_unreachable() => {
            tracing::warn!("the summary of {} cannot be read: {error}", job.script());
            String::new()
        }
        summary => summary?,
    };
    let outcome = if change.ready { Outcome::parse(change.exit_code(), &summary, show) } else { Outcome::Running };
    Ok(Some(Run {
        header: job::header(&summary).to_owned(),
        outcome,
        ended: change.ready_time.as_deref().and_then(unix_time),
        change: change.id.to_string(),
    }))
}

/// The summary of a job.
///
/// *Empty*: there is none, or something else in its place.
///
/// # Errors
/// [`PebbleError`] if Pebble does not answer.
async fn read_summary(pebble: &Pebble, job: Job) -> Result<String, PebbleError> {
    let content = pebble.read_small_file(JOB_LOGS, &job.summary(), SUMMARY_LIMIT).await?;
    Ok(String::from_utf8_lossy(&content.unwrap_or_default()).into_owned())
}
