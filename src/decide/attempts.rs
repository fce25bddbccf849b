//! Failed jobs: which failure counts, and for how long it is remembered.

use crate::{
    discourse::job::{Job, Outcome},
    fleet::Fleet,
    relations::restart::Attempt,
    world::Inspection,
};

use super::case::Case;

/// The failure that this unit remembers; one in the future counts as now, so that no job rests longer than from now.
pub(super) fn remembered(fleet: &Fleet, now: i64) -> Option<Attempt> {
    let attempt = fleet.memory.attempt()?;
    Some(Attempt { time: attempt.time.min(now), ..attempt })
}

impl Case<'_> {
    /// The failure of one job that counts; the last one of both may be that of the other.
    pub fn failure_of(&self, job: Job, found: &Inspection, latest: Option<&Attempt>) -> Option<Attempt> {
        let header = self.header(job)?;
        let latest = latest.filter(|failed| failed.header == header);
        self.failure(found, job, latest).or_else(|| latest.cloned())
    }

    /// The last failure, which is remembered: one found in this container if it is newer than the one remembered.
    ///
    /// A job that says it is done, but has left work undone, has failed as well: the database decides.
    pub fn latest_failure(&self, found: &Inspection) -> Option<Attempt> {
        let remembered = remembered(self.fleet, self.world.now);
        let known = remembered.as_ref();
        let failures = [Job::Migrate, Job::UploadAssets].into_iter().filter_map(|job| self.failure(found, job, known));
        match (failures.max_by_key(|failed| failed.time), remembered) {
            (Some(new), Some(old)) if new.header != old.header => Some(new),
            (Some(new), Some(old)) if new.time <= old.time => Some(old),
            (Some(new), Some(old)) => Some(Attempt { count: old.count.saturating_add(1), ..new }),
            (Some(new), None) => Some(new),
            (None, Some(old)) => self.still_counts(&old, found).then_some(old),
            (None, None) => None,
        }
    }

    /// Whether a remembered failure says anything of this image and database, and nothing has undone it since.
    fn still_counts(&self, failed: &Attempt, found: &Inspection) -> bool {
        let header = self.header(Job::Migrate).unwrap_or_default();
        let subject = |header: &str| header.rsplit_once(' ').map(|(subject, _)| subject.to_owned());
        let is_done = found.run(Job::Migrate).is_some_and(|run| run.header == header && run.outcome == Outcome::Done);
        let is_unseeded = failed.is_seed && !is_done && subject(&failed.header) == subject(&header);
        is_unseeded || !self.is_settled(found)
    }

    fn failure(&self, found: &Inspection, job: Job, known: Option<&Attempt>) -> Option<Attempt> {
        let run = found.run(job)?;
        let header = self.header(job)?;
        let is_open = job != Job::Migrate || !self.is_settled(found);
        let has_failed = match run.outcome {
            Outcome::SeedFailed(_) => true,
            Outcome::Failed(_) | Outcome::ExtensionRefused(_) => is_open,
            Outcome::Done => is_open && job == Job::Migrate,
            Outcome::Running | Outcome::Busy | Outcome::Lost => false,
        };
        let is_seed = matches!(run.outcome, Outcome::SeedFailed(_));
        let known = known.filter(|known| known.header == header && !self.has_run(job));
        let time = self.past(run.ended).unwrap_or_else(|| known.map_or(self.world.now, |known| known.time));
        // One of this hook is for the present header, also if it could not even note it.
        let is_present = run.header == header || run.header.is_empty() && self.has_run(job);
        (is_present && has_failed).then_some(Attempt { header, time, count: 1, is_seed })
    }

    /// A time that has passed; a clock that went back leaves others, and what ended then counts from when it was first seen.
    fn past(&self, time: Option<i64>) -> Option<i64> {
        time.filter(|time| *time <= self.world.now)
    }

    /// Whether a migration by this unit would find nothing to do.
    fn is_settled(&self, found: &Inspection) -> bool {
        let is_complete = |post: usize| post == 0 || !self.fleet.may_run_destructive();
        found.schema.as_ref().is_ok_and(|schema| schema.pending_pre == 0 && is_complete(schema.pending_post))
    }
}
