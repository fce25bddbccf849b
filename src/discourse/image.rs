//! The contract with the image, and the files in which the image describes itself.
//!
//! The table in `discourse_rock/README.md` documents the same contract.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;

use crate::digest::short_digest;

/// The workload container of `metadata.yaml`.
pub const CONTAINER: &str = "discourse";
/// The resource that holds the image.
pub const RESOURCE: &str = "discourse-image";
/// The Pebble service that runs Unicorn.
pub const SERVICE: &str = "discourse";
/// The user that runs every process of the workload.
pub const USER: &str = "_daemon_";
/// The port on which Unicorn listens.
pub const PORT: u16 = 3000;
/// Discourse's Rails root, the working directory of every command.
pub const APP: &str = "/srv/discourse/app";
/// The file that has the version of Discourse in one line.
pub const VERSION: &str = "/srv/discourse/VERSION";
/// The file that has the identity of the image in one line.
pub const REVISION: &str = "/srv/discourse/REVISION";
/// The file that lists migrations, one per line: `pre` or `post`, a space, the number.
pub const MIGRATIONS: &str = "/srv/discourse/MIGRATIONS";
/// The file that lists plugins, one JSON object per line.
pub const PLUGINS: &str = "/srv/discourse/PLUGINS";
/// The command of [`SERVICE`].
pub const LAUNCH: &str = "/srv/scripts/launch";
/// The directory of the scripts of jobs.
pub const JOBS: &str = "/srv/scripts/jobs";
/// The directory of the logs and summaries of jobs.
pub const JOB_LOGS: &str = "/run/discourse";
/// The key of the notice with which an operation wakes the charm at its end.
pub const JOB_NOTICE: &str = "charm.discourse-k8s/job";
/// Discourse's rake command.
pub const RAKE: &str = "/srv/discourse/app/bin/rake";
/// The rake task for all user operations.
pub const USER_TASK: &str = "charm:user";
/// The prefix of the user task's result line.
pub const RESULT_MARKER: &str = "charm-result: ";
/// The Pebble service that serves Discourse's metrics.
pub const METRICS_SERVICE: &str = "discourse-metrics";
/// That service's command.
pub const METRICS_FORWARDER: &str = "/srv/scripts/metrics-forwarder";
/// The port that serves the metrics.
pub const METRICS_PORT: u16 = 9394;
/// The Pebble service of Sidekiq, where it is not a child of the web server.
pub const SIDEKIQ_SERVICE: &str = "discourse-sidekiq";
/// That service's command.
pub const SIDEKIQ: &str = "/srv/scripts/sidekiq";
/// The service of the log shipper that the Python charm adds.
pub const PROMTAIL: &str = "promtail";
/// The check that Discourse answers.
pub const READY_CHECK: &str = "discourse-ready";
/// The check that always fails, so that the pod is not ready while it runs.
pub const GATE_CHECK: &str = "discourse-gate";
/// The file that exists while the services may run with another plan than Pebble's. It is lost with the container, as the plan is;
/// only Pebble's own user can write there.
pub const REPLAN_DUE: &str = "/run/discourse-replan-due";

/// The file with the limit of the container's memory, where the node has control groups of version 2.
pub const MEMORY_LIMIT: &str = "/sys/fs/cgroup/memory.max";
/// The file with the limit of its processors.
pub const CPU_LIMIT: &str = "/sys/fs/cgroup/cpu.max";

/// The description of an image that fulfils the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Image {
    /// The version of Discourse, such as `2026.1.7`.
    pub version: String,
    /// The identity of the image, which no other image has.
    pub revision: String,
    /// The migrations that the image's code needs.
    pub migrations: Migrations,
}

/// The numbers of an image's migrations, by when they may run: digits and nothing else, whatever the image's file has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Migrations {
    pre: BTreeSet<String>,
    post: BTreeSet<String>,
}

/// A violation of the contract by the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageProblem {
    /// The file that is missing or malformed.
    pub file: &'static str,
    /// What is wrong with it.
    pub defect: Defect,
}

/// What is wrong with a file of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Defect {
    /// It does not exist, or cannot be read.
    Missing,
    /// It does not have the documented format.
    Malformed,
}

impl Image {
    /// Parses the three files of an image; `None` stands for a file that cannot be read.
    ///
    /// # Errors
    /// [`ImageProblem`] for the first file that is missing or malformed.
    pub fn parse(
        version: Option<&[u8]>,
        revision: Option<&[u8]>,
        migrations: Option<&[u8]>,
    ) -> Result<Self, ImageProblem> {
        Ok(Self {
            version: word(VERSION, version)?,
            revision: word(REVISION, revision)?,
            migrations: Migrations::parse(text(MIGRATIONS, migrations)?)?,
        })
    }
}

impl Migrations {
    /// Parses the list of an image.
    ///
    /// # Errors
    /// [`ImageProblem`] if a line is not `pre` or `post` and a number, or no migration is additive.
    pub fn parse(text: &str) -> Result<Self, ImageProblem> {
        let malformed = ImageProblem { file: MIGRATIONS, defect: Defect::Malformed };
        let mut found = Self::default();
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("pre", number)) if is_number(number) => found.pre.insert(number.to_owned()),
                Some(("post", number)) if is_number(number) => found.post.insert(number.to_owned()),
                _ => return Err(malformed),
            };
        }
        if found.pre.is_empty() { Err(malformed) } else { Ok(found) }
    }

    /// Additive ones, which may run while older code is still serving.
    #[must_use]
    pub fn pre(&self) -> &BTreeSet<String> {
        &self.pre
    }

    /// Destructive ones, which may run only when no older code is left.
    #[must_use]
    pub fn post(&self) -> &BTreeSet<String> {
        &self.post
    }

    /// A short digest of the whole list.
    #[must_use]
    pub fn digest(&self) -> String {
        short_digest(&format!("pre {:?}, post {:?}", self.pre, self.post))
    }
}

fn text<'a>(file: &'static str, content: Option<&'a [u8]>) -> Result<&'a str, ImageProblem> {
    let content = content.ok_or(ImageProblem { file, defect: Defect::Missing })?;
    std::str::from_utf8(content).map_err(|_| ImageProblem { file, defect: Defect::Malformed })
}

/// A file that contains one word of letters, digits, dots, dashes, plus signs and underscores.
fn word(file: &'static str, content: Option<&[u8]>) -> Result<String, ImageProblem> {
    let word = text(file, content)?.trim_end();
    let is_word =
        !word.is_empty() && word.len() <= 64 && word.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c));
    if is_word { Ok(word.to_owned()) } else { Err(ImageProblem { file, defect: Defect::Malformed }) }
}

fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for ImageProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.defect {
            Defect::Missing => write!(formatter, "the image lacks {}", self.file),
            Defect::Malformed => write!(formatter, "the image has a malformed {}", self.file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(version: &str, revision: &str, migrations: &str) -> Result<Image, ImageProblem> {
        Image::parse(Some(version.as_bytes()), Some(revision.as_bytes()), Some(migrations.as_bytes()))
    }

    #[test]
    fn an_image_describes_its_version_revision_and_migrations() {
        let image = parse("2026.1.7\n", "abc123\n", "pre 20240101000000\npost 20240102000000\n").unwrap();
        assert_eq!(
            (image.version.as_str(), image.revision.as_str(), image.migrations),
            (
                "2026.1.7",
                "abc123",
                Migrations { pre: ["20240101000000".to_owned()].into(), post: ["20240102000000".to_owned()].into() }
            )
        );
    }

    #[test]
    fn a_missing_file_is_reported() {
        let problem = Image::parse(Some(b"1"), None, None).unwrap_err();
        assert_eq!(problem.to_string(), "the image lacks /srv/discourse/REVISION");
    }

    #[test]
    fn a_malformed_file_is_reported() {
        for (version, revision, migrations, file) in [
            ("", "a", "pre 1", VERSION),
            ("1 2", "a", "pre 1", VERSION),
            ("1", "a/b", "pre 1", REVISION),
            ("1", "a", "", MIGRATIONS),
            ("1", "a", "post 1", MIGRATIONS),
            ("1", "a", "pre 1\n\npre 2", MIGRATIONS),
            ("1", "a", "pre one", MIGRATIONS),
            ("1", "a", "before 1", MIGRATIONS),
        ] {
            let problem = parse(version, revision, migrations).unwrap_err();
            assert_eq!(problem, ImageProblem { file, defect: Defect::Malformed }, "{migrations:?}");
        }
    }

    #[test]
    fn different_lists_of_migrations_have_different_digests() {
        let digest = |list: &str| parse("1", "a", list).unwrap().migrations.digest();
        assert_eq!(digest("pre 1\npost 2"), digest("post 2\npre 1"));
        assert_ne!(digest("pre 1\npost 2"), digest("pre 1\npre 2"));
    }
}
