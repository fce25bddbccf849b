//! What is to be done, each part with its reason; secrets are masked wherever it is shown.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::{
    discourse::{aside::Mark, certificates::Certificates, environment::Environment, image::Migrations, job::Job},
    pebble::LogTarget,
    relations::{Write, endpoint},
    secret::Secret,
    status::{Names, Reason, Status},
};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Decision {
    /// Changes of our databags.
    pub databags: Vec<DatabagWrite>,
    /// A port to open.
    pub open_port: Option<Because<String>>,
    /// The workload version for Juju to show.
    pub version: Option<Because<String>>,
    /// The application status to set.
    pub application_status: Option<Because<Status>>,
    /// The secret key, to be kept as a secret of the application: the number of the relation with the peers, and the key.
    pub keep_secret_key: Option<Because<(u32, Secret)>>,
    /// Keys of the unit's state at the controller that nobody reads any more.
    pub forget: Vec<String>,
    /// At most one step that takes time.
    pub step: Option<Because<Step>>,
    /// What the requirers of our data reject, for the log.
    pub complaints: Vec<String>,
    /// Warnings that the log does not have yet.
    pub warnings: Vec<String>,
    /// Every reason for a status.
    #[serde(skip)]
    pub reasons: Vec<Reason>,
}

impl Decision {
    /// The unit's status once nothing is left to do.
    #[must_use]
    pub fn status(&self, names: Names) -> Status {
        Status::from_reasons(&self.reasons, names)
    }
}

/// A part of a decision and why it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Because<T> {
    /// What to do.
    pub what: T,
    /// Why.
    pub why: String,
}

/// Changes of one of our databags in a relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabagWrite {
    /// The endpoint.
    pub endpoint: &'static str,
    /// The number of the relation.
    pub relation: u32,
    /// The changes.
    #[serde(flatten)]
    pub write: Write,
}

impl DatabagWrite {
    /// Whether the forum can do without the relation.
    #[must_use]
    pub fn can_be_missed(&self) -> bool {
        endpoint(self.endpoint).is_some_and(|endpoint| endpoint.need.can_be_missed())
    }
}

/// Work that takes time; afterwards the container is observed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Asks PostgreSQL which of the image's migrations it lacks, and Pebble for earlier jobs.
    Inspect(Environment, Migrations),
    /// Waits for a job that an earlier hook began: its Pebble change.
    FollowJob(Job, String),
    /// Looks the secret key up in Juju, by the id of the secret, or in Redis.
    FindSecretKey(Option<String>, Environment),
    /// Runs a job: its header and its environment.
    RunJob(Job, String, Environment),
    /// Brings the services to the plan, behind a shut gate; with a layer if the plan is not the wanted one.
    Replan(Option<Environment>),
    /// Restarts these services, whose plan is the wanted one, behind a shut gate.
    Restart(Vec<&'static str>),
    /// Opens the gate as soon as Discourse answers.
    OpenGate,
    /// Waits until requests surely come to this pod again, whose gate was opened.
    AwaitRequests,
    /// Shuts the gate; the services go on.
    ShutGate,
    /// Writes the certificates that the workload is to trust.
    WriteCertificates(Certificates),
    /// Stops a service that is not wanted any more, for good.
    DisableService(&'static str),
    /// Starts services that were stopped, without a restart of the web server.
    StartServices(Vec<String>),
    /// Changes the targets to which Pebble forwards logs: those that differ.
    SetLogTargets(BTreeMap<String, LogTarget>),
    /// Removes the mark of a restore that has changed nothing.
    RemoveMark(Environment, Mark),
    /// Moves what a restore has put aside back.
    MoveBack(Environment, Mark),
    /// Stops the services. A pod that has served stays unready, one that has not is taken for ready.
    StopServices,
}

/// A step without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// The database and earlier jobs were looked at.
    Inspect,
    /// The secret key was looked up.
    FindSecretKey,
    /// A job was run, or followed to its end.
    Job(Job),
    /// The service was started or restarted.
    Replan,
    /// The gate was to be opened.
    OpenGate,
    /// Clients were waited for.
    AwaitRequests,
    /// The gate was shut.
    ShutGate,
    /// The certificates to trust were written.
    WriteCertificates,
    /// A service that is not wanted any more was stopped for good: its name.
    DisableService(&'static str),
    /// Services besides the web server that had been stopped were started.
    StartServices,
    /// Pebble got the targets of log forwarding.
    SetLogTargets,
    /// The mark of a restore was removed.
    RemoveMark,
    /// What a restore has put aside was moved back.
    MoveBack,
    /// The services were stopped.
    StopServices,
}

impl fmt::Display for StepKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inspect => write!(formatter, "inspect the database and earlier jobs"),
            Self::FindSecretKey => write!(formatter, "look up the secret key"),
            Self::Job(job) => write!(formatter, "run or follow {}", job.script()),
            Self::Replan => write!(formatter, "bring the services to the plan"),
            Self::OpenGate => write!(formatter, "open the gate"),
            Self::AwaitRequests => write!(formatter, "wait until requests come"),
            Self::ShutGate => write!(formatter, "shut the gate"),
            Self::WriteCertificates => write!(formatter, "write certificates"),
            Self::DisableService(name) => write!(formatter, "disable the service {name}"),
            Self::StartServices => write!(formatter, "start stopped services"),
            Self::SetLogTargets => write!(formatter, "set the log targets"),
            Self::RemoveMark => write!(formatter, "remove the mark of a restore"),
            Self::MoveBack => write!(formatter, "move back what a restore has put aside"),
            Self::StopServices => write!(formatter, "stop the services"),
        }
    }
}

impl Step {
    /// The step without its details.
    #[must_use]
    pub fn kind(&self) -> StepKind {
        match self {
            Self::Inspect(..) => StepKind::Inspect,
            Self::FindSecretKey(..) => StepKind::FindSecretKey,
            Self::FollowJob(job, _) | Self::RunJob(job, ..) => StepKind::Job(*job),
            Self::Replan(_) | Self::Restart(_) => StepKind::Replan,
            Self::OpenGate => StepKind::OpenGate,
            Self::AwaitRequests => StepKind::AwaitRequests,
            Self::ShutGate => StepKind::ShutGate,
            Self::WriteCertificates(_) => StepKind::WriteCertificates,
            Self::DisableService(name) => StepKind::DisableService(name),
            Self::StartServices(_) => StepKind::StartServices,
            Self::SetLogTargets(_) => StepKind::SetLogTargets,
            Self::RemoveMark(..) => StepKind::RemoveMark,
            Self::MoveBack(..) => StepKind::MoveBack,
            Self::StopServices => StepKind::StopServices,
        }
    }

    /// Whether Pebble is asked to start or stop services.
    #[must_use]
    pub fn changes_services(&self) -> bool {
        matches!(
            self,
            Self::Replan(_) | Self::Restart(_) | Self::DisableService(_) | Self::StartServices(_) | Self::StopServices
        )
    }
}

impl<T> Because<T> {
    /// A part and its reason.
    pub fn new(what: T, why: impl Into<String>) -> Self {
        Self { what, why: why.into() }
    }

    /// A part, if its condition holds.
    pub fn when(condition: bool, what: T, why: &str) -> Option<Self> {
        condition.then(|| Self::new(what, why))
    }
}
