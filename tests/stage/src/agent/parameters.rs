//! What the controller does with an action's parameters before the charm sees them.

use crate::{
    charm::ActionSpec,
    model::{Model, Version},
};
use serde_json::{Map, Value};

/// Why an action is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refusal {
    /// The charm declares no such action.
    #[error("cannot run {0:?} action: not defined")]
    NotDefined(String),
    /// The parameters do not fit the declaration.
    #[error("cannot run {name:?} action: validation failed: {reason}")]
    Invalid {
        /// The action.
        name: String,
        /// Which parameter, and why.
        reason: String,
    },
}

/// Checks parameters against actions.yaml, then inserts the defaults.
///
/// # Errors
/// The action is not declared, or a parameter does not fit.
pub fn complete(model: &Model, unit: &str, name: &str, parameters: Value) -> Result<Map<String, Value>, Refusal> {
    let actions = &model.application_of(unit).charm.actions;
    let spec = actions.get(name).ok_or_else(|| Refusal::NotDefined(name.to_owned()))?;
    let mut given = match parameters {
        Value::Object(given) => given,
        _ => Map::new(),
    };
    let others = spec.additional.unwrap_or_else(|| model.juju == Version::V3_6);
    check(spec, others, &given).map_err(|reason| Refusal::Invalid { name: name.to_owned(), reason })?;
    for (key, schema) in &spec.params {
        if let Some(default) = schema.get("default")
            && !given.contains_key(key)
        {
            given.insert(key.clone(), default.clone());
        }
    }
    Ok(given)
}

fn check(spec: &ActionSpec, allows_others: bool, given: &Map<String, Value>) -> Result<(), String> {
    if let Some(missing) = spec.required.iter().find(|name| !given.contains_key(*name)) {
        return Err(format!(
            "(root) : \"{missing}\" property is missing and required, given {}",
            Value::Object(given.clone())
        ));
    }
    for (key, value) in given {
        match spec.params.get(key) {
            Some(schema) => check_value(key, schema, value)?,
            None if allows_others => {}
            None => return Err(format!("(root) : additional property \"{key}\" is not allowed")),
        }
    }
    Ok(())
}

fn check_value(key: &str, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(kind) = schema.get("type").and_then(Value::as_str)
        && !is_of(kind, value)
    {
        return Err(format!("(root).{key} : must be of type {kind}, given {value}"));
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array)
        && !choices.contains(value)
    {
        return Err(format!("(root).{key} : must match one of the enum values {}", Value::Array(choices.clone())));
    }
    Ok(())
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}
