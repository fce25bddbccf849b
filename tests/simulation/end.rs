//! Where a life has led to, as far as operators, peers, other applications and readers of the forum can see it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stage::{Databag, Model, Secret, model::databag::ADDRESS_KEYS};

use crate::forum::Forum;

/// Keys of databags that tell when something was done, or whose turn it was last.
const TIMES: [&str; 2] = ["granted-at", "<ops.model.Unit"];

/// Two lives that end alike have equal values.
#[derive(Debug, PartialEq)]
pub struct End {
    statuses: Vec<String>,
    ready: Vec<bool>,
    ports: Vec<Vec<String>>,
    versions: Vec<String>,
    bags: BTreeMap<String, Databag>,
    secrets: Vec<String>,
    plans: Vec<Value>,
    services: Vec<Value>,
    environments: BTreeMap<String, BTreeMap<String, String>>,
    applied: BTreeSet<String>,
}

impl End {
    /// What there is now.
    pub fn of(forum: &Forum) -> Self {
        let (units, stage) = (forum.units(), &forum.stage);
        let read =
            |unit: &u32, path: &str| stage.pod(*unit).and_then(|pod| pod.read("discourse", path)).unwrap_or_default();
        let world = forum.world.lock();
        let servers = world.servers.iter().map(|(pod, server)| (pod.clone(), own(&server.environment)));
        Self {
            statuses: forum.statuses(),
            ready: units.iter().map(|unit| stage.is_ready(*unit)).collect(),
            ports: units.iter().map(|unit| stage.unit(*unit).opened_ports()).collect(),
            versions: units.iter().map(|unit| stage.unit(*unit).workload_version()).collect(),
            bags: bags(stage.model()),
            secrets: secrets(stage.model()),
            plans: units.iter().map(|unit| read(unit, "/v1/plan?format=yaml")).collect(),
            services: units.iter().map(|unit| services(&read(unit, "/v1/services"))).collect(),
            environments: servers.collect(),
            applied: world.applied.iter().cloned().collect(),
        }
    }

    /// In which of its parts another end differs, with both.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let (one, two) = (format!("{self:#?}"), format!("{other:#?}"));
        let differs = |(one, two): &(&str, &str)| one != two;
        (self != other).then(|| {
            let lines = one.lines().zip(two.lines()).filter(differs).take(6);
            let shown = lines.map(|(one, two)| format!("- {}\n+ {}", one.trim(), two.trim()));
            shown.collect::<Vec<_>>().join("\n")
        })
    }
}

fn own(environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_own = |name: &str| name.starts_with("DISCOURSE_") || name.starts_with("UNICORN_");
    environment.iter().filter(|(name, _)| is_own(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// State and startup of each.
fn services(all: &Value) -> Value {
    let one = |service: &Value| [&service["name"], &service["current"], &service["startup"]].map(Value::clone);
    all.as_array().into_iter().flatten().map(one).collect::<Vec<_>>().into_iter().map(Value::from_iter).collect()
}

/// What the charm has published, by relation and owner.
fn bags(model: &Model) -> BTreeMap<String, Databag> {
    let mut found = BTreeMap::new();
    for relation in model.relations.values() {
        for end in relation.ends.iter().filter(|end| end.application == model.main) {
            found.insert(format!("{} {}", end.endpoint, end.application), kept(model, &end.app));
            found.extend(end.units.iter().map(|(unit, bag)| (format!("{} {unit}", end.endpoint), kept(model, bag))));
        }
    }
    found
}

/// What does not differ by the time or from one model to the next, as the ids of secrets do.
fn kept(model: &Model, bag: &Databag) -> Databag {
    let is_kept = |key: &str| !ADDRESS_KEYS.contains(&key) && !TIMES.iter().any(|time| key.starts_with(time));
    let alike = |value: &String| if model.secrets.contains_key(value) { "a secret".to_owned() } else { value.clone() };
    bag.iter().filter(|(key, _)| is_kept(key)).map(|(key, value)| (key.clone(), alike(value))).collect()
}

/// The newest content of each secret.
fn secrets(model: &Model) -> Vec<String> {
    let text = |secret: &Secret| format!("{:?} {:?}", secret.owner, secret.revisions.values().last());
    let mut all: Vec<String> = model.secrets.values().map(text).collect();
    all.sort_unstable();
    all
}
