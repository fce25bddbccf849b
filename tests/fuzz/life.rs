//! A forum that serves, and what it looks like from outside.

use std::{collections::BTreeMap, env, path::PathBuf, time::Duration};

use rehearsal::visitor;
use serde_json::{Map, Value, json};
use stage::{HookRun, Secret, Stage, StageError};

use crate::{
    endpoints::World,
    neighbours::{Neighbour, neighbours},
};

/// Why a case failed, or could not be played.
pub type Failure = String;

/// The variables of the server, by name.
pub type Environment = BTreeMap<String, String>;

/// A forum that serves.
pub struct Life {
    /// Juju's model and everything in it.
    pub stage: Stage,
    /// The applications around it.
    pub neighbours: Vec<Neighbour>,
    /// What it looks like while nothing is wrong.
    pub usual: Usual,
    /// The cases that it has survived.
    pub cases: u32,
}

/// What a forum looks like while nothing is wrong.
#[derive(Debug, Clone, Default)]
pub struct Usual {
    /// Its status as one line.
    pub status: String,
    /// The variables of the server.
    pub environment: Environment,
    /// The options.
    pub options: Map<String, Value>,
    /// The secrets of all applications.
    pub secrets: BTreeMap<String, Secret>,
}

/// How long a workload that is down may take to come up. *Units*: real time.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

impl Life {
    /// A forum that serves in a world.
    ///
    /// # Errors
    /// It does not come to serve.
    pub fn begin(world: World) -> Result<Self, Failure> {
        let target = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target");
        let folder = |variable, default| env::var_os(variable).map_or_else(|| target.join(default), PathBuf::from);
        let stage = Stage::builder()
            .charm(folder("CHARM", "charm"))
            .image(folder("IMAGES", "image").join("one"))
            .clock("0.2".parse().map_err(|scale| format!("{scale:?}"))?)
            .idle_timeout(IDLE_TIMEOUT);
        let stage = stage.build().map_err(|error| told(&error))?;
        let mut life = Self { stage, neighbours: neighbours(world), usual: Usual::default(), cases: 0 };
        life.integrate(world).map_err(|error| told(&error))?;
        life.stage.settle().map_err(|error| told(&error))?;
        life.stage.update_status(0).map_err(|error| told(&error))?;
        life.note_usual();
        life.stage.take_runs();
        let is_serving = life.usual.status.starts_with("active") && life.is_serving();
        if is_serving { Ok(life) } else { Err(format!("a new forum does not serve: {}", life.usual.status)) }
    }

    fn integrate(&mut self, world: World) -> Result<(), StageError> {
        self.stage.deploy();
        for neighbour in &self.neighbours {
            neighbour.relate(&mut self.stage)?;
        }
        if world == World::Related {
            return self
                .stage
                .config([("external_hostname", json!("forum.example.com")), ("force_https", json!(true))]);
        }
        self.stage.config([
            ("s3_enabled", json!(true)),
            ("s3_bucket", json!("uploads")),
            ("s3_region", json!("eu-west-1")),
            ("s3_cdn_url", json!("https://cdn.example.com")),
            ("smtp_address", json!("mail.example.com")),
        ])?;
        self.credentials("s3_credentials", &[("access-key-id", "key"), ("secret-access-key", "of the storage")])?;
        self.credentials("smtp_credentials", &[("username", "forum"), ("password", "of the forum")])
    }

    fn credentials(&mut self, option: &str, content: &[(&str, &str)]) -> Result<(), StageError> {
        let uri = self.stage.add_secret(content);
        self.stage.grant_secret(&uri)?;
        self.stage.config([(option, json!(uri))])
    }

    /// Takes what it looks like now for what it looks like while nothing is wrong.
    pub fn note_usual(&mut self) {
        let model = self.stage.model();
        let (options, secrets) = (model.application().config.clone(), model.secrets.clone());
        self.usual = Usual { status: self.status(), environment: self.environment(), options, secrets };
    }

    /// The neighbour at an endpoint.
    pub fn neighbour(&self, endpoint: &str) -> Option<&Neighbour> {
        self.neighbours.iter().find(|neighbour| neighbour.endpoint == endpoint)
    }

    /// The status as one line.
    pub fn status(&self) -> String {
        self.stage.unit(0).status().to_string()
    }

    /// The server's variables in Pebble's plan.
    ///
    /// *Empty*: the plan has none, or cannot be read.
    pub fn environment(&self) -> Environment {
        let plan = self.stage.pod(0).and_then(|pod| pod.read("discourse", "/v1/plan?format=yaml"));
        let plan: Value = plan.and_then(|plan| serde_yaml::from_str(plan.as_str()?).ok()).unwrap_or_default();
        let variables = plan["services"]["discourse"]["environment"].as_object().cloned().unwrap_or_default();
        variables.into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned())).collect()
    }

    /// Whether the forum answers with its front page.
    pub fn is_serving(&self) -> bool {
        visitor::ask(self.stage.unit(0).address(), "GET", "/").is_ok_and(|page| page.status == 200)
    }

    /// Whether Kubernetes sends visitors to it.
    pub fn is_ready(&self) -> bool {
        self.stage.is_ready(0)
    }

    /// Runs the next hook that is due.
    pub fn step(&mut self) -> Result<Option<HookRun>, Failure> {
        self.stage.step().map_err(|error| told(&error))
    }
}

/// An error of the stage with its causes.
pub fn told(error: &dyn std::error::Error) -> Failure {
    format!("the stage: {}", stage::play::chain(error))
}
