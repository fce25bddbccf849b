//! What is to be done, each part with its reason; secrets are masked wherever it is shown.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    discourse::{certificates::Certificates, environment::Environment, job::Job},
    pebble::LogTarget,
    relations::Changes,
    status::Status,
};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Differences of our databags.
    pub bags: Vec<BagWrite>,
    /// A port to open.
    pub open_port: Option<Because<String>>,
    /// The workload version to tell Juju.
    pub version: Option<Because<String>>,
    /// The application status to set.
    pub application_status: Option<Because<Status>>,
    /// At most one step that takes time.
    pub step: Option<Because<Step>>,
    /// What others say of our data, and what else is worth a line in the log.
    pub complaints: Vec<String>,
    /// The unit's status once nothing is left to do.
    pub status: Status,
}

/// A part of a decision and why it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Because<T> {
    /// What to do.
    pub what: T,
    /// Why.
    pub why: String,
}

/// Changes of one of our databags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BagWrite {
    /// The endpoint.
    pub endpoint: &'static str,
    /// The number of the relation.
    pub relation: u32,
    /// Whose bag.
    pub owner: Owner,
    /// The new values; the empty text deletes a key.
    pub changes: Changes,
    /// Why.
    pub why: &'static str,
}

/// Whose databag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The application's; only the leader writes it.
    App,
    /// The unit's.
    Unit,
}

/// Work that takes time; afterwards the world is observed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Asks PostgreSQL for its schema and Pebble for earlier jobs.
    Inspect(Environment),
    /// Waits for a job that an earlier hook began.
    Follow(Job, String),
    /// Runs a job: its header and its environment.
    Run(Job, String, Environment),
    /// Brings the service to the plan, behind a shut gate; with a layer if the plan is not the wanted one.
    Serve(Option<Environment>),
    /// Opens the gate as soon as Discourse answers.
    Open,
    /// Writes the certificates that the workload is to trust.
    Trust(Certificates),
    /// Stops a service that is not wanted any more, for good.
    Retire(&'static str),
    /// Starts services that were stopped, without a restart of the web server.
    Start(Vec<String>),
    /// Tells Pebble where to send logs: the targets that differ.
    Forward(BTreeMap<String, LogTarget>),
    /// Stops the service and takes it out of the pod's readiness.
    Withdraw,
}

impl<T> Because<T> {
    /// A part and its reason.
    pub fn new(what: T, why: impl Into<String>) -> Self {
        Self { what, why: why.into() }
    }
}
