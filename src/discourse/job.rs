//! Jobs: long-running scripts of the image that outlive the charm's process.
//!
//! A job runs as a Pebble exec, whose exit code says how it ended. Beside its log, which may be of any size, it keeps a short summary:
//! a header that identifies the run, how far it is, and in the end its outcome.

use serde::Serialize;
use serde_json::Value;

use crate::{
    discourse::{
        image::{JOB_LOGS, JOBS},
        job_id::JobId,
    },
    excerpt::Excerpt,
    juju::UnitName,
};

/// The exit code of a migration whose seeds failed.
const SEED_FAILED: i64 = 3;
/// The exit code of a job that runs elsewhere: `EX_TEMPFAIL`.
const BUSY: i64 = 75;

/// The most bytes of a name. *Source*: PostgreSQL documentation, "Identifiers and Key Words".
pub const LONGEST_NAME: usize = 63;

/// What the variables begin with that a job needs: to boot Discourse, to reach database, Redis and object storage, and to write
/// addresses of the forum into posts. What else is missing has Discourse's default.
///
/// A migration needs the object storage as well: `db:migrate` ends with `SiteIconManager.ensure_optimized!`, which reads the logos and
/// stores resized ones where uploads are; without its keys, that would be the disk of a container.
///
/// *Source*: Discourse `app/models/global_setting.rb`, `lib/tasks/db.rake`, `lib/tasks/s3.rake`, `lib/site_icon_manager.rb`,
/// `app/models/optimized_image.rb`, `lib/discourse.rb` (`store`).
pub const VARIABLES: [&str; 15] = [
    "DISCOURSE_DB_",
    "DISCOURSE_FORCE_HTTPS",
    "DISCOURSE_HOSTNAME",
    "DISCOURSE_MAX_CATEGORY_NESTING",
    "DISCOURSE_PORT",
    "DISCOURSE_REDIS_",
    "DISCOURSE_S3_",
    "RAILS_",
    "SSL_CERT_",
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
];

/// The jobs of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// Migrates the database to the schema of the image.
    Migrate,
    /// Uploads the assets of the image to the object storage.
    UploadAssets,
    /// Makes a backup.
    Backup,
    /// Replaces the forum by a backup.
    Restore,
    /// Renders posts anew.
    Rebake,
    /// Replaces a text everywhere in the database.
    Remap,
    /// Moves uploads from the pod to the object storage.
    MigrateUploads,
}

/// The latest run of a job in this container.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Run {
    /// The Pebble change that runs it.
    pub change: String,
    /// The first line of its summary: image, database and a digest of the parameters.
    ///
    /// *Empty*: the summary cannot be read.
    pub header: String,
    /// Whether and how it ended.
    pub outcome: Outcome,
    /// When it ended. *Units*: seconds since 1970.
    ///
    /// *Empty*: it is still running, or Pebble does not know.
    pub ended: Option<i64>,
    /// When Pebble began it. *Units*: seconds since 1970.
    ///
    /// *Empty*: Pebble does not know.
    pub begun: Option<i64>,
    /// How far it was when that was last noted.
    ///
    /// *Empty*: nothing was noted.
    pub progress: Option<Excerpt>,
    /// What it says of its success, by key.
    ///
    /// *Empty*: it has not succeeded, or has nothing to say.
    pub result: Value,
}

impl Run {
    /// The name of this run: that of an operation, which is its header, or one made of when the charm's own job began.
    #[must_use]
    pub fn id(&self, job: Job, unit: &UnitName) -> JobId {
        let made = || JobId { unit: unit.clone(), job, begun: self.begun.unwrap_or_default() };
        self.header.parse().unwrap_or_else(|_| made())
    }
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is still running.
    #[default]
    Running,
    /// It succeeded.
    Done,
    /// The same job is running elsewhere.
    Busy,
    /// It failed; the text is the migration or the error.
    Failed(Excerpt),
    /// The migrations succeeded, but seeding the database failed with this error.
    SeedFailed(Excerpt),
    /// PostgreSQL refused to create this extension.
    ExtensionRefused(String),
    /// It never started, or was lost when Pebble was killed; its progress is unknown.
    Lost,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Migrate,
        Self::UploadAssets,
        Self::Backup,
        Self::Restore,
        Self::Rebake,
        Self::Remap,
        Self::MigrateUploads,
    ];

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

    /// The name of its summary, beside the log.
    #[must_use]
    pub fn summary(self) -> String {
        format!("{}.summary", self.name())
    }

    /// Its name, which is that of its script.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Migrate => "migrate",
            Self::UploadAssets => "upload-assets",
            Self::Backup => "backup",
            Self::Restore => "restore",
            Self::Rebake => "rebake",
            Self::Remap => "remap",
            Self::MigrateUploads => "migrate-uploads",
        }
    }
}

impl Outcome {
    /// Parses the outcome of a job from its exit code, which decides, and its summary, which explains; `show` makes an excerpt of a
    /// text in it.
    ///
    /// *Empty*: without an exit code, the job was lost, whatever its summary says.
    #[must_use]
    pub fn parse(exit_code: Option<i64>, summary: &str, show: impl Fn(&str) -> Excerpt) -> Self {
        let Some(code) = exit_code else { return Self::Lost };
        match (code, refused_extension(summary)) {
            (0, _) => Self::Done,
            (BUSY, _) => Self::Busy,
            (_, Some(name)) => Self::ExtensionRefused(name),
            (SEED_FAILED, None) => Self::SeedFailed(show(&detail(code, summary))),
            (_, None) => Self::Failed(show(&detail(code, summary))),
        }
    }
}

/// Why a job ended with this exit code.
fn detail(code: i64, summary: &str) -> String {
    let last = summary.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    match last.strip_prefix("job: ").map(|outcome| outcome.split_once(' ')) {
        Some(Some((_, detail))) => detail.to_owned(),
        Some(None) => format!("exit code {code}"),
        None => format!("stopped without a result, exit code {code}"),
    }
}

/// How far a job is: what it says itself, else the last migration that began, such as `20240101000000 AddFoo`.
#[must_use]
pub fn progress(summary: &str) -> Option<Excerpt> {
    summary.lines().rev().find_map(|line| {
        if let Some(said) = line.strip_prefix("progress: ") {
            return Some(Excerpt::of(said));
        }
        let (number, rest) = line.strip_prefix("== ")?.split_once(' ')?;
        let (name, doing) = rest.split_once(": ")?;
        let is_migration = number.bytes().all(|byte| byte.is_ascii_digit()) && doing.starts_with("migrating");
        is_migration.then(|| Excerpt::of(&format!("{number} {name}")))
    })
}

/// The extension that PostgreSQL refused to create.
///
/// *Empty*: also if its name is not one of an extension, since the status shows it within a command.
fn refused_extension(summary: &str) -> Option<String> {
    let name = summary.lines().find_map(|line| line.strip_prefix("refused-extension "))?;
    let is_name =
        (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    is_name.then(|| name.to_owned())
}

/// What a job says of its success: the object after `job: done`.
///
/// *Empty*: it says nothing, or nothing that can be read.
#[must_use]
pub fn result(summary: &str) -> Value {
    let last = summary.lines().rev().find(|line| !line.trim().is_empty());
    let said = last.and_then(|line| line.strip_prefix("job: done "));
    said.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The first line of a job's summary.
#[must_use]
pub fn header(summary: &str) -> &str {
    summary.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(exit_code: Option<i64>, summary: &str) -> Outcome {
        Outcome::parse(exit_code, summary, Excerpt::of)
    }

    #[test]
    fn the_exit_code_decides_and_the_last_line_explains() {
        let failed = |what: &str| Outcome::Failed(Excerpt::of(what));
        for (exit_code, summary, outcome) in [
            (0, "image db digest\nnoise\njob: done\n", Outcome::Done),
            (0, "", Outcome::Done),
            (0, "h\njob: failed\n", Outcome::Done),
            (75, "h\njob: busy\n", Outcome::Busy),
            (75, "", Outcome::Busy),
            (1, "h\njob: failed 20240101000000 AddFoo\n", failed("20240101000000 AddFoo")),
            (1, "h\njob: failed\n", failed("exit code 1")),
            (1, "h\njob: done\n", failed("exit code 1")),
            (1, "", failed("stopped without a result, exit code 1")),
            (3, "h\njob: seed-failed no such column\n", Outcome::SeedFailed(Excerpt::of("no such column"))),
            (137, "h\n== 1 A: migrating ==\n", failed("stopped without a result, exit code 137")),
        ] {
            assert_eq!(parse(Some(exit_code), summary), outcome, "{exit_code} {summary:?}");
        }
    }

    #[test]
    fn a_refused_extension_is_reported_by_name() {
        let refused = |name: &str| parse(Some(1), &format!("h\nrefused-extension {name}\njob: failed 1 A\n"));
        for name in ["hstore", "pg_trgm", "uuid-ossp", &"a".repeat(LONGEST_NAME)] {
            assert_eq!(refused(name), Outcome::ExtensionRefused(name.to_owned()));
        }
        for odd in ["", "a; b", "../a", &"a".repeat(LONGEST_NAME + 1)] {
            assert_eq!(refused(odd), Outcome::Failed(Excerpt::of("1 A")), "{odd:?}");
        }
    }

    #[test]
    fn a_refused_extension_explains_failed_migrations_and_seeds_only() {
        let summary = "h\nrefused-extension hstore\njob: outcome detail\n";
        let refused = Outcome::ExtensionRefused("hstore".to_owned());
        for (exit_code, outcome) in [(0, Outcome::Done), (75, Outcome::Busy), (1, refused.clone()), (3, refused)] {
            assert_eq!(parse(Some(exit_code), summary), outcome);
        }
    }

    #[test]
    fn a_job_without_an_exit_code_is_lost_whatever_its_summary_says() {
        assert_eq!(parse(None, "h\njob: done\n"), Outcome::Lost);
    }

    #[test]
    fn the_progress_is_what_the_job_says_else_the_last_migration_that_began() {
        let summary = "h\n== 1 AddFoo: migrating ====\n== 2 AddBar: migrating ====\n";
        assert_eq!(progress(summary), Some(Excerpt::of("2 AddBar")));
        assert_eq!(progress("h\nnoise\n"), None);
        assert_eq!(progress("h\nprogress: 3 of 9 posts\n"), Some(Excerpt::of("3 of 9 posts")));
    }

    #[test]
    fn the_result_is_the_object_after_the_outcome() {
        assert_eq!(result("h\njob: done {\"total\":3}\n"), serde_json::json!({"total": 3}));
        assert_eq!([result("h\njob: done\n"), result("h\njob: done {\n"), result("")], [(); 3].map(|()| Value::Null));
    }
}
