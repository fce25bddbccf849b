//! Jobs: long-running scripts of the image that outlive the charm's process.
//!
//! A job runs as a Pebble exec. Its log begins with a header that identifies the run and ends with the outcome, so that later hooks
//! recognize both.

use serde::Serialize;

use crate::discourse::image::{JOB_LOGS, JOBS};

/// The jobs of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// Migrates the database to the schema of the image.
    Migrate,
    /// Uploads the assets of the image to the object storage.
    UploadAssets,
}

/// The latest run of a job in this container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The Pebble change that runs it.
    pub change: String,
    /// The first line of its log: image, database and a digest of the parameters.
    ///
    /// *Empty*: the log cannot be read.
    pub header: String,
    /// Whether and how it ended.
    pub outcome: Outcome,
    /// When it ended. *Units*: seconds since 1970.
    ///
    /// *Empty*: it is still running, or Pebble does not know.
    pub ended: Option<i64>,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is still running.
    Running,
    /// It succeeded.
    Done,
    /// The same job is running elsewhere.
    Busy,
    /// It failed; the text is the migration or the error.
    Failed(String),
    /// The migrations succeeded, but seeding the database failed with this error.
    SeedFailed(String),
    /// PostgreSQL refused to create this extension.
    ExtensionRefused(String),
    /// It never started, or was lost when Pebble was killed; its progress is unknown.
    Lost,
}

impl Job {
    /// The path of its script, which identifies its change in Pebble.
    #[must_use]
    pub fn script(self) -> String {
        format!("{JOBS}/{}", self.name())
    }

    /// The path of its log.
    #[must_use]
    pub fn log(self) -> String {
        format!("{JOB_LOGS}/{}.log", self.name())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Migrate => "migrate",
            Self::UploadAssets => "upload-assets",
        }
    }
}

impl Outcome {
    /// Parses the outcome of a job from its exit code and its log.
    ///
    /// *Empty*: without an exit code, the job was lost, whatever its log says.
    #[must_use]
    pub fn parse(exit_code: Option<i64>, log: &str) -> Self {
        let last = log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let (word, detail) = match last.strip_prefix("job: ") {
            Some(outcome) => outcome.split_once(' ').unwrap_or((outcome, "")),
            None => ("", ""),
        };
        match (exit_code, word) {
            (None, _) => Self::Lost,
            (Some(0), "done") => Self::Done,
            (Some(_), "busy") => Self::Busy,
            (Some(code), _) if code != 0 && refused_extension(log).is_some() => {
                Self::ExtensionRefused(refused_extension(log).unwrap_or_default())
            }
            (Some(_), "seed-failed") => Self::SeedFailed(shortened(detail)),
            (Some(code), "") => Self::Failed(format!("stopped without a result, exit code {code}")),
            (Some(code), _) if detail.is_empty() => Self::Failed(format!("exit code {code}")),
            (Some(_), _) => Self::Failed(shortened(detail)),
        }
    }
}

/// The last migration that began in a log, such as `20240101000000 AddFoo`.
#[must_use]
pub fn current_migration(log: &str) -> Option<String> {
    log.lines().rev().find_map(|line| {
        let (number, rest) = line.strip_prefix("== ")?.split_once(' ')?;
        let (name, doing) = rest.split_once(": ")?;
        let is_migration = number.bytes().all(|byte| byte.is_ascii_digit()) && doing.starts_with("migrating");
        is_migration.then(|| format!("{number} {name}"))
    })
}

/// The extension that PostgreSQL refused to create, from its error message.
///
/// *Source*: `PostgreSQL` 14 to 18, `src/backend/commands/extension.c`.
fn refused_extension(log: &str) -> Option<String> {
    ["permission denied to create extension \"", "could not open extension control file \"", "extension \""]
        .into_iter()
        .filter_map(|text| log.split_once(text).map(|(_, rest)| (text, rest)))
        .filter(|(text, rest)| *text != "extension \"" || rest.contains("\" is not available"))
        .find_map(|(_, rest)| rest.split('"').next())
        .map(|name| name.rsplit('/').next().unwrap_or(name).trim_end_matches(".control").to_owned())
        .filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)))
}

/// The first line of a job's log.
#[must_use]
pub fn header(log: &str) -> &str {
    log.lines().next().unwrap_or_default()
}

/// A detail without control characters and short enough for a status.
fn shortened(detail: &str) -> String {
    detail.chars().filter(|c| !c.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_log_has_the_outcome() {
        for (exit_code, log, outcome) in [
            (Some(0), "image db digest\nnoise\njob: done\n", Outcome::Done),
            (Some(75), "h\njob: busy\n", Outcome::Busy),
            (Some(1), "h\njob: failed 20240101000000 AddFoo\n", Outcome::Failed("20240101000000 AddFoo".to_owned())),
            (Some(3), "h\njob: seed-failed no such column\n", Outcome::SeedFailed("no such column".to_owned())),
            (Some(1), "h\njob: failed\n", Outcome::Failed("exit code 1".to_owned())),
        ] {
            assert_eq!(Outcome::parse(exit_code, log), outcome, "{log:?}");
        }
    }

    #[test]
    fn a_refused_extension_is_reported_by_name() {
        let log =
            "h\nPG::InsufficientPrivilege: ERROR:  permission denied to create extension \"hstore\"\njob: failed 1 A\n";
        assert_eq!(Outcome::parse(Some(1), log), Outcome::ExtensionRefused("hstore".to_owned()));
        let log = "h\nERROR:  extension \"unaccent\" is not available\njob: failed 1 A\n";
        assert_eq!(Outcome::parse(Some(1), log), Outcome::ExtensionRefused("unaccent".to_owned()));
    }

    #[test]
    fn a_job_without_an_exit_code_is_lost_whatever_its_log_says() {
        assert_eq!(Outcome::parse(None, "h\njob: done\n"), Outcome::Lost);
    }

    #[test]
    fn a_job_that_was_killed_has_failed() {
        let killed = Outcome::Failed("stopped without a result, exit code 137".to_owned());
        assert_eq!(Outcome::parse(Some(137), "h\n== 1 A: migrating ==\n"), killed);
    }

    #[test]
    fn an_exit_code_that_contradicts_the_log_is_a_failure() {
        assert_eq!(Outcome::parse(Some(1), "h\njob: done\n"), Outcome::Failed("exit code 1".to_owned()));
    }

    #[test]
    fn the_current_migration_is_the_last_one_that_began() {
        let log =
            "h\n== 1 AddFoo: migrating ====\n== 1 AddFoo: migrated (0.1s) ===\n== 2 AddBar: migrating ====\n-- add\n";
        assert_eq!(current_migration(log), Some("2 AddBar".to_owned()));
        assert_eq!(current_migration("h\nnoise\n"), None);
    }
}
