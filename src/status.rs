//! Every text that an operator can read in `juju status`, and which of them is shown.

use serde::Serialize;
use time::{OffsetDateTime, macros::format_description};

use crate::{
    discourse::{
        image::{CONTAINER, ImageProblem, RESOURCE, SIDEKIQ_SERVICE},
        job::Job,
    },
    relations::Incomplete,
};

/// The kinds of status that a charm may set, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The operator must act.
    Blocked,
    /// Something else must happen first.
    Waiting,
    /// The charm is at work.
    Maintenance,
    /// The forum serves.
    Active,
}

/// A status as `juju status` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its kind.
    pub kind: Kind,
    /// One line.
    ///
    /// *Empty*: all is well.
    pub message: String,
}

/// Whatever keeps the unit from being active, or deserves a word while it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A required relation does not exist: the endpoint, and the usual application to integrate with.
    NoRelation(&'static str, &'static str),
    /// Two relations exist of which only one can be used.
    Both(&'static str, &'static str),
    /// An option cannot be used; the text names the remedy.
    Option(String),
    /// The image breaks its promise.
    Image(ImageProblem),
    /// A job failed: what failed, and when it is tried again in seconds since 1970.
    JobFailed(Job, String, i64),
    /// PostgreSQL refuses an extension: its name and the providing application.
    ExtensionRefused(String, String),
    /// A hook tool failed.
    Tool(String),
    /// Pebble does not answer.
    NoPebble,
    /// The other side of a relation has not written everything.
    Incomplete(Incomplete),
    /// PostgreSQL cannot be asked; what it or `psql` said.
    DatabaseSilent(String),
    /// Another unit migrates the database.
    OtherMigrates(String),
    /// A job was lost, with Pebble or because it never began.
    JobLost(Job),
    /// Pebble refused what the charm asked of it.
    Pebble(String),
    /// The server is not up yet.
    Starting,
    /// The server ends again and again.
    Crashing(Option<String>),
    /// The server runs, but its readiness check fails.
    Silent,
    /// Sidekiq, as a service of its own, ends again and again.
    NoJobs,
    /// Worth a word though the forum serves.
    Warning(String),
}

/// Who this is, for commands in texts.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The application.
    pub app: &'a str,
    /// The unit.
    pub unit: &'a str,
}

impl Names<'_> {
    /// A command that shows more of the workload.
    fn ssh(self, command: &str) -> String {
        format!("juju ssh --container {CONTAINER} {} {command}", self.unit)
    }
}

impl Reason {
    /// The kind of status that this reason asks for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::NoRelation(..)
            | Self::Both(..)
            | Self::Option(_)
            | Self::Image(_)
            | Self::JobFailed(..)
            | Self::ExtensionRefused(..) => Kind::Blocked,
            Self::Incomplete(lack) if lack.is_wrong => Kind::Blocked,
            Self::NoJobs | Self::Warning(_) => Kind::Active,
            _ => Kind::Waiting,
        }
    }

    /// The text: what is missing and what to do, or that nothing needs doing.
    #[must_use]
    pub fn text(&self, names: Names) -> String {
        let app = names.app;
        match self {
            Self::NoRelation(endpoint, usual) => format!("no {endpoint}: juju integrate {app}:{endpoint} {usual}"),
            Self::Both(one, other) => {
                format!("{one} and {other} are both related: juju remove-relation {app}:{one} <application>")
            }
            Self::Option(text) | Self::Warning(text) => text.clone(),
            Self::Image(problem) => format!("{problem}: juju refresh {app} --resource {RESOURCE}=<image>"),
            Self::JobFailed(job, what, next) => format!(
                "{} failed: {what}; next try at {}; see {}",
                work(*job),
                clock_time(*next),
                names.ssh(&format!("cat {}", job.log()))
            ),
            Self::ExtensionRefused(name, provider) => {
                format!("PostgreSQL refuses the extension {name}: juju config {provider} plugin_{name}_enable=true")
            }
            Self::Tool(text) => format!("{text}; the next hook tries again"),
            Self::NoPebble => format!("waiting for Pebble in the container {CONTAINER}; nothing to do"),
            Self::Incomplete(lack) if lack.is_wrong => {
                format!("the relation {} has a wrong {}: correct it at the other side", lack.endpoint, lack.lack)
            }
            Self::Incomplete(lack) => format!("waiting for {} in the relation {}", lack.lack, lack.endpoint),
            Self::DatabaseSilent(said) => format!("waiting for PostgreSQL: {said}"),
            Self::OtherMigrates(who) => format!("waiting for {who} to migrate the database; nothing to do"),
            Self::JobLost(job) => format!("{} was interrupted; the next hook begins again", work(*job)),
            Self::Pebble(said) => format!("Pebble refuses: {said}; the next hook tries again"),
            Self::Starting => "waiting for Discourse to start; nothing to do".to_owned(),
            Self::Crashing(said) => format!(
                "Discourse does not stay up{}: {}",
                said.as_ref().map(|said| format!(" ({said})")).unwrap_or_default(),
                names.ssh("pebble logs")
            ),
            Self::NoJobs => {
                let logs = names.ssh(&format!("pebble logs {SIDEKIQ_SERVICE}"));
                format!("no mail is sent, for Sidekiq does not stay up: {logs}")
            }
            Self::Silent => format!("Discourse does not answer: {}", names.ssh("pebble checks")),
        }
    }
}

impl Status {
    /// A status of one kind.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The status that a job's progress is shown with.
    #[must_use]
    pub fn progress(job: Job, detail: Option<&str>) -> Self {
        let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
        let text = match job {
            Job::Migrate => "migrating the database",
            Job::UploadAssets => "uploading assets to the object storage",
        };
        Self::new(Kind::Maintenance, format!("{text}{detail}"))
    }

    /// The status that says why: all reasons of the most urgent kind in one line; without any, active.
    #[must_use]
    pub fn from_reasons(reasons: &[Reason], names: Names) -> Self {
        let kind = reasons.iter().map(Reason::kind).min().unwrap_or(Kind::Active);
        let mut texts: Vec<String> = Vec::new();
        for text in reasons.iter().filter(|reason| reason.kind() == kind).map(|reason| reason.text(names)) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        // One short warning is enough beside an active forum.
        if kind == Kind::Active {
            texts.truncate(1);
        }
        Self::new(kind, one_line(&texts.join("; ")))
    }
}

impl Kind {
    /// The word that `status-set` takes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Waiting => "waiting",
            Self::Maintenance => "maintenance",
            Self::Active => "active",
        }
    }
}

fn work(job: Job) -> &'static str {
    match job {
        Job::Migrate => "the migration",
        Job::UploadAssets => "the upload of assets",
    }
}

/// Texts of others may hold line breaks and control characters; a status is one line.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// An hour and a minute, such as `14:05 UTC`.
fn clock_time(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(format_description!("[hour]:[minute] UTC")).ok())
        .unwrap_or_else(|| "the next hook".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discourse::image::{Defect, VERSION};

    const NAMES: Names = Names { app: "forum", unit: "forum/0" };

    #[test]
    fn every_reason_has_a_text_that_says_what_to_do() {
        for (reason, kind, text) in [
            (
                Reason::NoRelation("database", "postgresql-k8s"),
                Kind::Blocked,
                "no database: juju integrate forum:database postgresql-k8s",
            ),
            (
                Reason::Both("db", "database"),
                Kind::Blocked,
                "db and database are both related: juju remove-relation forum:db <application>",
            ),
            (
                Reason::Option("max_category_nesting must be 2 or 3".to_owned()),
                Kind::Blocked,
                "max_category_nesting must be 2 or 3",
            ),
            (
                Reason::Image(ImageProblem { file: VERSION, defect: Defect::Missing }),
                Kind::Blocked,
                "the image lacks /srv/discourse/VERSION: juju refresh forum --resource discourse-image=<image>",
            ),
            (
                Reason::JobFailed(Job::Migrate, "20240101000000 AddFoo".to_owned(), 50_700),
                Kind::Blocked,
                "the migration failed: 20240101000000 AddFoo; next try at 14:05 UTC; see juju ssh --container discourse \
                 forum/0 cat /run/discourse/migrate.log",
            ),
            (
                Reason::JobFailed(Job::UploadAssets, "exit code 1".to_owned(), 50_700),
                Kind::Blocked,
                "the upload of assets failed: exit code 1; next try at 14:05 UTC; see juju ssh --container discourse \
                 forum/0 cat /run/discourse/upload-assets.log",
            ),
            (
                Reason::ExtensionRefused("hstore".to_owned(), "pg".to_owned()),
                Kind::Blocked,
                "PostgreSQL refuses the extension hstore: juju config pg plugin_hstore_enable=true",
            ),
            (
                Reason::Tool("config-get failed: boom".to_owned()),
                Kind::Waiting,
                "config-get failed: boom; the next hook tries again",
            ),
            (Reason::NoPebble, Kind::Waiting, "waiting for Pebble in the container discourse; nothing to do"),
            (
                Reason::Incomplete(Incomplete { endpoint: "redis", lack: "port".to_owned(), is_wrong: false }),
                Kind::Waiting,
                "waiting for port in the relation redis",
            ),
            (
                Reason::Incomplete(Incomplete { endpoint: "saml", lack: "x509certs".to_owned(), is_wrong: true }),
                Kind::Blocked,
                "the relation saml has a wrong x509certs: correct it at the other side",
            ),
            (
                Reason::DatabaseSilent("connection refused".to_owned()),
                Kind::Waiting,
                "waiting for PostgreSQL: connection refused",
            ),
            (
                Reason::OtherMigrates("forum/1".to_owned()),
                Kind::Waiting,
                "waiting for forum/1 to migrate the database; nothing to do",
            ),
            (Reason::JobLost(Job::Migrate), Kind::Waiting, "the migration was interrupted; the next hook begins again"),
            (
                Reason::Pebble("no such user".to_owned()),
                Kind::Waiting,
                "Pebble refuses: no such user; the next hook tries again",
            ),
            (Reason::Starting, Kind::Waiting, "waiting for Discourse to start; nothing to do"),
            (
                Reason::Crashing(Some("exited quickly with code 1".to_owned())),
                Kind::Waiting,
                "Discourse does not stay up (exited quickly with code 1): juju ssh --container discourse forum/0 pebble logs",
            ),
            (
                Reason::Silent,
                Kind::Waiting,
                "Discourse does not answer: juju ssh --container discourse forum/0 pebble checks",
            ),
            (
                Reason::NoJobs,
                Kind::Active,
                "no mail is sent, for Sidekiq does not stay up: juju ssh --container discourse forum/0 pebble logs \
                 discourse-sidekiq",
            ),
            (
                Reason::Warning("uploads are lost with the pod: set s3_enabled".to_owned()),
                Kind::Active,
                "uploads are lost with the pod: set s3_enabled",
            ),
        ] {
            let status = Status::from_reasons(std::slice::from_ref(&reason), NAMES);
            assert_eq!(status, Status::new(kind, text), "{reason:?}");
        }
    }

    #[test]
    fn all_that_blocks_is_said_at_once_and_what_waits_is_said_later() {
        let reasons = [
            Reason::NoPebble,
            Reason::NoRelation("database", "postgresql-k8s"),
            Reason::NoRelation("redis", "redis-k8s"),
        ];
        let text =
            "no database: juju integrate forum:database postgresql-k8s; no redis: juju integrate forum:redis redis-k8s";
        assert_eq!(Status::from_reasons(&reasons, NAMES), Status::new(Kind::Blocked, text));
    }

    #[test]
    fn an_active_forum_carries_at_most_one_warning() {
        let reasons = [Reason::Warning("first".to_owned()), Reason::Warning("second".to_owned())];
        assert_eq!(Status::from_reasons(&reasons, NAMES), Status::new(Kind::Active, "first"));
        assert_eq!(Status::from_reasons(&[], NAMES), Status::new(Kind::Active, ""));
    }

    #[test]
    fn a_status_is_one_line_whatever_others_wrote() {
        let reasons = [Reason::DatabaseSilent("FATAL:\nno\tsuch \u{1b}user".to_owned())];
        assert_eq!(Status::from_reasons(&reasons, NAMES).message, "waiting for PostgreSQL: FATAL: no such  user");
    }

    #[test]
    fn long_work_shows_how_far_it_is() {
        assert_eq!(
            Status::progress(Job::Migrate, Some("1 AddFoo")),
            Status::new(Kind::Maintenance, "migrating the database: 1 AddFoo")
        );
    }
}
