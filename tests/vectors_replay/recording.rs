//! A vector as it stands in its file: what the Python charm saw in one hook, and what it did.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A databag.
pub type Bag = BTreeMap<String, String>;

/// One hook of the Python charm.
#[derive(Debug, Clone, Deserialize)]
pub struct Recording {
    /// The name of the file, without its ending.
    pub name: String,
    /// What the vector belongs to: `config`, `database`, ...
    pub group: String,
    /// Which hook it is.
    pub event: Event,
    /// Variables that the hook's environment has besides Juju's own.
    pub env: BTreeMap<String, String>,
    /// All that the charm could see.
    pub input: Input,
    /// All that it did.
    pub output: Output,
    /// Values that were random and stand under another name in the file.
    #[serde(default)]
    pub placeholders: BTreeMap<String, String>,
}

/// What wakes the charm.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    /// `hooks/config-changed`, `actions/create-user`, ...
    pub dispatch_path: String,
    /// The endpoint of a relation event.
    pub endpoint: Option<String>,
    /// The relation of a relation event.
    pub relation_id: Option<u32>,
    /// The remote unit of a relation event.
    ///
    /// *Empty*: the event concerns the remote application.
    pub remote_unit: Option<u32>,
    /// The action.
    pub action: Option<String>,
    /// The action's parameters.
    #[serde(default)]
    pub params: Map<String, Value>,
}

/// The world before the hook.
#[derive(Debug, Clone, Deserialize)]
pub struct Input {
    /// The application under test.
    pub app: String,
    /// Its unit.
    pub unit: String,
    /// The model.
    pub model: Model,
    /// Whether the unit leads the application.
    pub leader: bool,
    /// The options that the operator set.
    pub config: Map<String, Value>,
    /// All relations, the one to the peers included.
    pub relations: Vec<Relation>,
    /// All secrets that can be read.
    pub secrets: Vec<Secret>,
    /// The unit's addresses by endpoint; `default` for all others.
    pub bind_addresses: BTreeMap<String, String>,
    /// The unit's status.
    pub unit_status: Status,
    /// The workload's version as Juju knows it.
    pub workload_version: String,
    /// The workload container.
    pub container: Container,
}

/// The model that the application is in.
#[derive(Debug, Clone, Deserialize)]
pub struct Model {
    /// Its name, which is the Kubernetes namespace.
    pub name: String,
    /// Its identity.
    pub uuid: String,
}

/// A relation with its bags.
#[derive(Debug, Clone, Deserialize)]
pub struct Relation {
    /// Our end.
    pub endpoint: String,
    /// The interface.
    pub interface: String,
    /// Juju's number of it.
    pub id: u32,
    /// `peer` or `regular`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The application at the other end.
    pub remote_app: String,
    /// Our application's bag.
    pub local_app_data: Bag,
    /// Our unit's bag.
    pub local_unit_data: Bag,
    /// Their application's bag.
    pub remote_app_data: Bag,
    /// Their units' bags, by number.
    pub remote_units_data: BTreeMap<u32, Bag>,
}

/// A secret that another application owns.
#[derive(Debug, Clone, Deserialize)]
pub struct Secret {
    /// Its URI.
    pub id: String,
    /// The label that our unit gave it.
    pub label: Option<String>,
    /// The revision that our unit reads.
    pub content: Bag,
    /// A newer revision.
    pub latest_content: Option<Bag>,
}

/// A status.
#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    /// `active`, `blocked`, ...
    pub name: String,
    /// The text beside it.
    pub message: String,
}

/// The workload container before the hook.
#[derive(Debug, Clone, Deserialize)]
pub struct Container {
    /// Whether Pebble answers.
    pub can_connect: bool,
    /// The state of each service.
    pub service_statuses: BTreeMap<String, String>,
    /// What each command would answer.
    pub execs: Vec<Exec>,
    /// The layers of the plan, by label.
    pub layers: BTreeMap<String, Layer>,
}

/// A command and its answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Exec {
    /// Its words.
    pub command: Vec<String>,
    /// Its exit code.
    pub return_code: i32,
    /// What it prints.
    pub stdout: String,
}

/// A layer of a plan, or a plan.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Layer {
    /// Its services.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
}

/// A service of a plan.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Service {
    /// Its environment; null where the Python charm put nothing.
    #[serde(default)]
    pub environment: BTreeMap<String, Option<String>>,
}

/// What the hook left behind.
#[derive(Debug, Clone, Deserialize)]
pub struct Output {
    /// The error that ended the hook.
    ///
    /// *Empty*: it ended well.
    pub exception: Option<Exception>,
    /// The unit's status.
    pub unit_status: Status,
    /// The workload's version.
    pub workload_version: Option<String>,
    /// Our bags.
    pub relations: Option<Vec<OwnBags>>,
    /// The plan and the services.
    pub container: Option<Left>,
    /// The commands that were run.
    pub execs: Vec<Command>,
    /// Whether Pebble was asked to replan.
    pub services_replanned: bool,
    /// What the action answered.
    pub action: Option<Answer>,
}

/// An error that the Python charm did not catch.
#[derive(Debug, Clone, Deserialize)]
pub struct Exception {
    /// Its class.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Our side of a relation after the hook.
#[derive(Debug, Clone, Deserialize)]
pub struct OwnBags {
    /// Our end.
    pub endpoint: String,
    /// Our application's bag.
    pub local_app_data: Bag,
    /// Our unit's bag.
    pub local_unit_data: Bag,
    /// What is in values that are packed.
    #[serde(default)]
    pub decoded: Value,
}

/// The workload container after the hook.
#[derive(Debug, Clone, Deserialize)]
pub struct Left {
    /// The merged plan.
    pub plan: Layer,
    /// The state of each service.
    pub service_statuses: BTreeMap<String, String>,
}

/// A command that was run.
#[derive(Debug, Clone, Deserialize)]
pub struct Command {
    /// Its words.
    pub argv: Vec<String>,
}

/// What an action answered.
#[derive(Debug, Clone, Deserialize)]
pub struct Answer {
    /// The values that it set.
    pub results: Option<BTreeMap<String, Value>>,
    /// Why it failed.
    pub failure: Option<String>,
}

impl Recording {
    /// The relation of an endpoint.
    pub fn relation(&self, endpoint: &str) -> Option<&Relation> {
        self.input.relations.iter().find(|relation| relation.endpoint == endpoint)
    }

    /// The environment of the service before the hook.
    ///
    /// *Empty*: there was no service.
    pub fn environment_before(&self) -> Option<&BTreeMap<String, Option<String>>> {
        let mut services = self.input.container.layers.values().filter_map(|layer| layer.services.get("discourse"));
        services.next_back().map(|service| &service.environment)
    }

    /// Whether the hook is an action.
    pub fn is_action(&self) -> bool {
        self.event.action.is_some()
    }

    /// The endpoints that it uses and `declared` lacks.
    pub fn undeclared(&self, declared: &[String]) -> Vec<String> {
        let used = self.input.relations.iter().map(|relation| &relation.endpoint);
        used.filter(|endpoint| !declared.contains(endpoint)).cloned().collect()
    }

    /// The exit code that the recording gives to a command with this word in it.
    pub fn exit_code(&self, word: &str) -> Option<i32> {
        self.exec(word).map(|exec| exec.return_code)
    }

    /// The version of Discourse in the recorded image.
    pub fn image_version(&self) -> Option<&str> {
        self.exec("Discourse::VERSION::STRING").map(|exec| exec.stdout.trim())
    }

    /// Database, user and the newest password that the database relation gives.
    ///
    /// *Empty*: one of them is missing.
    pub fn credentials(&self) -> Option<Bag> {
        let bag = &self.relation("database")?.remote_app_data;
        let secret = bag.get("secret-user").and_then(|uri| self.input.secrets.iter().find(|secret| secret.id == *uri));
        let content = secret.map(|secret| secret.latest_content.as_ref().unwrap_or(&secret.content));
        let value = |key: &str| content.and_then(|content| content.get(key)).or_else(|| bag.get(key)).cloned();
        ["database", "username", "password"].iter().map(|key| Some(((*key).to_owned(), value(key)?))).collect()
    }

    fn exec(&self, word: &str) -> Option<&Exec> {
        self.input.container.execs.iter().find(|exec| exec.command.iter().any(|part| part.contains(word)))
    }
}
