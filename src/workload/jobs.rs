//! Jobs: scripts of the image that outlive this process.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    discourse::{
        environment::Environment,
        image::{APP, JOB_LOGS, USER},
        job::{self, Job, Outcome, Run},
    },
    excerpt::Excerpt,
    pebble::{Change, ChangeId, ExecRequest, Pebble, PebbleError, Select},
};

use super::unix_time;

/// How often the summary is read for progress.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// The most questions, also to a Pebble that answers at once: in an hour there are so many.
const QUESTIONS: u32 = 720;

/// How often the summary of a job that has just started is read, at most; it is there after some milliseconds.
const LOOKS: u32 = 20;
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// The most bytes of a summary; the scripts write a few lines.
const SUMMARY_LIMIT: usize = 64 << 10;

/// Starts a job; its header says later what it ran for, so this waits until the summary is its own, and no longer that of the run before.
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
    let request = ExecRequest {
        command: vec![job.script(), header.to_owned()],
        environment: environment.exposed(),
        working_dir: Some(APP.to_owned()),
        user: Some(USER.to_owned()),
        ..ExecRequest::default()
    };
    let change = pebble.exec_detached(&request).await?;
    for _ in 0..LOOKS {
        if read_summary(pebble, job).await.is_ok_and(|summary| job::header(&summary) == header) {
            break;
        }
        sleep(LOOK_INTERVAL).await;
    }
    Ok(change)
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
                show(job::progress(&summary)).await;
            }
            Either::Right((Err(error), _)) => return Err(error),
        }
    }
    Ok(false)
}

/// The latest run of each of these jobs in this container, of those that have run; `show` makes an excerpt of what one printed.
///
/// # Errors
/// [`PebbleError`] if Pebble does not answer.
pub async fn latest(
    pebble: &Pebble,
    jobs: &[Job],
    show: impl Fn(&str) -> Excerpt,
) -> Result<BTreeMap<Job, Run>, PebbleError> {
    let changes = pebble.changes(Select::All).await?;
    let mut runs = BTreeMap::new();
    for job in jobs {
        let summary = format!("Execute command \"{}\"", job.script());
        let of_job = changes.iter().filter(|change| change.summary == summary);
        if let Some(change) = of_job.max_by_key(|change| change.id.number()) {
            runs.insert(*job, run(pebble, *job, change, &show).await?);
        }
    }
    Ok(runs)
}

async fn run(pebble: &Pebble, job: Job, change: &Change, show: impl Fn(&str) -> Excerpt) -> Result<Run, PebbleError> {
    let summary = match read_summary(pebble, job).await {
        Err(error) if !error.is_unreachable() => {
            tracing::warn!("the summary of {} cannot be read: {error}", job.script());
            String::new()
        }
        summary => summary?,
    };
    let outcome = if change.ready { Outcome::parse(change.exit_code(), &summary, &show) } else { Outcome::Running };
    Ok(Run {
        header: job::header(&summary).to_owned(),
        result: if outcome == Outcome::Done { job::result(&summary) } else { Value::Null },
        progress: job::progress(&summary).map(|text| show(text.as_str())),
        outcome,
        begun: change.spawn_time.as_deref().and_then(unix_time),
        ended: change.ready_time.as_deref().and_then(unix_time),
        change: change.id.to_string(),
    })
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
