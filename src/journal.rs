//! What this hook has done: nothing is done twice, and what failed becomes a status.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    decision::{Step, StepKind},
    discourse::{job::Job, secret_key::Keeper},
    excerpt::Excerpt,
    secret::Secret,
    world::Inspection,
};

/// The steps that this hook has done, and what went wrong in them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Journal {
    done: BTreeSet<StepKind>,
    /// The jobs that this hook has begun itself.
    begun: BTreeSet<Job>,
    /// What Pebble answered when it refused a step.
    pub trouble: Option<String>,
    /// Who gave no secret key, and what was answered.
    pub key_problem: Option<(Keeper, Excerpt)>,
    /// What PostgreSQL answered when what a restore has put aside was to be moved back.
    pub rollback_problem: Option<Excerpt>,
    /// Why the last start of the service failed.
    pub start_error: Option<Excerpt>,
    /// Whether jobs were followed for as long as a hook may last.
    pub is_out_of_patience: bool,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was done: this was found.
    Found(Box<Inspection>),
    /// It was done: this is the secret key.
    Key(Secret),
    /// There is no secret key yet: who was to give it, and what was answered.
    NoKey(Keeper, Excerpt),
    /// PostgreSQL did not do it, and gave this answer.
    NotMoved(Excerpt),
    /// It was done, but the service does not start.
    NotStarted(Excerpt),
    /// The job still runs, after as long as a hook may last.
    StillRuns,
    /// Pebble went away; the next observation shows it.
    Gone,
    /// Pebble refused.
    Refused(String),
}

impl Journal {
    /// Whether a step of this kind was done, or tried, in this hook.
    #[must_use]
    pub fn has(&self, kind: StepKind) -> bool {
        self.done.contains(&kind)
    }

    /// Whether any job was run or followed in this hook.
    #[must_use]
    pub fn has_job(&self) -> bool {
        Job::ALL.into_iter().any(|job| self.has(StepKind::Job(job)))
    }

    /// Whether this hook has begun a job itself.
    #[must_use]
    pub fn has_begun(&self, job: Job) -> bool {
        self.begun.contains(&job)
    }

    /// Notes a step and what became of it.
    pub fn note(&mut self, step: &Step, outcome: &Outcome) {
        self.done.insert(step.kind());
        if let Step::RunJob(job, ..) = step {
            self.begun.insert(*job);
        }
        match outcome {
            Outcome::Done | Outcome::Found(_) | Outcome::Key(_) | Outcome::Gone => {}
            Outcome::NoKey(keeper, answer) => self.key_problem = Some((*keeper, answer.clone())),
            Outcome::NotMoved(answer) => self.rollback_problem = Some(answer.clone()),
            Outcome::StillRuns => self.is_out_of_patience = true,
            Outcome::NotStarted(cause) => self.start_error = Some(cause.clone()),
            Outcome::Refused(message) => self.trouble = Some(message.clone()),
        }
    }
}

impl Outcome {
    /// What is known of the database and of earlier jobs after a step: a job makes stale what was found before, and so does what changes the mark of a restore.
    #[must_use]
    pub fn inspection(self, step: &Step, before: Option<Inspection>) -> Option<Inspection> {
        match (step, self) {
            (_, Self::Found(found)) => Some(*found),
            (Step::RunJob(..) | Step::FollowJob(..) | Step::RemoveMark(..) | Step::MoveBack(..), _) => None,
            _ => before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_noted_whatever_became_of_it() {
        for outcome in [Outcome::Done, Outcome::StillRuns, Outcome::Gone, Outcome::Refused("no".to_owned())] {
            let mut journal = Journal::default();
            journal.note(&Step::OpenGate, &outcome);
            assert!(journal.has(StepKind::OpenGate) && !journal.has(StepKind::Replan), "{outcome:?}");
        }
    }

    #[test]
    fn what_went_wrong_is_kept() {
        let mut journal = Journal::default();
        journal.note(&Step::Replan(None), &Outcome::NotStarted(Excerpt::of("exit code 1")));
        journal.note(&Step::OpenGate, &Outcome::Refused("no such check".to_owned()));
        let texts = (journal.start_error.as_ref().map(Excerpt::as_str), journal.trouble.as_deref());
        assert_eq!(texts, (Some("exit code 1"), Some("no such check")));
    }

    #[test]
    fn a_followed_job_counts_as_run() {
        let mut journal = Journal::default();
        journal.note(&Step::FollowJob(Job::Migrate, "7".to_owned()), &Outcome::Done);
        assert!(journal.has(StepKind::Job(Job::Migrate)) && journal.has_job() && !journal.has_begun(Job::Migrate));
    }
}
