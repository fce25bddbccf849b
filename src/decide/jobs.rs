//! Whether the database and the object storage are ready for this image, and who is to make them so.

use crate::{
    discourse::job::{Job, Outcome, Run},
    relations::restart::{Attempt, Phase},
    status::Reason,
    world::{Inspection, World},
};

use super::wanted::Wanted;

/// How long a failed job rests before it is tried again for the same image, database and options. *Units*: seconds.
const REST: i64 = 3600;

/// What is known of both jobs.
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
    /// Nothing was asked yet.
    #[default]
    Unknown,
    /// It is done; of a migration, how much of it. A reason tells what else went wrong.
    Done(Phase, Option<Reason>),
    /// An earlier hook began it: its Pebble change.
    Runs(String),
    /// This unit is to do it now: its header.
    Due(String),
    /// It cannot be done now.
    Held(Reason),
}

impl Verdicts {
    /// Judges by what was found; without an inspection only what was noted earlier is known.
    pub fn of(world: &World, wanted: Option<&Wanted>) -> Self {
        let Some(wanted) = wanted else { return Self { attempt: world.peers().attempt(), ..Self::default() } };
        let Some(inspection) = &world.inspection else { return Self::noted(world, wanted) };
        let attempt = latest_failure(world, wanted, inspection);
        Self {
            migration: migration(world, wanted, inspection, attempt.as_ref()),
            upload: upload(world, wanted, inspection, attempt.as_ref()),
            attempt,
        }
    }

    fn noted(world: &World, wanted: &Wanted) -> Self {
        let is_done = is_uploaded(world, wanted) || !is_designated(world, wanted);
        let upload = if is_done { Verdict::Done(Phase::Complete, None) } else { Verdict::Unknown };
        Self { migration: Verdict::Unknown, upload, attempt: world.peers().attempt() }
    }
}

fn migration(world: &World, wanted: &Wanted, found: &Inspection, attempt: Option<&Attempt>) -> Verdict {
    let schema = match &found.schema {
        Ok(schema) => schema,
        Err(said) => return Verdict::Held(Reason::DatabaseSilent(said.clone())),
    };
    let (pre, post) = (schema.pending_pre(&wanted.image.migrations), schema.pending_post(&wanted.image.migrations));
    let is_unseeded = attempt.is_some_and(|failed| failed.is_seed);
    if pre + post == 0 && !is_unseeded {
        return Verdict::Done(Phase::Complete, None);
    }
    if pre == 0 && !world.is_alone() && !is_unseeded {
        return Verdict::Done(Phase::Additive, None);
    }
    let verdict = due(world, Job::Migrate, &wanted.migration_header(world), found, attempt, wanted);
    match verdict {
        Verdict::Due(_) if schema.is_locked => Verdict::Held(Reason::OtherMigrates("another process".to_owned())),
        Verdict::Due(_) if !is_designated(world, wanted) => {
            Verdict::Held(Reason::OtherMigrates(designated(world, wanted)))
        }
        // What only cleans up behind older code can wait: the image can serve.
        Verdict::Held(reason) if pre == 0 && !is_unseeded => Verdict::Done(Phase::Additive, Some(reason)),
        verdict => verdict,
    }
}

fn upload(world: &World, wanted: &Wanted, found: &Inspection, attempt: Option<&Attempt>) -> Verdict {
    let Some(s3) = wanted.asset_storage() else { return Verdict::Done(Phase::Complete, None) };
    let header = wanted.upload_header(world, s3);
    let is_done_here = found.upload.as_ref().is_some_and(|run| run.header == header && run.outcome == Outcome::Done);
    if is_done_here || is_uploaded(world, wanted) || !is_designated(world, wanted) {
        return Verdict::Done(Phase::Complete, None);
    }
    due(world, Job::UploadAssets, &header, found, attempt, wanted)
}

/// A job that must run: now, later, or it runs already.
fn due(
    world: &World,
    job: Job,
    header: &str,
    found: &Inspection,
    attempt: Option<&Attempt>,
    wanted: &Wanted,
) -> Verdict {
    let run = found.run(job);
    if let Some(Run { outcome: Outcome::Running, change, .. }) = run {
        return Verdict::Runs(change.clone());
    }
    let is_resting =
        attempt.is_some_and(|failed| failed.header == header && world.now.saturating_sub(failed.time) < REST);
    let has_run_now = world.history.jobs.contains(&job);
    match run.map(|run| &run.outcome) {
        Some(Outcome::Busy) if has_run_now => Verdict::Held(Reason::OtherMigrates("another process".to_owned())),
        Some(Outcome::Lost) if has_run_now => Verdict::Held(Reason::JobLost(job)),
        Some(Outcome::ExtensionRefused(name)) if is_resting => {
            Verdict::Held(Reason::ExtensionRefused(name.clone(), wanted.database.provider.clone()))
        }
        _ if is_resting => Verdict::Held(failed(job, run, attempt)),
        _ if has_run_now => Verdict::Held(Reason::JobFailed(job, "it left work undone".to_owned(), world.now + REST)),
        _ => Verdict::Due(header.to_owned()),
    }
}

fn failed(job: Job, run: Option<&Run>, attempt: Option<&Attempt>) -> Reason {
    let what = match run.map(|run| &run.outcome) {
        Some(Outcome::Failed(what)) => what.clone(),
        Some(Outcome::SeedFailed(what)) => format!("seeding failed: {what}"),
        Some(Outcome::Done) => "it left work undone".to_owned(),
        _ => "see its log".to_owned(),
    };
    Reason::JobFailed(job, what, attempt.map_or(0, |failed| failed.time).saturating_add(REST))
}

/// The failure that counts: one found in this container if it is newer than the one remembered.
///
/// A job that says it is done, but has left work undone, has failed as well: the database decides.
fn latest_failure(world: &World, wanted: &Wanted, found: &Inspection) -> Option<Attempt> {
    let remembered = world.peers().attempt();
    let failures = [Job::Migrate, Job::UploadAssets].into_iter().filter_map(|job| failure(world, wanted, found, job));
    match (failures.max_by_key(|failed| failed.time), remembered) {
        (Some(new), Some(old)) if new.header != old.header => Some(new),
        (Some(new), Some(old)) if new.time <= old.time => Some(old),
        (Some(new), Some(old)) => Some(Attempt { count: old.count.saturating_add(1), ..new }),
        (Some(new), None) => Some(new),
        (None, Some(old)) => still_counts(&old, world, wanted, found).then_some(old),
        (None, None) => None,
    }
}

/// Whether a remembered failure says anything of this image and database, and nothing has undone it since.
fn still_counts(failed: &Attempt, world: &World, wanted: &Wanted, found: &Inspection) -> bool {
    let header = wanted.migration_header(world);
    let subject = |header: &str| header.rsplit_once(' ').map(|(subject, _)| subject.to_owned());
    let is_done = found.migrate.as_ref().is_some_and(|run| run.header == header && run.outcome == Outcome::Done);
    let is_unseeded = failed.is_seed && !is_done && subject(&failed.header) == subject(&header);
    is_unseeded || !is_settled(world, wanted, found)
}

fn failure(world: &World, wanted: &Wanted, found: &Inspection, job: Job) -> Option<Attempt> {
    let run = found.run(job)?;
    let header = match job {
        Job::Migrate => wanted.migration_header(world),
        Job::UploadAssets => wanted.upload_header(world, wanted.asset_storage()?),
    };
    let is_open = job != Job::Migrate || !is_settled(world, wanted, found);
    let has_failed = match run.outcome {
        Outcome::SeedFailed(_) => true,
        Outcome::Failed(_) | Outcome::ExtensionRefused(_) => is_open,
        Outcome::Done => is_open && job == Job::Migrate,
        Outcome::Running | Outcome::Busy | Outcome::Lost => false,
    };
    let is_seed = matches!(run.outcome, Outcome::SeedFailed(_));
    let time = run.ended.unwrap_or(world.now);
    (run.header == header && has_failed).then_some(Attempt { header, time, count: 1, is_seed })
}

/// Whether a migration by this unit would find nothing to do.
fn is_settled(world: &World, wanted: &Wanted, found: &Inspection) -> bool {
    let migrations = &wanted.image.migrations;
    let is_complete = |post: usize| post == 0 || !world.is_alone();
    found
        .schema
        .as_ref()
        .is_ok_and(|schema| schema.pending_pre(migrations) == 0 && is_complete(schema.pending_post(migrations)))
}

/// Whether some unit has noted that the assets of this image are in this storage.
fn is_uploaded(world: &World, wanted: &Wanted) -> bool {
    wanted.asset_storage().is_none_or(|s3| world.peers().is_noted_anywhere("assets", &wanted.assets_note(s3)))
}

/// The leader, or the first unit that runs this image: a roll replaces the leader last.
///
/// Who does not lead and sees nobody has peers that Juju has not introduced yet.
fn is_designated(world: &World, wanted: &Wanted) -> bool {
    let is_first = first(world, wanted) == world.unit.number && !world.peers().peers.is_empty();
    world.is_leader || is_first
}

fn designated(world: &World, wanted: &Wanted) -> String {
    match first(world, wanted) {
        own if own == world.unit.number => "the leader".to_owned(),
        first => format!("{}/{first}", world.unit.application),
    }
}

fn first(world: &World, wanted: &Wanted) -> u32 {
    world.peers().first_with_image(world.unit.number, &wanted.image.revision)
}
