//! What the model shows after a hook, in the form of the recordings.

use super::{
    arrangement::UNIT,
    charm::APPLICATION,
    event::{ACTION, Event},
    recording::Hook,
};
use serde_json::{Map, Value, json};
use stage::{
    ActionStatus, Databag, Model, Secret, Status, Unit,
    model::{Owner, databag},
};

/// What stands in the model.
pub fn after(model: &Model) -> Value {
    let unit = model.units.get(UNIT).cloned().unwrap_or_default();
    let juju_log = unit.log.iter().filter(|line| line.logger.ends_with(".juju-log"));
    json!({
        "app_status": shown(&model.application().status),
        "log": juju_log.map(|line| format!("{} {}: {}", line.level, line.logger, line.text)).collect::<Vec<_>>(),
        "ports": unit.opened_ports,
        "relations": relations(model, &unit),
        "secrets": secrets(model),
        "state": if unit.state.is_empty() { Value::Null } else { json!(unit.state) },
        "status": shown(&unit.status),
        "version": unit.workload_version,
    })
}

fn shown(status: &Status) -> String {
    format!("{}: {}", status.status, status.message)
}

/// The own databags of every relation in which the charm has written.
fn relations(model: &Model, unit: &Unit) -> Map<String, Value> {
    let seed = databag::seed(unit.address);
    let written = |bag: &Databag| -> Databag {
        let own = bag.iter().filter(|(key, value)| seed.get(*key) != Some(value));
        own.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let shown = model.relations.values().map(|relation| {
        let unit = relation.unit_bag(UNIT).map(written).unwrap_or_default();
        let app = relation.own(APPLICATION).map(|end| end.app.clone()).unwrap_or_default();
        (relation.tag(APPLICATION), app, unit)
    });
    let shown = shown.filter(|(_, app, unit)| !app.is_empty() || !unit.is_empty());
    shown.map(|(tag, app, unit)| (tag, json!({ "app": app, "unit": unit }))).collect()
}

/// Own secrets as a whole, others with their consumer only.
fn secrets(model: &Model) -> Map<String, Value> {
    let shown = model.secrets.iter().map(|(id, secret)| {
        let mut shown = if secret.is_owned_by(UNIT) { owned(secret) } else { Map::new() };
        if let Some(consumer) = secret.consumers.get(UNIT) {
            let label = consumer.label.clone().unwrap_or_default();
            shown.insert("consumer".to_owned(), json!({ "label": label, "revision": consumer.revision }));
        }
        (id.clone(), shown)
    });
    shown.filter(|(_, shown)| !shown.is_empty()).map(|(id, shown)| (id, Value::Object(shown))).collect()
}

fn owned(secret: &Secret) -> Map<String, Value> {
    let access: Vec<String> = secret.access.iter().map(|access| tag(&access.target)).collect();
    let owner = match &secret.owner {
        Owner::Application(name) | Owner::Unit(name) => tag(name),
        Owner::Operator => "model".to_owned(),
    };
    let shown = json!({
        "access": if access.is_empty() { Value::Null } else { json!(access) },
        "description": secret.description.clone().unwrap_or_default(),
        "label": secret.label.clone().unwrap_or_default(),
        "owner": owner,
        "revisions": secret.revisions,
        "rotate": secret.rotate.clone().unwrap_or_else(|| "never".to_owned()),
    });
    shown.as_object().cloned().unwrap_or_default()
}

fn tag(name: &str) -> String {
    match name.split_once('/') {
        Some((application, number)) => format!("unit-{application}-{number}"),
        None => format!("application-{name}"),
    }
}

/// What an action delivered.
///
/// *Empty*: a hook ran.
pub fn delivered(model: &Model, hook: &Hook) -> Option<Value> {
    let Event::Action(_) = &hook.event else { return None };
    let action = model.actions.get(&ACTION)?;
    let log = if action.log.is_empty() { Value::Null } else { json!(action.log) };
    let status = if action.status == ActionStatus::Completed { "completed" } else { "failed" };
    let mut shown = json!({ "log": log, "results": action.results, "status": status });
    if !action.message.is_empty() {
        shown.as_object_mut()?.insert("message".to_owned(), json!(action.message));
    }
    Some(shown)
}
