//! Operations: jobs that an operator begins, and follows for as long as the parameter `wait` says.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use crate::{
    decide::{LOST_AFTER_MINUTES, REQUEST, is_lost, operation_environment},
    discourse::{
        answer,
        aside::{Mark, ROLLBACK, Stage},
        environment::Environment,
        image::{CONTAINER, JOBS, RESOURCE},
        job::{Job, Outcome, Run},
        job_id::JobId,
        postgresql::Postgresql,
    },
    excerpt::Excerpt,
    pebble::{ChangeId, PebbleError},
    workload,
};

use super::{Failure, Results, Scene};

/// What is true of an operation whose results could not be handed over.
pub(super) const DONE: &str = "the job was begun, and job-status follows it";

/// That Discourse's own mark is set, and the charm's lock is free.
const OCCUPIED: &str = "a backup or restore of Discourse itself runs, such as the daily one or one from the admin page, \
                        or an operation was killed less than a minute ago: try again once it has ended, or in a minute";

/// How long an action follows its job, unless the operator says otherwise. *Units*: seconds.
const WAIT: i64 = 45;

/// The longest that it may. *Units*: seconds.
const LONGEST_WAIT: i64 = 600;

/// The most bytes of a job's script, which is looked for before it is begun.
const SCRIPT_LIMIT: usize = 64 << 10;

impl Scene<'_> {
    /// How long the operator wants to wait.
    pub fn wait(&self) -> Result<Duration, Failure> {
        let seconds = self.parameters.integer("wait", WAIT, 0..=LONGEST_WAIT)?;
        Ok(Duration::from_secs(seconds.unsigned_abs()))
    }

    /// The environment for operations.
    pub fn operation_environment(&self) -> Result<Environment, Failure> {
        let known = self.known();
        let is_known = known.is_usable() && known.database.have().is_some() && self.world.container.is_ok();
        if is_known { Ok(operation_environment(&known.environment)) } else { Err(self.not_set_up()) }
    }

    /// The environment for an operation of a forum that serves, with no other one under way.
    pub async fn free_environment(&self) -> Result<Environment, Failure> {
        if !self.is_set_up() {
            return Err(self.not_set_up());
        }
        let environment = self.operation_environment()?;
        match self.unoccupied(&environment).await?.aside.mark {
            Some(mark) if is_lost(&mark, self.world.now) => {
                self.change(&environment, mark.removal()).await.map(|()| environment)
            }
            Some(mark) => Err(restoring(&mark)),
            None => Ok(environment),
        }
    }

    /// The database, if no operation runs in it, be it one of the charm or of Discourse itself.
    pub async fn unoccupied(&self, environment: &Environment) -> Result<Postgresql, Failure> {
        let (database, redis) = workload::ask_servers(self.clients.pebble, environment).await;
        let database = database.map_err(|why| Failure(format!("PostgreSQL cannot be asked: {why}")))?;
        let redis = redis.map_err(|why| Failure(format!("Redis cannot be asked: {why}")))?;
        match &database.aside.operation {
            Some(job) => Err(self.busy(job)),
            // What is killed leaves this for a minute. Not so a restore: while its mark is set nobody else begins.
            None if redis.is_operating && database.aside.mark.is_none() => Err(Failure(OCCUPIED.to_owned())),
            None => Ok(database),
        }
    }

    /// That another operation runs.
    pub fn busy(&self, job: &str) -> Failure {
        let app = &self.context.unit.application;
        let job = Excerpt::of(job);
        Failure(format!("another operation runs: {job}; wait for its end: juju run {app}/<unit> job-status"))
    }

    /// Begins a job, follows it for as long as the operator wants, and gives its results; `done` reads those of its success.
    pub async fn operate(
        &self,
        job: Job,
        request: &Value,
        environment: Environment,
        done: impl Fn(&Value) -> Results,
    ) -> Result<Results, Failure> {
        let id = JobId { unit: self.context.unit.clone(), job, begun: self.world.now };
        let environment = environment.with(REQUEST, &request.to_string());
        self.begin(job, &id.to_string(), &environment, done).await
    }

    /// Begins a job with a header, follows it, and gives its results.
    pub async fn begin(
        &self,
        job: Job,
        header: &str,
        environment: &Environment,
        done: impl Fn(&Value) -> Results,
    ) -> Result<Results, Failure> {
        let wait = self.wait()?;
        self.find_script(job).await?;
        // A second run would write over the log and the summary of the first.
        if self.run_of(job).await?.is_some_and(|run| run.outcome == Outcome::Running) {
            return Err(self.busy(job.name()));
        }
        let pebble = self.clients.pebble;
        let change = workload::start(pebble, job, header, environment).await.map_err(|error| self.away(&error))?;
        self.follow(job, &change, wait).await?;
        let run = self.run_of(job).await?.ok_or_else(|| Failure("Pebble does not know the job any more".to_owned()))?;
        self.results(job, &run, done)
    }

    /// Images before this charm's first operations have no scripts for them.
    pub async fn find_script(&self, job: Job) -> Result<(), Failure> {
        let found = self.clients.pebble.read_small_file(JOBS, job.name(), SCRIPT_LIMIT).await;
        let found = found.map_err(|error| self.away(&error))?;
        let app = &self.context.unit.application;
        let newer = format!("juju attach-resource {app} {RESOURCE}=<image>");
        found
            .map(drop)
            .ok_or_else(|| Failure(format!("the image has no job {}, which newer ones have: {newer}", job.name())))
    }

    /// Follows a job with lines of progress.
    async fn follow(&self, job: Job, change: &ChangeId, wait: Duration) -> Result<(), Failure> {
        let mut last = None;
        let show = async |at: Option<Excerpt>| {
            if at.is_some() && at != last {
                let text = at.as_ref().map(Excerpt::as_str).unwrap_or_default();
                if let Err(error) = self.clients.tools.action_log(text).await {
                    tracing::warn!("{error}");
                }
                last = at;
            }
        };
        let until = sleep(wait).deadline();
        workload::follow(self.clients.pebble, job, change, until, show)
            .await
            .map(drop)
            .map_err(|error| self.away(&error))
    }

    /// The latest run of a job in this container.
    pub async fn run_of(&self, job: Job) -> Result<Option<Run>, Failure> {
        let environment = self.known().environment.exposed();
        let show = |text: &str| answer::excerpt(text, &environment, &[]);
        let runs = workload::latest(self.clients.pebble, &[job], show).await;
        Ok(runs.map_err(|error| self.away(&error))?.remove(&job))
    }

    /// The results of a run: what it says of its success, or how to follow it.
    pub fn results(&self, job: Job, run: &Run, done: impl Fn(&Value) -> Results) -> Result<Results, Failure> {
        let unit = &self.context.unit;
        let id = run.id(job, unit).to_string();
        let log = || format!("see juju run {unit} job-status job-id={id}");
        match &run.outcome {
            Outcome::Running => Ok(vec![
                ("status", "running".to_owned()),
                ("job-id", id.clone()),
                ("follow", format!("juju run {unit} job-status job-id={id}")),
            ]),
            Outcome::Done => {
                let first = [("status", "done".to_owned()), ("job-id", id.clone())];
                Ok(first.into_iter().chain(done(&run.result)).collect())
            }
            Outcome::Busy => Err(self.busy("one that was begun before")),
            Outcome::Lost => {
                Err(Failure(format!("the job was lost with its container, so nobody knows how far it came; {}", log())))
            }
            Outcome::Failed(why) | Outcome::SeedFailed(why) => Err(Failure(format!("{why}; {}", log()))),
            Outcome::ExtensionRefused(name) => {
                Err(Failure(format!("PostgreSQL refuses the extension {name}; {}", log())))
            }
        }
    }

    /// Pebble does not do what it was asked.
    pub fn away(&self, error: &PebbleError) -> Failure {
        let unit = &self.context.unit;
        if error.is_unreachable() {
            return Failure(format!(
                "the container {CONTAINER} of {unit} does not answer; wait until juju status says active and try again"
            ));
        }
        Failure(format!("Pebble refuses: {}", Excerpt::of(&error.to_string())))
    }
}

/// That a restore, or a rollback, is under way, or nobody goes on with it.
fn restoring(mark: &Mark) -> Failure {
    let work = mark.work();
    if mark.stage == Stage::Begun {
        return Failure(format!("{work} has not ended: see juju status"));
    }
    let unit = Excerpt::of(&mark.unit);
    let way_out = match mark.backup.as_str() {
        ROLLBACK => String::new(),
        backup => format!(", or call it off: juju run {unit} rollback-restore confirm={backup}"),
    };
    Failure(format!("{work} was asked of {unit} and has not begun; try again in {LOST_AFTER_MINUTES} minutes{way_out}"))
}

/// A value of a job's result as a text.
pub(super) fn said(result: &Value, key: &str) -> String {
    match result.get(key) {
        Some(Value::String(text)) => Excerpt::of(text).to_string(),
        Some(Value::Null) | None => "unknown".to_owned(),
        Some(value) => value.to_string(),
    }
}

/// Values of a job's result, under the same keys.
pub(super) fn all_said(result: &Value, keys: &[&'static str]) -> Results {
    keys.iter().map(|key| (*key, said(result, key))).collect()
}
