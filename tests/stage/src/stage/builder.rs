//! The description of a stage before it is built.

use super::{Deployment, Stage, StageError, idle::IdleWatch};
use crate::{
    faults::Faults,
    model::{Host, Model, Version},
    pod::Pebble,
    record::Record,
    sandbox::IpStack,
    scheduler::Randomness,
    traffic::Pods,
};
use clock::Clock;
use std::{collections::BTreeMap, path::Path, time::Duration};
use time::OffsetDateTime;

/// A workload takes a few seconds to boot, however fast the clock is.
const IDLE_TIMEOUT: Duration = Duration::from_secs(8);

/// What a stage is made of.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    deployment: Deployment,
    pebble: Option<Pebble>,
    idle_timeout: Option<Duration>,
    clock: Clock,
    stack: IpStack,
    seed: u64,
    juju: Version,
    host: Host,
    stopped_clock: Option<OffsetDateTime>,
    recorded: bool,
    time_variable: Option<String>,
}

impl Builder {
    /// The charm and how it is deployed, in place of all that was said of it before.
    #[must_use]
    pub fn deployment(mut self, deployment: Deployment) -> Self {
        self.deployment = deployment;
        self
    }

    /// The charm: a folder or a packed `.charm` file.
    #[must_use]
    pub fn charm(mut self, path: impl AsRef<Path>) -> Self {
        path.as_ref().clone_into(&mut self.deployment.charm);
        self
    }

    /// Name of the application; the charm's if it is not given.
    #[must_use]
    pub fn application(mut self, name: &str) -> Self {
        self.deployment = self.deployment.application(name);
        self
    }

    /// Root folder of the image for the charm's first container.
    #[must_use]
    pub fn image(mut self, root: impl AsRef<Path>) -> Self {
        self.deployment = self.deployment.image(root);
        self
    }

    /// Root folder of the image for a container.
    #[must_use]
    pub fn image_of(mut self, container: &str, root: impl AsRef<Path>) -> Self {
        self.deployment = self.deployment.image_of(container, root);
        self
    }

    /// How many instances of a storage each unit gets; as many as the charm needs if it is not given.
    #[must_use]
    pub fn storage(mut self, name: &str, count: u32) -> Self {
        self.deployment = self.deployment.storage(name, count);
        self
    }

    /// The file of a resource.
    #[must_use]
    pub fn resource(mut self, name: &str, file: impl AsRef<Path>) -> Self {
        self.deployment = self.deployment.resource(name, file);
        self
    }

    /// The Pebble to run; else `$PEBBLE`, else the stand-in.
    #[must_use]
    pub fn pebble(mut self, pebble: Pebble) -> Self {
        self.pebble = Some(pebble);
        self
    }

    /// The clock of Juju's timers and of the stand-in Pebble.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The versions of IP that the cluster uses; both if it is not given.
    #[must_use]
    pub fn ip_stack(mut self, stack: IpStack) -> Self {
        self.stack = stack;
        self
    }

    /// Decides what Juju leaves to chance: see [`Randomness`].
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How long, in real time, a workload that is down may take to come up before the stage counts as idle; 8 s if it is not given.
    #[must_use]
    pub fn idle_timeout(mut self, idle_timeout: Duration) -> Self {
        self.idle_timeout = Some(idle_timeout);
        self
    }

    /// The Juju that it plays; 3.6 if it is not given.
    #[must_use]
    pub fn juju(mut self, version: Version) -> Self {
        self.juju = version;
        self
    }

    /// Where the agents run, as far as the charm's environment tells; a pod if it is not given.
    #[must_use]
    pub fn host(mut self, host: Host) -> Self {
        self.host = host;
        self
    }

    /// Stops Juju's clock at this time, which then stands in all that the tools say of statuses and secrets.
    #[must_use]
    pub fn stopped_clock(mut self, time: OffsetDateTime) -> Self {
        self.stopped_clock = Some(time);
        self
    }

    /// The variable by which the charm takes the time of day, in seconds since 1970, from Juju's clock; none if it is not given.
    #[must_use]
    pub fn time_variable(mut self, name: &str) -> Self {
        self.time_variable = Some(name.to_owned());
        self
    }

    /// How many units are deployed; one if it is not given.
    #[must_use]
    pub fn units(mut self, units: u32) -> Self {
        self.deployment.units = Some(units);
        self
    }

    /// Keeps a [`Record`] of all that happens.
    #[must_use]
    pub fn recorded(mut self) -> Self {
        self.recorded = true;
        self
    }

    /// Reads the charm and prepares an empty model.
    ///
    /// # Errors
    /// The charm cannot be read, an option does not fit, or no folder can be made.
    pub fn build(mut self) -> Result<Stage, StageError> {
        let folder = tempfile::Builder::new().prefix("stage-").tempdir().map_err(StageError::File)?;
        let first = self.deployment.declare(&folder.path().join("declared"), self.juju)?;
        let pebble = self.pebble.unwrap_or_else(Pebble::find);
        let (juju, host, stopped_clock) = (self.juju, self.host, self.stopped_clock);
        let mut model = Model { juju, host, stopped_clock, ..Model::new(first.clone()) };
        model.names_model_in_secrets = self.juju == Version::V4_0;
        model.notes_storage = self.juju == Version::V3_6;
        Ok(Stage {
            record: self.recorded.then(|| Record::new(&model)),
            model,
            faults: Faults::default(),
            clock: pebble.clock(self.clock),
            stack: self.stack,
            randomness: Randomness::new(self.seed),
            deployments: [(first.name.clone(), self.deployment)].into(),
            first,
            agent_dirs: BTreeMap::new(),
            folders: Vec::new(),
            pods: BTreeMap::new(),
            pod_list: Pods::default(),
            listed: None,
            services: BTreeMap::new(),
            kubernetes: None,
            sandbox: None,
            pebble,
            replacements: Vec::new(),
            watch: crate::agent::Watch::default(),
            is_settled: true,
            retries: BTreeMap::new(),
            idle: IdleWatch::new(self.idle_timeout.unwrap_or(IDLE_TIMEOUT)),
            remotes: Vec::new(),
            runs: Vec::new(),
            time_variable: self.time_variable,
            folder,
        })
    }
}
