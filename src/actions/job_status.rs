//! `job-status`: how far a job is, how it ended, and the end of its log.

use std::time::Duration;

use crate::{
    discourse::{
        image::USER,
        job::{Job, Outcome, Run},
        job_id::{JobId, stamp},
    },
    pebble::ExecRequest,
    relations::restart::RequestState,
    workload,
};

use super::{Action, Failure, Results, Scene};

/// The action.
pub(super) const ACTION: Action =
    Action { name: "job-status", done: "nothing was changed", perform: |scene| Box::pin(perform(scene)) };

/// How many lines of the log are shown, unless the operator says otherwise.
const LINES: i64 = 20;

/// The most lines.
const MOST_LINES: i64 = 200;

/// The most bytes of the log's end. *Units*: bytes.
const END: &str = "32768";

async fn perform(scene: &Scene<'_>) -> Result<Results, Failure> {
    let wanted = scene.parameters.optional("job-id")?.map(|text| parse(scene, &text)).transpose()?;
    let lines = scene.parameters.integer("lines", LINES, 0..=MOST_LINES)?;
    let show = |text: &str| scene.excerpt(text);
    let runs = workload::latest(scene.clients.pebble, &Job::ALL, show).await.map_err(|error| scene.away(&error))?;
    let ids = runs.into_iter().map(|(job, run)| (run.id(job, &scene.context.unit), run));
    let found = match &wanted {
        Some(id) => ids.into_iter().find(|(found, _)| found.job == id.job),
        None => ids.max_by_key(|(id, _)| id.begun),
    };
    if let Some((id, results)) = without_run(scene)
        && wanted.as_ref().is_none_or(|wanted| *wanted == id)
        && found.as_ref().is_none_or(|(found, _)| found.begun < id.begun)
    {
        return Ok(results);
    }
    match (wanted, found) {
        (None, None) => Err(Failure(format!("no job has run in the container of {} since it started", scene.context.unit))),
        (Some(id), Some((found, _))) if found.begun != id.begun => {
            let text = format!("only the newest run of {} is known: {found}", id.job.name());
            Err(Failure(text))
        }
        (_, Some((id, run))) => Ok(status(&id, &run, log(scene, id.job, lines).await)),
        (Some(id), None) => Ok(vec![
            ("job", id.to_string()),
            ("status", "lost".to_owned()),
            ("detail", "the container was started again since, so nobody knows how far it came; it is not begun again by itself".to_owned()),
        ]),
    }
}

/// The restore, or the rollback of one, for which the units of this forum still stop, or of which the unit remembers why it failed.
fn without_run(scene: &Scene<'_>) -> Option<(JobId, Results)> {
    let request = scene.world.fleet().memory.request()?;
    let id: JobId = request.id.parse().ok()?;
    let (status, detail) = match request.state {
        RequestState::Asked => {
            ("waiting", "it begins once all units have stopped, within 10 minutes; see juju status".to_owned())
        }
        RequestState::Over(why) if !why.is_empty() => {
            // The status goes on with this action.
            let cause = why.split("juju run ").next().unwrap_or_default().trim_end_matches([' ', ':', ';']);
            ("failed", scene.excerpt(cause).to_string())
        }
        RequestState::Begun | RequestState::Over(_) => return None,
    };
    let results = vec![("job", id.to_string()), ("status", status.to_owned()), ("detail", detail)];
    Some((id, results))
}

/// The name of a run in this unit.
fn parse(scene: &Scene<'_>, text: &str) -> Result<JobId, Failure> {
    let unit = &scene.context.unit;
    let id: JobId =
        text.parse().map_err(|error| Failure(format!("{error}: leave it out for the newest job of {unit}")))?;
    let other = || Failure(format!("that job runs in {0}: juju run {0} job-status job-id={id}", id.unit));
    (id.unit == *unit).then_some(id.clone()).ok_or_else(other)
}

fn status(id: &JobId, run: &Run, log: Option<String>) -> Results {
    let (word, detail) = match &run.outcome {
        Outcome::Running => ("running", None),
        Outcome::Done => ("done", (!run.result.is_null()).then(|| run.result.to_string())),
        Outcome::Lost => ("lost", Some("it ended with its container, so nobody knows how far it came".to_owned())),
        Outcome::Busy => ("failed", Some("another operation was under way".to_owned())),
        Outcome::Failed(why) => ("failed", Some(why.to_string())),
        Outcome::SeedFailed(why) => ("failed", Some(format!("seeding failed: {why}"))),
        Outcome::ExtensionRefused(name) => ("failed", Some(format!("PostgreSQL refuses the extension {name}"))),
    };
    let progress = run.progress.as_ref().filter(|_| run.outcome == Outcome::Running).map(ToString::to_string);
    let optional = [
        ("begun", Some(stamp(run.begun.unwrap_or(id.begun)))),
        ("ended", run.ended.map(stamp)),
        ("progress", progress),
        ("detail", detail),
        ("log", log),
    ];
    let optional = optional.into_iter().filter_map(|(key, value)| Some((key, value?)));
    [("job", id.to_string()), ("status", word.to_owned())].into_iter().chain(optional).collect()
}

/// The end of a job's log, line by line without what must not be shown.
///
/// *Empty*: none is wanted, or it cannot be read.
async fn log(scene: &Scene<'_>, job: Job, lines: i64) -> Option<String> {
    let count = usize::try_from(lines).ok().filter(|count| *count > 0)?;
    let request = ExecRequest {
        command: ["tail", "-c", END, &job.log()].map(str::to_owned).to_vec(),
        working_dir: Some("/".to_owned()),
        user: Some(USER.to_owned()),
        timeout: Duration::from_secs(10),
        ..ExecRequest::default()
    };
    let done = scene.clients.pebble.exec(&request).await.ok()?;
    // Tasks that count write over their line.
    let all: Vec<&str> = done.stdout.last_lines().split(['\n', '\r']).filter(|line| !line.trim().is_empty()).collect();
    let end = all.get(all.len().saturating_sub(count)..)?;
    Some(end.iter().map(|line| scene.excerpt(line).to_string()).collect::<Vec<_>>().join("\n"))
}
