//! Whether the database and the object storage are ready for this image, and which unit makes them so.

use crate::{
    discourse::{
        environment::Environment,
        job::{Job, Outcome, Run},
        schema::Schema,
    },
    excerpt::Excerpt,
    fleet::Fleet,
    journal::Journal,
    relations::restart::{Attempt, Phase},
    status::{AmongOthers, Reason, Restores},
    world::{Inspection, World},
};

use super::{Understanding, attempts::remembered, case::Case, restore, target::Target};

/// How long a failed job rests before it is tried again for the same image, database and options. *Units*: seconds.
const RETRY_AFTER: i64 = 3600;

/// The verdicts on both jobs.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    pub migration: Verdict,
    pub upload: Verdict,
    /// The failure to remember, if the last job failed.
    pub attempt: Option<Attempt>,
}

/// Whether the work of a job is done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Verdict {
    /// Nothing was looked at yet.
    #[default]
    Unknown,
    /// It is done; of a migration, how much of it. A reason says what else went wrong.
    Done(Phase, Option<Reason>),
    /// An earlier hook began it: its Pebble change.
    Runs(String),
    /// This unit is to do it now: its header.
    Due(String),
    /// It cannot be done now.
    Held(Reason),
}

const UPLOADED: Verdict = Verdict::Done(Phase::Complete, None);

impl Verdicts {
    /// Judges by what was found; without an inspection only what was remembered is known.
    pub fn of(case: &Case) -> Self {
        let remembered = Self::remembered(case.fleet, case.world.now);
        let Some(found) = &case.world.inspection else {
            let is_done = case.is_uploaded() || !case.may_migrate();
            return Self { upload: if is_done { UPLOADED } else { Verdict::Unknown }, ..remembered };
        };
        let attempt = case.latest_failure(found);
        let job = JobCase { case, found, latest: attempt.as_ref() };
        Self { migration: job.migration(), upload: job.upload(), attempt }
    }

    /// Nothing but the failure that this unit remembers.
    pub fn remembered(fleet: &Fleet, now: i64) -> Self {
        Self { attempt: remembered(fleet, now), ..Self::default() }
    }
}

/// The upload of the image's assets, as an operator can begin it.
#[derive(Debug)]
pub struct AssetUpload {
    /// What it runs for.
    pub header: String,
    /// Its environment.
    pub environment: Environment,
    /// Whether a unit remembers that it was done.
    pub is_done: bool,
}

/// The upload of the image's assets.
///
/// *Empty*: there is nowhere to upload to, or nothing that a server needs is known.
#[must_use]
pub fn asset_upload(world: &World, known: &Understanding) -> Option<AssetUpload> {
    let target = Target::of(world, known)?;
    let case = Case { world, journal: &Journal::default(), fleet: &known.fleet, target: &target };
    let header = case.header(Job::UploadAssets)?;
    Some(AssetUpload { header, environment: case.environment(Job::UploadAssets), is_done: case.is_uploaded() })
}

/// A case that was inspected.
#[derive(Clone, Copy)]
struct JobCase<'a> {
    case: &'a Case<'a>,
    found: &'a Inspection,
    /// The failure that is remembered, of whichever job.
    latest: Option<&'a Attempt>,
}

impl JobCase<'_> {
    fn migration(&self) -> Verdict {
        if let Some(reason) = restore::obstacle(self.case) {
            return Verdict::Held(reason);
        }
        let schema = match &self.found.schema {
            Ok(schema) => schema,
            Err(text) => return Verdict::Held(Reason::DatabaseSilent(text.to_string())),
        };
        let Schema { pending_pre: pre, pending_post: post, is_locked, .. } = *schema;
        let is_unseeded = self.is_unseeded();
        if pre + post == 0 && !is_unseeded {
            return Verdict::Done(Phase::Complete, None);
        }
        if pre == 0 && !self.case.fleet.may_run_destructive() && !is_unseeded {
            return Verdict::Done(Phase::Additive, None);
        }
        match self.due(Job::Migrate) {
            Verdict::Due(_) if is_locked => Verdict::Held(another_process()),
            Verdict::Due(_) if schema.aside.operation.is_some() => {
                let operation = schema.aside.operation.clone().unwrap_or_default();
                Verdict::Held(Reason::Restores(Restores::Operation(Excerpt::of(&operation).to_string())))
            }
            Verdict::Due(_) if !self.case.may_migrate() => Verdict::Held(Reason::OtherMigrates(self.migrator())),
            Verdict::Due(_) if self.case.is_first() && !self.case.is_announced() => {
                Verdict::Held(Reason::AmongOthers(AmongOthers::Announcing))
            }
            // What only cleans up behind older code can wait: the image can serve.
            Verdict::Held(reason) if pre == 0 && !is_unseeded => Verdict::Done(Phase::Additive, Some(reason)),
            verdict => verdict,
        }
    }

    fn upload(&self) -> Verdict {
        let header = self.case.header(Job::UploadAssets);
        let is_done_here = |run: &Run| header.as_ref() == Some(&run.header) && run.outcome == Outcome::Done;
        let is_done = self.found.run(Job::UploadAssets).is_some_and(is_done_here) || self.case.is_uploaded();
        if is_done || !self.case.may_migrate() { UPLOADED } else { self.due(Job::UploadAssets) }
    }

    /// A job that must run: now, later, or it runs already.
    fn due(&self, job: Job) -> Verdict {
        let run = self.found.run(job);
        if let Some(Run { outcome: Outcome::Running, change, .. }) = run {
            let is_slow = self.case.journal.is_out_of_patience;
            return if is_slow { Verdict::Held(Reason::JobSlow(job)) } else { Verdict::Runs(change.clone()) };
        }
        let Some(header) = self.case.header(job) else { return UPLOADED };
        let (attempt, has_run) = (self.attempt(job), self.case.has_run(job));
        let is_resting = attempt.as_ref().is_some_and(|failed| self.is_resting(failed));
        let next = attempt.filter(|_| is_resting).map_or(self.case.world.now, |failed| failed.time);
        let next = next.saturating_add(RETRY_AFTER);
        match run.map(|run| &run.outcome) {
            Some(Outcome::Busy) if has_run => Verdict::Held(another_process()),
            Some(Outcome::Lost) if self.case.journal.has_begun(job) => Verdict::Held(Reason::JobLost(job)),
            // That of a hook that was killed, which it took down.
            Some(Outcome::Lost) if !is_resting => Verdict::Due(header),
            Some(Outcome::ExtensionRefused(name)) if is_resting => Verdict::Held(self.refused(name, next)),
            _ if is_resting || has_run => Verdict::Held(Reason::JobFailed(job, self.failure(job), next)),
            _ => Verdict::Due(header),
        }
    }

    /// Whether a seed has failed since the last migration that ended well, also one of an earlier container.
    fn is_unseeded(&self) -> bool {
        let is_seed = |failed: &Attempt| failed.is_seed;
        self.latest.is_some_and(is_seed) || self.attempt(Job::Migrate).as_ref().is_some_and(is_seed)
    }

    fn attempt(&self, job: Job) -> Option<Attempt> {
        self.case.failure_of(job, self.found, self.latest)
    }

    fn is_resting(&self, failed: &Attempt) -> bool {
        self.case.world.now.saturating_sub(failed.time) < RETRY_AFTER
    }

    fn failure(&self, job: Job) -> String {
        match self.found.run(job).map(|run| &run.outcome) {
            Some(Outcome::Failed(what)) => what.to_string(),
            Some(Outcome::SeedFailed(what)) => format!("seeding failed: {what}"),
            Some(Outcome::Done) => "it left work undone".to_owned(),
            _ => "see its log".to_owned(),
        }
    }

    fn refused(&self, extension: &str, next: i64) -> Reason {
        let Case { target, world, .. } = self.case;
        let remedy = target.database.server.remedy(&[extension], Some(&world.model));
        Reason::ExtensionRefused(extension.to_owned(), remedy, next)
    }

    /// The unit that migrates, as a text.
    fn migrator(&self) -> String {
        let (fleet, unit) = (self.case.fleet, &self.case.world.unit);
        match fleet.migrator(&self.case.target.image.revision) {
            own if own == fleet.own || self.case.world.has_empty_database() => "the leader".to_owned(),
            number => format!("{}/{number}", unit.application),
        }
    }
}

fn another_process() -> Reason {
    Reason::OtherMigrates("another process".to_owned())
}
