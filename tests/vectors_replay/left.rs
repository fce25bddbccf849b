//! What a play left behind, as facts.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stage::{ActionRun, ActionStatus, HookRun, Relation, Stage};

use super::{
    facts::Outcome,
    recording::{Bag, Layer, Recording},
};

/// The workload's container and service.
const NAME: &str = "discourse";

/// A stage after the play of a vector.
pub struct Left<'a> {
    /// The vector.
    pub recording: &'a Recording,
    /// The stage.
    pub stage: &'a Stage,
    /// The unit's number.
    pub unit: u32,
    /// How often the workload's programs had started before the hook.
    pub starts: usize,
    /// The relations before the hook, one that it breaks among them.
    pub relations: BTreeMap<u32, Relation>,
    /// The run of the action.
    pub action: Option<ActionRun>,
    /// The vector's own hook; none if Juju refused the action.
    pub hook: Option<HookRun>,
}

/// Whether nothing follows the hook in a unit's life.
pub fn is_last(recording: &Recording) -> bool {
    matches!(recording.event.dispatch_path.as_str(), "hooks/stop" | "hooks/remove")
}

impl Left<'_> {
    /// The facts.
    pub fn outcome(&self) -> Outcome {
        let mut outcome = Outcome::default();
        let unit = self.stage.unit(self.unit);
        let is_done = self.hook.as_ref().is_none_or(HookRun::is_success);
        outcome.set("hook", json!(if is_done { "done" } else { "failed" }));
        outcome.set("status", json!(self.status()));
        outcome.set("version", json!(unit.workload_version()));
        for port in unit.opened_ports() {
            outcome.set(&format!("port {port}"), json!(true));
        }
        if let Some(action) = &self.action {
            outcome.set("action", answer(action, self.recording));
        }
        add_bags(&mut outcome, self);
        add_commands(&mut outcome, self);
        add_service(&mut outcome, self);
        outcome
    }

    /// The status that the charm has set; around the last hooks Juju shows its own.
    fn status(&self) -> String {
        if !is_last(self.recording) {
            return self.stage.unit(self.unit).status().status.to_string();
        }
        let said = self.hook.as_ref().and_then(|hook| hook.calls("status-set").last()?.argv.get(1).cloned());
        said.unwrap_or_else(|| self.recording.input.unit_status.name.clone())
    }
}

/// The results without what Juju adds; a value that is random has the name that the vector gives it.
fn answer(action: &ActionRun, recording: &Recording) -> Value {
    if action.status != ActionStatus::Completed {
        return json!("failed");
    }
    let own = action.results.iter().filter(|(key, _)| !matches!(key.as_str(), "return-code" | "stdout" | "stderr"));
    let recorded = recording.output.action.as_ref().and_then(|answer| answer.results.as_ref());
    let shown = |(key, value): (&String, &Value)| {
        let name = recorded.and_then(|results| results.get(key)).filter(|name| is_placeholder(name, recording));
        (key.clone(), name.filter(|_| value != "").unwrap_or(value).clone())
    };
    Value::Object(own.map(shown).collect())
}

fn is_placeholder(name: &Value, recording: &Recording) -> bool {
    name.as_str().is_some_and(|name| recording.placeholders.contains_key(name))
}

/// Our databags, with the unit's address as in the vector; those of a relation that has ended as they were last.
fn add_bags(outcome: &mut Outcome, left: &Left<'_>) {
    for (id, ended) in &left.relations {
        let relation = left.stage.model().relations.get(id).unwrap_or(ended);
        let unit = &left.recording.input.unit;
        let Some(own) = relation.own(&left.recording.input.app) else { continue };
        outcome.add_bag(&own.endpoint, "app", &own.app);
        let dashboards = own.app.get("dashboards").and_then(|text| serde_json::from_str::<Value>(text).ok());
        outcome.add_dashboards(dashboards.as_ref());
        let bag = own.units.get(unit).or_else(|| ended.unit_bag(unit));
        if let Some(bag) = bag {
            outcome.add_bag(&own.endpoint, "unit", &as_recorded(bag, left, &own.endpoint));
        }
    }
}

/// A bag with the address that the unit has in the vector in place of that on the stage.
fn as_recorded(bag: &Bag, left: &Left<'_>, endpoint: &str) -> Bag {
    let own = left.stage.unit(left.unit).address().to_string();
    let addresses = &left.recording.input.bind_addresses;
    let recorded = addresses.get(endpoint).or_else(|| addresses.get("default")).unwrap_or(&own);
    let value = |value: &String| if *value == own { recorded.clone() } else { value.clone() };
    bag.iter().map(|(key, text)| (key.clone(), value(text))).collect()
}

/// Discourse's commands since the hook began; the server's own start is a restart.
fn add_commands(outcome: &mut Outcome, left: &Left<'_>) {
    let entries = left.stage.boots(left.unit);
    let started = || entries.iter().skip(left.starts);
    let is_server = |argv: &[String]| argv.first().is_some_and(|program| program.ends_with("unicorn"));
    outcome.set("restart", json!(started().any(|boot| is_server(&boot.argv))));
    let commands = started().filter(|boot| !is_server(&boot.argv));
    outcome.add_commands(commands.map(|boot| name_of(&boot.argv, left.recording)));
}

fn name_of(argv: &[String], recording: &Recording) -> String {
    let task = argv.get(1).map_or("", String::as_str);
    match (task, recording.event.action.as_deref()) {
        ("charm:migrate", _) => "migrate",
        ("s3:upload_assets", _) => "upload-assets",
        ("charm:user", Some("anonymize-user")) => "anonymize-user",
        ("charm:user", _) => "write-user",
        _ => task,
    }
    .to_owned()
}

/// The service and its environment; a Pebble that is down runs nothing and has no plan.
fn add_service(outcome: &mut Outcome, left: &Left<'_>) {
    let socket =
        left.stage.pod(left.unit).map(|pod| pod.container_dir().join("containers").join(NAME).join("pebble.socket"));
    let socket = socket.unwrap_or_default();
    let services: Vec<Value> = ask(&socket, "/v1/services").unwrap_or_default();
    let is_running = services
        .iter()
        .any(|service| service.get("name") == Some(&json!(NAME)) && service.get("current") == Some(&json!("active")));
    outcome.set("service", json!(if is_running { "running" } else { "stopped" }));
    let plan: String = ask(&socket, "/v1/plan?format=yaml").unwrap_or_default();
    let plan: Layer = serde_yaml::from_str(&plan).unwrap_or_default();
    let environment = plan.services.get(NAME).map(|service| service.environment.clone());
    outcome.add_environment(environment.unwrap_or_default());
}

/// The result of a question to Pebble.
fn ask<T: DeserializeOwned>(socket: &Path, path: &str) -> io::Result<T> {
    let mut stream = UnixStream::connect(socket)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let mut answer: Value = serde_json::from_str(body)?;
    Ok(serde_json::from_value(answer.get_mut("result").map(Value::take).unwrap_or_default())?)
}
