//! The unit's status: every reason for it with its kind, rank and text, and which of them are shown.
//!
//! Texts about one option come with [`Mistake`], those about one relation with [`Problem`].

mod among_others;
mod restores;
mod topic;
mod work;

use serde::Serialize;

use crate::{
    discourse::{
        image::{CONTAINER, ImageProblem, RESOURCE, SIDEKIQ_SERVICE},
        job::Job,
        limits::Misfit,
        mistake::Mistake,
        secret_key::Keeper,
    },
    excerpt::Excerpt,
    juju::UnitName,
    relations::{ENDPOINTS, Problem},
};

pub use among_others::AmongOthers;
pub use restores::Restores;
pub use topic::Topic;

const STARTING: &str = "waiting for Discourse to start; nothing to do";

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

/// Whatever keeps the unit from being active, or deserves a warning while it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A required relation does not exist: the endpoint, and the endpoint of an application that usually provides it.
    NoRelation(&'static str, &'static str),
    /// Two relations exist of which only one can be used: their endpoints, and the application at the first one, if it is known.
    Both(&'static str, &'static str, Option<String>),
    /// The data of a relation is missing or invalid.
    Relation(Problem),
    /// An option cannot be used.
    Option(Mistake),
    /// A value cannot be given to any process.
    Misfit(Misfit),
    /// The image breaks its promise.
    Image(ImageProblem),
    /// A job failed: what failed, and when it is tried again in seconds since 1970.
    JobFailed(Job, String, i64),
    /// PostgreSQL refuses an extension: its name, the remedy, and when it is tried again in seconds since 1970.
    ExtensionRefused(String, String, i64),
    /// A server is none that Discourse can work with; the text says why, and names the remedy.
    Preflight(String),
    /// A hook tool failed.
    Tool(String),
    /// Pebble does not answer.
    NoPebble,
    /// PostgreSQL cannot be asked; the text is its or `psql`'s.
    DatabaseSilent(String),
    /// There is no secret key, or not the newest: who was to give it, and what was answered.
    NoSecretKey(Keeper, Excerpt),
    /// Another unit migrates the database.
    OtherMigrates(String),
    /// A job was followed for as long as a hook may last, and still runs.
    JobSlow(Job),
    /// A job was lost, with Pebble or because it never began.
    JobLost(Job),
    /// Pebble refused what the charm asked of it.
    Pebble(String),
    /// The unit must do, or wait for, something because of the other units.
    AmongOthers(AmongOthers),
    /// A restore, or another operation, stands in the way.
    Restores(Restores),
    /// The server is not up yet.
    Starting,
    /// The server ends again and again.
    Crashing(Option<Excerpt>),
    /// The server runs, but its readiness check fails.
    Silent,
    /// Sidekiq, as a service of its own, ends again and again.
    NoJobs,
    /// The forum serves, but something deserves a warning.
    Warning(Topic, String),
    /// The forum serves, but a hook tool failed where it can be missed.
    Transient(Topic, String),
}

/// Where a reason stands among those of its kind: by what it is about, then by a number of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Jobs,
    Relation(usize),
    Option,
    Image,
    Work,
    Warning(Topic),
}

/// Who this is, for commands in texts.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The unit.
    pub unit: &'a UnitName,
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
            | Self::Relation(Problem::Invalid { .. })
            | Self::Both(..)
            | Self::Option(_)
            | Self::Misfit(_)
            | Self::Image(_)
            | Self::JobFailed(..)
            | Self::Preflight(_)
            | Self::ExtensionRefused(..) => Kind::Blocked,
            Self::AmongOthers(reason) => reason.kind(),
            Self::Restores(reason) => reason.kind(),
            Self::NoJobs | Self::Warning(..) | Self::Transient(..) => Kind::Active,
            _ => Kind::Waiting,
        }
    }

    fn rank(&self) -> Rank {
        let place = |name: &str| ENDPOINTS.iter().position(|endpoint| endpoint.name == name).unwrap_or_default();
        match self {
            Self::NoJobs => Rank::Jobs,
            Self::NoRelation(endpoint, _) | Self::Both(endpoint, ..) => Rank::Relation(place(endpoint)),
            Self::Relation(problem) => Rank::Relation(place(problem.endpoint())),
            Self::Option(_) | Self::Misfit(_) => Rank::Option,
            Self::NoPebble | Self::Image(_) => Rank::Image,
            Self::Warning(topic, _) | Self::Transient(topic, _) => Rank::Warning(*topic),
            _ => Rank::Work,
        }
    }

    /// The text: what is missing and what to do, or that nothing needs doing.
    #[must_use]
    pub fn text(&self, names: Names) -> String {
        let app = &names.unit.application;
        match self {
            Self::NoRelation(endpoint, usual) => format!("no {endpoint}: juju integrate {app}:{endpoint} {usual}"),
            Self::Both(one, other, provider) => both(app, one, other, provider.as_deref()),
            Self::Relation(problem) => problem.text(app),
            Self::Option(mistake) => mistake.to_string(),
            Self::Misfit(misfit) => format!("{} {}", misfit.origin, misfit.why),
            Self::Warning(_, text) | Self::Preflight(text) => text.clone(),
            Self::Image(problem) => format!("{problem}: juju attach-resource {app} {RESOURCE}=<image>"),
            Self::JobFailed(job, what, next) => work::failed(*job, what, *next, names),
            Self::JobSlow(job) => work::slow(*job, names),
            Self::JobLost(job) => work::lost(*job),
            Self::ExtensionRefused(name, remedy, next) => work::refused(name, remedy, *next),
            Self::Tool(text) | Self::Transient(_, text) => format!("{text}; the next hook tries again"),
            Self::NoPebble => format!("waiting for Pebble in the container {CONTAINER}; nothing to do"),
            Self::DatabaseSilent(text) => format!("waiting for PostgreSQL: {text}"),
            Self::NoSecretKey(Keeper::Juju, text) => format!("waiting for Juju to show the secret key: {text}"),
            Self::NoSecretKey(Keeper::Redis, text) => format!("waiting for Redis: {text}"),
            Self::OtherMigrates(who) => format!("waiting for {who} to migrate the database; nothing to do"),
            Self::Pebble(text) => format!("Pebble refuses: {text}; the next hook tries again"),
            Self::AmongOthers(reason) => reason.text(app),
            Self::Restores(reason) => reason.text(names),
            Self::Starting => STARTING.to_owned(),
            Self::Crashing(cause) => format!(
                "Discourse does not stay up{}: {}",
                cause.as_ref().map(|cause| format!(" ({cause})")).unwrap_or_default(),
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
        Self::new(Kind::Maintenance, work::progress(job, detail))
    }

    /// The status that a server is shown with while it boots.
    #[must_use]
    pub fn starting() -> Self {
        Self::new(Reason::Starting.kind(), STARTING)
    }

    /// The status for some reasons: all of the most urgent kind in one line, by rank; without any, active.
    #[must_use]
    pub fn from_reasons(reasons: &[Reason], names: Names) -> Self {
        let each = Self::each(reasons, names);
        let kind = each.first().map_or(Kind::Active, |status| status.kind);
        let texts: Vec<&str> =
            each.iter().take_while(|status| status.kind == kind).map(|status| status.message.as_str()).collect();
        match texts.as_slice() {
            [first, others @ ..] if kind == Kind::Active => Self::new(kind, with_others(first, others.len(), names)),
            texts => Self::new(kind, texts.join("; ")),
        }
    }

    /// Every reason as a status of its own, the most urgent first.
    #[must_use]
    pub fn each(reasons: &[Reason], names: Names) -> Vec<Self> {
        let mut sorted: Vec<&Reason> = reasons.iter().collect();
        sorted.sort_by_key(|reason| (reason.kind(), reason.rank()));
        let mut each = Vec::new();
        for status in sorted.into_iter().map(|reason| Self::new(reason.kind(), one_line(&reason.text(names)))) {
            if !each.contains(&status) {
                each.push(status);
            }
        }
        each
    }
}

impl Kind {
    /// The kind with this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Blocked, Self::Waiting, Self::Maintenance, Self::Active].into_iter().find(|kind| kind.word() == word)
    }

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

/// That two relations exclude each other, and the command that removes the first one.
fn both(app: &str, one: &str, other: &str, provider: Option<&str>) -> String {
    let provider = provider.unwrap_or("<application>");
    format!("{one} and {other} are both related: juju remove-relation {app}:{one} {provider}")
}

/// One short warning beside an active forum, and where the others are.
fn with_others(first: &str, others: usize, names: Names) -> String {
    let plural = if others == 1 { "" } else { "s" };
    let text = format!("{first}; and {others} more warning{plural}: juju run {} explain", names.unit);
    if others == 0 { first.to_owned() } else { text }
}

/// Texts of others may hold line breaks and control characters; a status is one line.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::discourse::image::{Defect, VERSION};

    fn names() -> Names<'static> {
        static UNIT: LazyLock<UnitName> = LazyLock::new(|| "forum/0".parse().unwrap());
        Names { unit: &UNIT }
    }

    /// The status that each reason alone leads to.
    #[track_caller]
    fn assert_statuses(kind: Kind, reasons: &[(Reason, &str)]) {
        for (reason, text) in reasons {
            let status = Status::from_reasons(std::slice::from_ref(reason), names());
            assert_eq!(status, Status::new(kind, *text), "{reason:?}");
        }
    }

    #[test]
    fn what_an_operator_must_correct_blocks_with_the_remedy() {
        let invalid = Problem::Invalid {
            endpoint: "redis",
            why: "port must be a number from 1 to 65535".to_owned(),
            remedy: "correct it in redis-k8s".to_owned(),
        };
        let nesting = "max_category_nesting must be 2 or 3";
        assert_statuses(
            Kind::Blocked,
            &[
                (
                    Reason::NoRelation("database", "postgresql-k8s:database"),
                    "no database: juju integrate forum:database postgresql-k8s:database",
                ),
                (
                    Reason::Both("db", "database", Some("old-postgresql".to_owned())),
                    "db and database are both related: juju remove-relation forum:db old-postgresql",
                ),
                (
                    Reason::Both("db", "database", None),
                    "db and database are both related: juju remove-relation forum:db <application>",
                ),
                (Reason::Relation(invalid), "redis: port must be a number from 1 to 65535: correct it in redis-k8s"),
                (Reason::Option(Mistake::new("max_category_nesting", nesting)), nesting),
                (
                    Reason::Image(ImageProblem { file: VERSION, defect: Defect::Missing }),
                    "the image lacks /srv/discourse/VERSION: juju attach-resource forum discourse-image=<image>",
                ),
            ],
        );
    }

    #[test]
    fn a_failed_job_blocks_with_its_log_and_the_time_of_the_next_try() {
        let log = "juju ssh --container discourse forum/0 cat /run/discourse";
        let failed = |job, what: &str| Reason::JobFailed(job, what.to_owned(), 50_700);
        let migration =
            format!("the migration failed: 20240101000000 AddFoo; next try at 14:05 UTC; see {log}/migrate.log");
        let upload =
            format!("the upload of assets failed: exit code 1; next try at 14:05 UTC; see {log}/upload-assets.log");
        assert_statuses(
            Kind::Blocked,
            &[
                (failed(Job::Migrate, "20240101000000 AddFoo"), &migration),
                (failed(Job::UploadAssets, "exit code 1"), &upload),
                (
                    Reason::ExtensionRefused("hstore".to_owned(), "enable it in pg".to_owned(), 50_700),
                    "PostgreSQL refuses the extension hstore: enable it in pg; next try at 14:05 UTC",
                ),
            ],
        );
    }

    fn ungranted(endpoint: &'static str, key: &'static str, may_be_users: bool) -> Reason {
        Reason::Relation(Problem::Ungranted { endpoint, key, provider: "mail".to_owned(), may_be_users })
    }

    #[test]
    fn what_comes_by_itself_is_waited_for() {
        let text = |text: &str| text.to_owned();
        let slow = "the migration still runs; the next hook follows it again; \
                    see juju ssh --container discourse forum/0 tail /run/discourse/migrate.log";
        assert_statuses(
            Kind::Waiting,
            &[
                (Reason::Tool(text("config-get failed: boom")), "config-get failed: boom; the next hook tries again"),
                (Reason::NoPebble, "waiting for Pebble in the container discourse; nothing to do"),
                (
                    Reason::Relation(Problem::Missing { endpoint: "redis", what: text("port") }),
                    "waiting for port in the relation redis",
                ),
                (
                    ungranted("smtp", "password_id", true),
                    "waiting for a readable password_id in the relation smtp: juju grant-secret <password_id> forum; \
                     if mail owns the secret, mail must grant it",
                ),
                (
                    ungranted("oauth", "client_secret_id", false),
                    "waiting for a readable client_secret_id in the relation oauth: mail must grant the secret; \
                     if it is a user secret, juju grant-secret <client_secret_id> forum",
                ),
                (Reason::DatabaseSilent(text("connection refused")), "waiting for PostgreSQL: connection refused"),
                (Reason::OtherMigrates(text("forum/1")), "waiting for forum/1 to migrate the database; nothing to do"),
                (Reason::JobSlow(Job::Migrate), slow),
                (Reason::JobLost(Job::Migrate), "the migration was interrupted; the next hook begins again"),
                (Reason::Pebble(text("no such user")), "Pebble refuses: no such user; the next hook tries again"),
                (Reason::Starting, "waiting for Discourse to start; nothing to do"),
            ],
        );
    }

    #[test]
    fn what_concerns_the_other_units_names_them_and_the_remedy() {
        let among = Reason::AmongOthers;
        let unit = || "forum/1".to_owned();
        assert_statuses(
            Kind::Waiting,
            &[
                (among(AmongOthers::After(unit())), "waiting for its turn to restart, after forum/1; nothing to do"),
                (
                    among(AmongOthers::OtherImage(unit())),
                    "waiting to restart until forum/1 runs the same image; nothing to do",
                ),
                (among(AmongOthers::Turn), "waiting for its turn to restart; nothing to do"),
                (among(AmongOthers::Leaving), "leaving: it serves until its pod ends; nothing to do"),
            ],
        );
        assert_statuses(
            Kind::Blocked,
            &[
                (
                    among(AmongOthers::OldImage("2026.1.7".to_owned())),
                    "the database was migrated for Discourse 2026.1.7: \
                     juju attach-resource forum discourse-image=<image of 2026.1.7>",
                ),
                (
                    among(AmongOthers::NoSharedUploads),
                    "uploads are not shared between units: set s3_enabled, or juju scale-application forum 1",
                ),
            ],
        );
    }

    #[test]
    fn a_server_that_does_not_serve_is_waited_for_with_a_command_that_shows_more() {
        let ssh = "juju ssh --container discourse forum/0 pebble";
        let crashing = format!("Discourse does not stay up (exited quickly with code 1): {ssh} logs");
        let silent = format!("Discourse does not answer: {ssh} checks");
        assert_statuses(
            Kind::Waiting,
            &[
                (Reason::Crashing(Some(Excerpt::of("exited quickly with code 1"))), &crashing),
                (Reason::Silent, &silent),
            ],
        );
    }

    #[test]
    fn a_warning_is_shown_while_the_forum_is_active() {
        let uploads = "uploads are lost with the pod: set s3_enabled";
        let logs = "juju ssh --container discourse forum/0 pebble logs discourse-sidekiq";
        let jobs = format!("no mail is sent, for Sidekiq does not stay up: {logs}");
        assert_statuses(
            Kind::Active,
            &[(Reason::NoJobs, &jobs), (Reason::Warning(Topic::Uploads, uploads.to_owned()), uploads)],
        );
    }

    #[test]
    fn all_that_blocks_is_shown_in_the_order_of_the_endpoints_and_what_waits_is_not() {
        let reasons = [
            Reason::NoPebble,
            Reason::Option(Mistake::new("smtp_port", "smtp_port must be a whole number")),
            Reason::NoRelation("redis", "redis-k8s:redis"),
            Reason::NoRelation("database", "postgresql-k8s:database"),
        ];
        let text = "no database: juju integrate forum:database postgresql-k8s:database; \
                    no redis: juju integrate forum:redis redis-k8s:redis; \
                    smtp_port must be a whole number";
        assert_eq!(Status::from_reasons(&reasons, names()), Status::new(Kind::Blocked, text));
    }

    #[test]
    fn an_active_forum_shows_the_most_important_warning_and_the_number_of_the_others() {
        let warning = |topic, text: &str| Reason::Warning(topic, text.to_owned());
        let mut reasons = vec![warning(Topic::Uploads, "second"), warning(Topic::Relation, "first")];
        let active = |reasons: &[Reason]| Status::from_reasons(reasons, names());
        assert_eq!(active(&reasons).message, "first; and 1 more warning: juju run forum/0 explain");
        reasons.push(warning(Topic::Mail, "third"));
        assert_eq!(active(&reasons).message, "first; and 2 more warnings: juju run forum/0 explain");
        assert_eq!(active(&[]), Status::new(Kind::Active, ""));
    }

    #[test]
    fn a_status_is_one_line_whatever_others_wrote() {
        let reasons = [Reason::DatabaseSilent("FATAL:\nno\tsuch \u{1b}user".to_owned())];
        assert_eq!(Status::from_reasons(&reasons, names()).message, "waiting for PostgreSQL: FATAL: no such  user");
    }

    #[test]
    fn long_work_shows_how_far_it_is() {
        assert_eq!(
            Status::progress(Job::Migrate, Some("1 AddFoo")),
            Status::new(Kind::Maintenance, "migrating the database: 1 AddFoo")
        );
    }
}
