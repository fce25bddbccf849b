//! The facade: actions of an operator that change the model, and one that lets the agents catch up.

mod applications;
mod builder;
mod deployment;
pub(crate) mod endpoints;
mod idle;
mod integrate;
mod operator;
mod pods;
mod provision;
mod recording;
mod roll;
mod runs;
pub(crate) mod settings;
mod settle;
mod traffic;
mod unchecked;
mod view;
mod volumes;

pub use applications::ApplicationActs;
pub use builder::Builder;
pub use deployment::Deployment;
pub use runs::ActionRun;
pub use unchecked::SecretEdit;
pub use view::UnitView;

use crate::{
    agent::{AgentDir, AgentError, Watch},
    announcement::{Remote, RemoteError},
    charm::CharmError,
    faults::Faults,
    hook::{Boot, HookRun},
    kubernetes::{Kubernetes, KubernetesError},
    model::{Application, Databag, Model, UnitRef},
    pod::{Pebble, Pod, PodError},
    record::Record,
    sandbox::{IpStack, Sandbox, SandboxError},
    scheduler::Randomness,
    traffic::{Pods, View},
};
use clock::Clock;
use idle::IdleWatch;
use pods::{Service, UnitPod};
use rand::{SeedableRng as _, rngs::StdRng};
use roll::Replacement;
use std::{collections::BTreeMap, io};

/// A model, the agents of its units, their pods and the applications around them.
pub struct Stage {
    model: Model,
    faults: Faults,
    clock: Clock,
    stack: IpStack,
    randomness: Randomness,
    /// What each application was deployed from, as refreshed since.
    deployments: BTreeMap<String, Deployment>,
    /// The main application as it is deployed.
    first: Application,
    agent_dirs: BTreeMap<String, AgentDir>,
    /// Every unit so far, in the place that gives its folder a name: the path of a socket has no room for a long one.
    folders: Vec<String>,
    pods: BTreeMap<String, UnitPod>,
    /// The same for other threads.
    pod_list: Pods,
    /// The pods to which requests come, where there are any.
    listed: Option<View>,
    services: BTreeMap<String, Service>,
    kubernetes: Option<Kubernetes>,
    sandbox: Option<Sandbox>,
    pebble: Pebble,
    replacements: Vec<Replacement>,
    idle: IdleWatch,
    watch: Watch,
    is_settled: bool,
    /// How often each unit has retried since the stage had settled.
    retries: BTreeMap<String, u32>,
    remotes: Vec<RemoteApp>,
    runs: Vec<HookRun>,
    record: Option<Record>,
    time_variable: Option<String>,
    folder: tempfile::TempDir,
}

/// A remote application in its relation.
struct RemoteApp {
    relation: u32,
    remote: Box<dyn Remote>,
    /// Our side when it was asked last.
    seen: Option<(Databag, BTreeMap<String, Databag>)>,
}

/// Something on the stage went wrong that no charm can cause.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The charm cannot be read.
    #[error("reading the charm")]
    Charm(#[source] CharmError),
    /// A hook could not be run at all.
    #[error("running a hook")]
    Agent(#[source] AgentError),
    /// A remote application failed.
    #[error("asking {application}")]
    Remote {
        /// Which.
        application: String,
        /// Why.
        #[source]
        source: RemoteError,
    },
    /// A folder or file of the stage itself failed.
    #[error("preparing the stage")]
    File(#[source] io::Error),
    /// The world around the units could not be made.
    #[error("making the world of the stage")]
    Sandbox(#[source] SandboxError),
    /// The API of Kubernetes could not be started.
    #[error("making the cluster of the stage")]
    Kubernetes(#[source] KubernetesError),
    /// A pod or container could not be made or changed.
    #[error("changing a pod")]
    Pod(#[source] PodError),
    /// Juju refuses an act.
    #[error("{0}")]
    Refused(String),
    /// An act names something that is not there.
    #[error("no such {kind}: {name}")]
    Missing {
        /// What kind of thing: `unit`, `endpoint`, `option`, `action`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The hooks do not come to an end.
    #[error("settling: still not idle after {0} hooks")]
    NeverIdle(usize),
}

impl Stage {
    /// The start of a stage's description.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// All that Juju knows.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// All that Juju knows, to arrange a world that no act makes.
    pub fn model_mut(&mut self) -> &mut Model {
        &mut self.model
    }

    /// What goes wrong in the next hooks.
    pub fn faults(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// A view of the hook that runs, for other threads, and the limit for hooks.
    #[must_use]
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// Every run so far, oldest first.
    #[must_use]
    pub fn runs(&self) -> &[HookRun] {
        &self.runs
    }

    /// The runs so far, oldest first, which the stage then forgets, with the log and the former statuses of every unit.
    ///
    /// A stage that plays for long stays small this way.
    pub fn take_runs(&mut self) -> Vec<HookRun> {
        for unit in self.model.units.values_mut() {
            unit.log.clear();
            unit.status_history.clear();
        }
        std::mem::take(&mut self.runs)
    }

    /// Decides anew, by another seed, what Juju leaves to chance: the order over relations and over units.
    pub fn reseed(&mut self, seed: u64) {
        self.randomness.rng = StdRng::seed_from_u64(seed);
    }

    /// The pod of a unit; none before its first hook, or for a charm without containers.
    #[must_use]
    pub fn pod(&self, unit: impl Into<UnitRef>) -> Option<&Pod> {
        self.pods.get(&self.model.unit_name(unit)).map(|unit_pod| &unit_pod.pod)
    }

    /// Where the charm and the tools of a unit are; nowhere before its first hook.
    #[must_use]
    pub fn agent_dir(&self, unit: impl Into<UnitRef>) -> Option<&AgentDir> {
        self.agent_dirs.get(&self.model.unit_name(unit))
    }

    /// Every command of the workload that began in the present pod of a unit.
    #[must_use]
    pub fn boots(&self, unit: impl Into<UnitRef>) -> Vec<Boot> {
        self.pod(unit).map(|pod| pod.boots().entries()).unwrap_or_default()
    }

    /// The world around the units; none before the first pod or remote application.
    #[must_use]
    pub fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_ref()
    }

    /// The API of Kubernetes; none before the first pod.
    #[must_use]
    pub fn kubernetes(&self) -> Option<&Kubernetes> {
        self.kubernetes.as_ref()
    }

    /// The clock of all waiting.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// What an application publishes on an endpoint: `endpoint` of the main application, `app:endpoint` of another.
    ///
    /// *Empty*: without a relation, or before anything was written.
    #[must_use]
    pub fn app_bag(&self, endpoint: &str) -> Databag {
        let (application, _) = self.model.place(endpoint);
        let bag = |relation: &crate::Relation| relation.own(application).map(|end| end.app.clone());
        self.model.relation(endpoint).and_then(bag).unwrap_or_default()
    }

    /// What a unit publishes on an endpoint.
    ///
    /// *Empty*: without a relation, or before the unit entered it.
    #[must_use]
    pub fn unit_bag(&self, endpoint: &str, unit: impl Into<UnitRef>) -> Databag {
        let name = self.model.unit_name(unit);
        let bag = |relation: &crate::Relation| relation.unit_bag(&name).cloned();
        self.model.relation(endpoint).and_then(bag).unwrap_or_default()
    }

    /// What the application at the other end of an endpoint publishes.
    ///
    /// *Empty*: without a relation, or before anything was written.
    #[must_use]
    pub fn remote_app_bag(&self, endpoint: &str) -> Databag {
        let (application, _) = self.model.place(endpoint);
        self.model.relation(endpoint).map(|relation| relation.other_app(application).clone()).unwrap_or_default()
    }

    /// A text like that of `juju status`.
    #[must_use]
    pub fn status_text(&self) -> String {
        crate::report::status(&self.model)
    }
}
