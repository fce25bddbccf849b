//! `actions.yaml` and the code agree: each action reads the parameters that it declares and no other, and each parameter is documented.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a file that cannot be read fails its test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

/// The text of a file of the project.
fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The methods that read a parameter by its name.
const BY_NAME: [&str; 7] = ["text", "optional", "raw_text", "email", "choice", "boolean", "integer"];

/// The methods that read one parameter, and its name.
const ALWAYS: [(&str, &str); 3] = [(".wait()", "wait"), (".confirm()", "confirm"), (".format()", "format")];

fn declared() -> BTreeMap<String, Value> {
    serde_yaml::from_str(&text("actions.yaml")).unwrap()
}

fn parameters(action: &Value) -> BTreeMap<String, Value> {
    let parameters = action.get("params").and_then(Value::as_object).cloned();
    parameters.unwrap_or_default().into_iter().collect()
}

/// The names of the parameters that a file of an action reads.
fn read_in(text: &str) -> BTreeSet<String> {
    let by_name = BY_NAME.into_iter().flat_map(|method| {
        let calls = text.split(&format!(".{method}(\"")).skip(1).collect::<Vec<_>>();
        calls.into_iter().filter_map(|rest| rest.split_once('"')).map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    });
    let always = ALWAYS.into_iter().filter(|(call, _)| text.contains(call)).map(|(_, name)| name.to_owned());
    by_name.chain(always).collect()
}

#[test]
fn each_action_has_a_file_that_reads_the_declared_parameters_and_no_other() {
    for (name, action) in declared() {
        let file = text(&format!("src/actions/{}.rs", name.replace('-', "_")));
        let declared: BTreeSet<String> = parameters(&action).into_keys().collect();
        assert_eq!(read_in(&file), declared, "{name}");
    }
}

#[test]
fn each_action_and_parameter_is_described_and_nothing_else_is_accepted() {
    let is_described = |value: &Value| value["description"].as_str().is_some_and(|text| !text.is_empty());
    let has = |value: &Value, keys: &[&str]| keys.iter().all(|key| value.get(key).is_some());
    // Juju quotes a value that is too long when it refuses it, so nothing limits a password.
    let is_bounded = |name: &str, value: &Value| match value["type"].as_str() {
        Some("integer") => has(value, &["minimum", "maximum"]),
        Some("string") if name == "password" => has(value, &["minLength"]) && !has(value, &["maxLength"]),
        Some("string") => has(value, &["enum"]) || has(value, &["minLength", "maxLength"]),
        Some("boolean") => true,
        _ => false,
    };
    let offences = declared().into_iter().flat_map(|(name, action)| {
        let is_closed = action["additionalProperties"] == Value::Bool(false);
        let own = (!is_closed || !is_described(&action)).then(|| name.clone());
        let parameters =
            parameters(&action).into_iter().filter(|(name, it)| !is_described(it) || !is_bounded(name, it));
        own.into_iter().chain(parameters.map(|(parameter, _)| format!("{name} {parameter}"))).collect::<Vec<_>>()
    });
    assert_eq!(offences.collect::<Vec<_>>(), [""; 0]);
}
