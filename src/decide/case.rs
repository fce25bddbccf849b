//! What the second stage plans for: the world, what this hook has done, and the target.

use crate::{
    decision::StepKind,
    digest::short_digest,
    discourse::{
        environment::{Environment, Origin},
        job::{Job, LONGEST_NAME},
    },
    fleet::Fleet,
    journal::Journal,
    relations::{replica, s3},
    world::{Container, Service, World},
};

use super::{
    State,
    jobs::{Verdict, Verdicts},
    target::Target,
};

/// The origins from which browsers may load.
const CORS_ORIGIN: &str = "DISCOURSE_CORS_ORIGIN";

/// A world with a target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub world: &'a World,
    pub journal: &'a Journal,
    pub fleet: &'a Fleet,
    pub target: &'a Target<'a>,
}

impl Case<'_> {
    /// What a job runs for: image, database or storage, and a digest of all that could make it end differently.
    ///
    /// *Empty*: there is no storage to upload to.
    pub fn header(&self, job: Job) -> Option<String> {
        let subject = match job {
            Job::Migrate => {
                format!("{}:{}", self.target.database.relation, in_one_word(&self.target.database.name))
            }
            Job::UploadAssets => self.target.asset_storage()?,
            // An operator's operations are named by their ids.
            _ => return None,
        };
        Some(format!("{} {subject} {}", self.target.image.revision, self.digest(job)))
    }

    /// Whether this unit does what one unit does for all. An empty database is left to the leader if it surely runs this image.
    pub fn may_migrate(&self) -> bool {
        let image = &self.target.image.revision;
        let is_left = self.world.has_empty_database() && self.fleet.all_run(image);
        self.fleet.may_migrate(image) && (self.fleet.is_leader || !is_left)
    }

    /// Whether this unit leads and the database is empty: no older code has served from it, and none will once it is announced.
    pub fn is_first(&self) -> bool {
        let runs_no_other = self.fleet.runs_no_other(&self.target.image.revision);
        self.fleet.is_leader && !self.fleet.is_alone() && self.world.has_empty_database() && runs_no_other
    }

    /// Whether the whole of an empty database may be migrated at once.
    pub fn is_announced(&self) -> bool {
        self.is_first() && self.fleet.has_barrier(&self.target.image.revision)
    }

    /// Whether some unit remembers that the assets of this image are in this storage, or none are wanted there.
    pub fn is_uploaded(&self) -> bool {
        let storage = self.target.asset_storage();
        storage.is_none_or(|storage| self.fleet.has_uploaded(&self.target.assets_note(&storage)))
    }

    /// Whether this unit has seen this database migrated for this image.
    pub fn is_migrated(&self) -> bool {
        self.fleet.memory.migrated.as_ref() == Some(&self.target.migrated_note())
    }

    /// Whether the secret key was rotated, and this hook has not found the new one.
    pub fn is_key_due(&self) -> bool {
        self.fleet.is_key_rotated() && self.world.secret_key.is_none()
    }

    /// Whether the server still runs that is to restart.
    pub fn is_restart_due(&self, container: &Container) -> bool {
        let Service::Running(Some(since)) = container.service else { return false };
        self.fleet.memory.restart.as_ref() == Some(&since.to_string())
    }

    /// Whether this hook ran or followed a job.
    pub fn has_run(&self, job: Job) -> bool {
        self.journal.has(StepKind::Job(job))
    }

    /// The environment that the server can have now: until its assets are in another storage, one that runs goes on with the storage
    /// that it has, and follows everything else. Another replica is no reason for a restart, and waits for the next one.
    pub fn attainable_environment(&self, verdicts: &Verdicts) -> Environment {
        let mut environment = self.target.environment.clone();
        if self.world.is_running() && !matches!(verdicts.upload, Verdict::Done(..)) {
            // Browsers may load assets from the storage's own address.
            let storage = [s3::ENDPOINT.variables, s3::ENDPOINT.dependent_variables, &[CORS_ORIGIN]].concat();
            environment.keep(&storage, &self.world.running_environment(), Origin::Charm);
        }
        let mut unchanged = environment.clone();
        unchanged.keep(&replica::VARIABLES, &self.world.running_environment(), Origin::Charm);
        if self.goes_on_with(&unchanged) { unchanged } else { environment }
    }

    /// Whether the server runs with this environment, so that nothing restarts it.
    fn goes_on_with(&self, environment: &Environment) -> bool {
        let container = self.world.container.as_ref().ok();
        let state = container.map(|container| State::of(container, environment));
        matches!(state, Some(State::Serving | State::Starting))
    }

    /// The environment of a job.
    pub fn environment(&self, job: Job) -> Environment {
        if job == Job::Migrate && self.is_announced() {
            // Somebody may be faster, and serve meanwhile.
            return self.target.job_environment(job, true).with("EMPTY_DATABASE_ONLY", "1");
        }
        self.target.job_environment(job, self.fleet.may_run_destructive())
    }

    /// A first migration that runs everything counts as one of the additive part, which is what is left if it fails.
    fn digest(&self, job: Job) -> String {
        let boot_id = self.world.container.as_ref().map_or("", |container| container.boot_id.as_str());
        let environment = self.target.job_environment(job, self.fleet.may_run_destructive());
        short_digest(&format!("{boot_id}\n{}", environment.digestible()))
    }
}

/// A name as one word of a job's header, which is an argument: PostgreSQL has no longer names than this.
fn in_one_word(name: &str) -> String {
    if name.len() > LONGEST_NAME {
        return short_digest(name);
    }
    name.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_database_is_one_short_word() {
        assert_eq!(in_one_word("my forum"), "my_forum");
        assert_eq!(in_one_word(&"a".repeat(LONGEST_NAME)), "a".repeat(LONGEST_NAME));
        assert_eq!(in_one_word(&"a".repeat(100_000)).len(), 16);
    }
}
