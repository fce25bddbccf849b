//! What a decision rests on: plain values, as Juju and Pebble show them.
//!
//! Juju is read once per hook; the container is read again after each step, and the inspection is made when a decision asks for it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    discourse::{
        image::{Image, ImageProblem, SERVICE},
        job::{Job, Run},
        options::RawOptions,
        postgresql::Postgresql,
        redis::Redis,
        schema::Schema,
        sizing::Limits,
        variables::Proxy,
    },
    excerpt::Excerpt,
    fleet::Fleet,
    juju::{self, UnitName},
    pebble::Plan,
    relations::{
        Changes, Relation, Relations,
        restart::{self, Request},
        topology::Topology,
    },
    secret::{Secret, SecretContent},
    status::{Kind, Names},
};

/// The state of everything around this unit.
#[derive(Debug, Clone)]
pub struct World {
    /// This unit.
    pub unit: UnitName,
    /// The model's name, which is the Kubernetes namespace.
    pub model: String,
    /// The model's UUID.
    pub model_uuid: String,
    /// The model's proxies.
    pub proxy: Proxy,
    /// *Units*: seconds since 1970.
    pub now: i64,
    /// Whether this unit leads the application.
    pub is_leader: bool,
    /// The unit's status as Juju shows it.
    pub shown: juju::Status,
    /// The options.
    pub options: RawOptions,
    /// The content of the secrets that options name, by option.
    pub option_secrets: BTreeMap<&'static str, SecretContent>,
    /// All relations.
    pub relations: Relations,
    /// The address of this unit's pod, or what failed when Juju was asked for it.
    ///
    /// *Empty*: no relation needs it, or Juju does not know it yet.
    pub address: Result<Option<String>, String>,
    /// Whether the charm of this unit is another one since this hook: one before may have told Juju what this one does not remember.
    pub is_upgraded: bool,
    /// What the Python charm's framework left at the controller, by key; looked for in the first hook of a charm revision.
    pub framework_state: Vec<String>,
    /// The workload container, or why it cannot be seen.
    pub container: Result<Container, NoContainer>,
    /// The numbers of all units of the application, also of those that this unit has not met in the relation with its peers.
    pub units: BTreeSet<u32>,
    /// Whether this unit is being removed: then nothing of its relations is known but the number of that with its peers.
    pub is_leaving: bool,
    /// The secret key that this hook has found.
    ///
    /// *Empty*: no decision has asked for it yet; a server that runs has one in its environment.
    pub secret_key: Option<Secret>,
    /// What was found in the database and of earlier jobs.
    ///
    /// *Empty*: no decision has asked for it yet.
    pub inspection: Option<Inspection>,
}

/// Why the workload container cannot be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoContainer {
    /// Pebble does not answer: an ordinary state of a container that starts or restarts.
    Unreachable,
    /// Pebble answers something else; the text says what.
    Refused(String),
}

/// The workload container as Pebble shows it.
#[derive(Debug, Clone)]
pub struct Container {
    /// A new one with every start of Pebble.
    pub boot_id: String,
    /// What the image's own files say.
    pub image: Result<Image, ImageProblem>,
    /// The merged plan.
    pub plan: Plan,
    /// Discourse's service.
    pub service: Service,
    /// All other services of the plan, by name.
    pub others: BTreeMap<String, Service>,
    /// Whether a layer may have been added without a replan since: then what runs may not be the plan.
    pub is_replan_due: bool,
    /// What the container may use.
    pub limits: Limits,
    /// The check that keeps the pod unready.
    pub gate: Check,
    /// The check that asks Discourse.
    pub ready: Check,
}

/// The state of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// It is not in the plan, or does not run.
    Stopped,
    /// It runs. *Units*: since when, in seconds since 1970; *Empty*: Pebble does not say.
    Running(Option<i64>),
    /// It ended by itself, and Pebble will start it again.
    Crashed,
}

/// The state of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It is not in the plan, or is stopped.
    Stopped,
    /// It has not run since it was started.
    Unproven,
    /// It succeeded, or has not failed often enough.
    Up,
    /// It failed.
    Down,
}

/// What was found in the database and of earlier jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The schema, or why it could not be read.
    pub schema: Result<Schema, Excerpt>,
    /// The database, as it describes itself.
    ///
    /// *Empty*: it does not.
    pub database: Option<Postgresql>,
    /// Redis, as it describes itself.
    ///
    /// *Empty*: it does not.
    pub redis: Option<Redis>,
    /// The latest runs in this container of the jobs that decisions depend on.
    pub runs: BTreeMap<Job, Run>,
}

impl Inspection {
    /// The latest run of a job.
    #[must_use]
    pub fn run(&self, job: Job) -> Option<&Run> {
        self.runs.get(&job)
    }
}

impl Container {
    /// The state of a service besides the web server.
    #[must_use]
    pub fn other(&self, name: &str) -> Service {
        self.others.get(name).copied().unwrap_or(Service::Stopped)
    }
}

impl World {
    /// The relation with the other units.
    ///
    /// *Empty*: Juju has not made it yet.
    #[must_use]
    pub fn peers(&self) -> Option<&Relation> {
        self.relations.one(&restart::ENDPOINT)
    }

    /// The message of the unit's status, which tells what was found when a hook last asked the database.
    ///
    /// *Empty*: Juju shows that the unit is active.
    #[must_use]
    pub fn unwell(&self) -> Option<&str> {
        (self.shown.status != Kind::Active.word()).then_some(self.shown.message.as_str())
    }

    /// Notes a request of this unit as if Juju had shown it, and gives the change of the unit's databag that makes it so.
    pub fn remember_request(&mut self, request: &Request) -> Changes {
        let change = Changes::from([(restart::RESTORE.to_owned(), request.text())]);
        if let Some(peers) = self.relations.first_mut(&restart::ENDPOINT) {
            peers.own_unit.extend(change.clone());
        }
        change
    }

    /// Whether the server runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.container.as_ref().is_ok_and(|container| matches!(container.service, Service::Running(_)))
    }

    /// Whether no migration was ever applied to the database, as far as it was looked at.
    #[must_use]
    pub fn has_empty_database(&self) -> bool {
        let schema = self.inspection.as_ref().map(|found| &found.schema);
        schema.is_some_and(|schema| schema.as_ref().is_ok_and(|schema| schema.is_empty))
    }

    /// All units of this application.
    #[must_use]
    pub fn fleet(&self) -> Fleet {
        let mut fleet = Fleet::of(self.peers(), &self.unit, &self.units, self.is_leader, self.now);
        let image = self.container.as_ref().ok().and_then(|container| container.image.as_ref().ok());
        fleet.image = image.map(|image| image.revision.clone()).or_else(|| fleet.memory.image.clone());
        fleet
    }

    /// The environment of the server as Pebble has it.
    #[must_use]
    pub fn running_environment(&self) -> BTreeMap<String, String> {
        let service = self.container.as_ref().ok().and_then(|container| container.plan.services.get(SERVICE));
        service.map(|service| service.environment.clone()).unwrap_or_default()
    }

    /// Who we are, for commands in texts.
    #[must_use]
    pub fn names(&self) -> Names<'_> {
        Names { unit: &self.unit }
    }

    /// Our names in monitoring.
    #[must_use]
    pub fn topology(&self) -> Topology {
        Topology::of(&self.unit, &self.model, &self.model_uuid)
    }

    /// The name of this unit's pod in the cluster.
    #[must_use]
    pub fn fqdn(&self) -> String {
        let (app, number) = (&self.unit.application, self.unit.number);
        format!("{app}-{number}.{app}-endpoints.{}.svc.cluster.local", self.model)
    }
}
