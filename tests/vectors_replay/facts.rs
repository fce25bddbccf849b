//! What a hook left behind, as facts that can be compared one by one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::recording::{Bag, Output, Recording};

/// One fact each: `status`, `service`, `restart`, `version`, `action`, `hook`, `variable NAME`, `databag ENDPOINT SIDE KEY`,
/// `dashboard NAME`, `port NUMBER`, `command NAME` (how often it ran).
pub type Facts = BTreeMap<String, Value>;

/// A hook's facts, and the order of its commands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The facts.
    pub facts: Facts,
    /// The commands in the order in which they ran.
    pub commands: Vec<String>,
}

/// Keys that Juju writes into a unit's bag.
const ADDRESS_KEYS: [&str; 3] = ["egress-subnets", "ingress-address", "private-address"];
/// The key whose value is packed: its unpacked content is compared.
const PACKED_KEY: &str = "dashboards";
/// What is packed inside a dashboard, and differs with the compressor.
const PACKED: [&str; 2] = ["content", "content_decoded"];

/// The facts of a recording.
///
/// *Empty*: after an error that was not caught, nothing is known of bags, plan, service and version.
pub fn recorded(recording: &Recording) -> Outcome {
    let output = &recording.output;
    let mut outcome = Outcome::default();
    outcome.set("hook", json!(output.exception.as_ref().map_or("done", |error| &error.kind)));
    outcome.set("status", json!(output.unit_status.name));
    outcome.set("restart", json!(output.services_replanned));
    outcome.add_commands(output.execs.iter().map(|exec| command_of_peer(&exec.argv)));
    if recording.is_action() {
        outcome.set("action", answer(output));
    }
    if let Some(version) = &output.workload_version {
        outcome.set("version", json!(version));
    }
    if let Some(left) = &output.container {
        let is_running = left.service_statuses.get("discourse").is_some_and(|status| status == "active");
        outcome.set("service", json!(if is_running { "running" } else { "stopped" }));
        let environment = left.plan.services.get("discourse").map(|service| service.environment.clone());
        outcome.add_environment(environment.unwrap_or_default());
    }
    for own in output.relations.iter().flatten() {
        outcome.add_bag(&own.endpoint, "app", &own.local_app_data);
        outcome.add_dashboards(own.decoded.get("dashboards"));
        outcome.add_bag(&own.endpoint, "unit", &own.local_unit_data);
    }
    outcome
}

fn answer(output: &Output) -> Value {
    let answer = output.action.as_ref();
    let results = answer.and_then(|answer| answer.results.as_ref());
    results.map_or_else(|| json!("failed"), |results| json!(results))
}

/// The Discourse command behind a command line of the Python charm.
fn command_of_peer(argv: &[String]) -> String {
    const KNOWN: [(&str, &str); 8] = [
        ("db:migrate", "migrate"),
        ("puts Discourse::VERSION::STRING", "read-version"),
        ("SiteSetting.force_https=", "set-force-https"),
        ("s3:upload_assets", "upload-assets"),
        ("users:exists[", "find-user"),
        ("users:activate[", "activate-user"),
        ("users:anonymize[", "anonymize-user"),
        ("admin:create", "write-user"),
    ];
    let last = argv.last().map_or("", String::as_str);
    KNOWN.iter().find(|(start, _)| last.starts_with(start)).map_or(last, |(_, name)| name).to_owned()
}

impl Outcome {
    /// Adds a fact.
    pub fn set(&mut self, name: &str, value: Value) {
        self.facts.insert(name.to_owned(), value);
    }

    /// Adds commands in their order.
    pub fn add_commands(&mut self, commands: impl Iterator<Item = String>) {
        for command in commands {
            let count = self.facts.entry(format!("command {command}")).or_insert(json!(0));
            *count = json!(count.as_u64().unwrap_or_default() + 1);
            self.commands.push(command);
        }
    }

    /// Adds the service's variables.
    pub fn add_environment(&mut self, environment: BTreeMap<String, Option<String>>) {
        for (name, value) in environment {
            self.set(&format!("variable {name}"), json!(value));
        }
    }

    /// Adds one of our databags; JSON lists and objects in it are compared as JSON.
    pub fn add_bag(&mut self, endpoint: &str, side: &str, bag: &Bag) {
        let is_fact = |key: &str| !ADDRESS_KEYS.contains(&key) && key != PACKED_KEY;
        for (key, text) in bag.iter().filter(|(key, _)| is_fact(key)) {
            let parsed = serde_json::from_str::<Value>(text).ok().filter(|value| value.is_array() || value.is_object());
            self.set(&format!("databag {endpoint} {side} {key}"), parsed.unwrap_or_else(|| json!(text)));
        }
    }

    /// Adds the published dashboards, without their layout.
    pub fn add_dashboards(&mut self, dashboards: Option<&Value>) {
        let templates = dashboards.and_then(|offered| offered.get("templates")?.as_object().cloned());
        for (name, mut template) in templates.unwrap_or_default() {
            if let Some(template) = template.as_object_mut() {
                template.retain(|key, _| !PACKED.contains(&key.as_str()));
            }
            self.set(&format!("dashboard {name}"), template);
        }
    }

    /// Forgets what the other outcome cannot know.
    pub fn forget_unlike(&mut self, other: &Self) {
        let known = |kind: &str| other.facts.keys().any(|name| name.starts_with(kind));
        let is_whole = known("service");
        self.facts.retain(|name, _| {
            is_whole || ["hook", "status", "restart", "action", "command "].iter().any(|kind| name.starts_with(kind))
        });
    }
}
