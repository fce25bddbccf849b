//! The charm that plays recorded hooks: it declares what a scenario uses, and its `dispatch` runs the script of the hook.

use super::{
    event::Event,
    recording::{Hook, Role, Scenario},
};
use serde_json::{Map, Value, json};
use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

/// The application and its charm.
pub const APPLICATION: &str = "probe";

/// The file beside the charm's folder with the environment of the last `dispatch`: what it was given, and nothing that a shell adds.
pub const ENVIRONMENT: &str = "environment";

/// The script stands beside the charm's folder, too.
fn dispatch() -> String {
    format!(
        "#!/bin/sh\ncat /proc/$$/environ >\"${{JUJU_CHARM_DIR%/*}}/{ENVIRONMENT}\"\nexec /bin/sh \"${{JUJU_CHARM_DIR%/*}}/script\"\n"
    )
}

/// The endpoints of the recorded charm, with their interfaces.
const ENDPOINTS: [(&str, &str, Role); 3] =
    [("mesh", "mesh", Role::Peer), ("database", "sql", Role::Requirer), ("web", "http", Role::Provider)];

/// Writes the charm of a scenario into a folder.
pub fn write(folder: &Path, scenario: &Scenario) -> io::Result<()> {
    let files = [
        ("metadata.yaml", metadata(scenario).to_string()),
        ("config.yaml", json!({ "options": options(&scenario.model.config) }).to_string()),
        ("actions.yaml", actions(&scenario.hooks).to_string()),
        ("dispatch", dispatch()),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    fs::set_permissions(folder.join("dispatch"), Permissions::from_mode(0o755))
}

fn metadata(scenario: &Scenario) -> Value {
    let used = scenario.model.relations.iter().map(|it| (it.endpoint.as_str(), it.interface.as_str(), it.role));
    let all: Vec<_> = ENDPOINTS.into_iter().chain(used).collect();
    let endpoints = |wanted| -> Map<String, Value> {
        let these = all.iter().filter(|(_, _, role)| *role == wanted);
        these.map(|(name, interface, _)| ((*name).to_owned(), json!({ "interface": interface }))).collect()
    };
    json!({
        "name": APPLICATION,
        "requires": endpoints(Role::Requirer),
        "provides": endpoints(Role::Provider),
        "peers": endpoints(Role::Peer),
        "storage": storage(&scenario.hooks),
    })
}

/// Whatever a hook adds; the recorded controller takes it, and keeps none.
fn storage(hooks: &[Hook]) -> Map<String, Value> {
    let calls = hooks.iter().flat_map(|hook| &hook.calls).map(|call| call.argv.as_slice());
    let added = calls.filter_map(|argv| argv.split_first().filter(|(tool, _)| *tool == "storage-add"));
    let names = added.flat_map(|(_, words)| words).map(|word| word.split('=').next().unwrap_or_default().to_owned());
    names.map(|name| (name, json!({ "type": "filesystem", "multiple": { "range": "0-" } }))).collect()
}

/// Options of the types that their first values have.
fn options(config: &Map<String, Value>) -> Map<String, Value> {
    let kind = |name: &str, value: &Value| match value {
        _ if name == "token" => "secret",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        _ => "string",
    };
    config.iter().map(|(name, value)| (name.clone(), json!({ "type": kind(name, value) }))).collect()
}

fn actions(hooks: &[Hook]) -> Value {
    let named = hooks.iter().filter_map(|hook| match &hook.event {
        Event::Action(action) => Some((action.action.clone(), json!({}))),
        _ => None,
    });
    Value::Object(named.collect())
}
