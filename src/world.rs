//! All that a decision rests on: plain values, read once per hook.

mod integrations;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    discourse::{
        environment::Proxy,
        image::{Image, ImageProblem},
        job::{Job, Run},
        options::RawOptions,
        schema::Schema,
    },
    juju::UnitName,
    pebble::{PebbleError, Plan},
    relations::{Databag, database, redis, restart, topology::Topology},
};

pub use integrations::{Consumer, Integrations};

/// The charm's own name, whatever the application is called.
const CHARM: &str = "discourse-k8s";

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
    /// The options.
    pub options: RawOptions,
    /// The relation `database`, if there is one.
    pub database: Option<database::Relation>,
    /// The relation `redis`, if there is one.
    pub redis: Option<redis::Relation>,
    /// The relation `nginx-route`, if there is one.
    pub nginx_route: Option<NginxRoute>,
    /// All other relations, and what belongs to them.
    pub integrations: Integrations,
    /// The peer relation; Juju makes it with the first unit.
    pub restart: Option<restart::Relation>,
    /// The workload container.
    ///
    /// *Empty*: Pebble does not answer.
    pub container: Option<Container>,
    /// What was asked of the database and of earlier jobs, should a decision have wanted it.
    pub inspection: Option<Inspection>,
    /// What this hook has done so far.
    pub history: History,
}

/// The relation `nginx-route` as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NginxRoute {
    /// The number of the relation.
    pub id: u32,
    /// Our application bag; only the leader can see it.
    pub own_app: Option<Databag>,
}

/// The workload container as Pebble shows it.
#[derive(Debug, Clone)]
pub struct Container {
    /// A new one with every start of Pebble.
    pub boot_id: String,
    /// What the image says of itself.
    pub image: Result<Image, ImageProblem>,
    /// The merged plan.
    pub plan: Plan,
    /// Discourse's service.
    pub service: Service,
    /// All other services of the plan, by name.
    pub others: BTreeMap<String, Service>,
    /// Whether a shut gate was followed by a replan: then what runs is the plan.
    pub is_replanned: bool,
    /// The check that keeps the pod unready.
    pub gate: Check,
    /// The check that asks Discourse.
    pub ready: Check,
}

/// The state of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The plan does not know it, or it does not run.
    Stopped,
    /// It runs. *Units*: since when, in seconds since 1970; *Empty*: Pebble does not say.
    Running(Option<i64>),
    /// It ended by itself, and Pebble will start it again.
    Crashed,
}

/// The state of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The plan does not know it, or it is stopped.
    Stopped,
    /// It has not run since it was started; *Empty* (`None` of the counters in old Pebbles) counts as up.
    Unproven,
    /// It succeeded, or has not failed often enough.
    Up,
    /// It failed.
    Down,
}

/// What only a look into the database and at earlier jobs can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The schema, or why it could not be read.
    pub schema: Result<Schema, String>,
    /// The latest migration in this container.
    pub migrate: Option<Run>,
    /// The latest upload in this container.
    pub upload: Option<Run>,
}

/// Work beside the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Chore {
    /// The certificates to trust were written.
    Trust,
    /// A service that is not wanted any more was stopped: its name.
    Retire(&'static str),
    /// Services beside the web server that had been stopped were started.
    Start,
    /// Pebble was told where to send logs.
    Forward,
}

/// What this hook has done so far: nothing is done twice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct History {
    /// The jobs that were run or followed to their end.
    pub jobs: Vec<Job>,
    /// Whether the service was started or restarted.
    pub has_served: bool,
    /// Whether the gate was to be opened.
    pub has_opened: bool,
    /// Whether the service was stopped.
    pub has_withdrawn: bool,
    /// What was done besides, each at most once.
    pub chores: BTreeSet<Chore>,
    /// What Pebble said when it could not do as told.
    pub trouble: Option<String>,
    /// What the last start of the service said, if it failed.
    pub start_error: Option<String>,
}

impl Inspection {
    /// The latest run of a job.
    #[must_use]
    pub fn run(&self, job: Job) -> Option<&Run> {
        match job {
            Job::Migrate => self.migrate.as_ref(),
            Job::UploadAssets => self.upload.as_ref(),
        }
    }
}

impl Container {
    /// How a service beside the web server is.
    #[must_use]
    pub fn other(&self, name: &str) -> Service {
        self.others.get(name).copied().unwrap_or(Service::Stopped)
    }
}

impl World {
    /// Takes in what Pebble showed. One that does not answer is an ordinary state; what else it says is worth a status.
    pub fn set_container(&mut self, read: Result<Container, PebbleError>) {
        match read {
            Ok(container) => self.container = Some(container),
            Err(error) => {
                self.container = None;
                if !error.is_unreachable() {
                    self.history.trouble = Some(error.to_string());
                }
            }
        }
    }

    /// Whether this is the only unit. Who does not lead is not, whether or not Juju has introduced the others yet.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.is_leader && self.restart.as_ref().is_none_or(|relation| relation.peers.is_empty())
    }

    /// Who this is, as monitoring names it.
    #[must_use]
    pub fn topology(&self) -> Topology {
        Topology {
            model: self.model.clone(),
            model_uuid: self.model_uuid.clone(),
            application: self.unit.application.clone(),
            unit: self.unit.to_string(),
            charm_name: CHARM.to_owned(),
        }
    }

    /// The name of this unit's pod in the cluster.
    #[must_use]
    pub fn fqdn(&self) -> String {
        let (app, number) = (&self.unit.application, self.unit.number);
        format!("{app}-{number}.{app}-endpoints.{}.svc.cluster.local", self.model)
    }

    /// This unit's peers, as if there were none while Juju has not made the relation.
    #[must_use]
    pub fn peers(&self) -> restart::Relation {
        self.restart.clone().unwrap_or_default()
    }
}
