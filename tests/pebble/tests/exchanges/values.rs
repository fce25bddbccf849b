//! Paths into JSON values, written with dots: `body.result.0.status`, and `*` for every item of a list.

use serde_json::Value;

/// What an answer shows where any value will do.
pub const ANY: &str = "<any>";

/// The value at a path, if there is one.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        Value::Object(members) => members.get(key),
        _ => None,
    })
}

/// The same, to be changed.
pub fn at_mut<'a>(value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(value, step)
}

fn step<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    match value {
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        Value::Object(members) => members.get_mut(key),
        _ => None,
    }
}

/// Replaces what a path leads to by [`ANY`]; the empty path means all of it.
pub fn mask(value: &mut Value, path: &str) {
    match path.split_once('.') {
        None if path.is_empty() => *value = ANY.into(),
        None if path == "*" => items(value).for_each(|item| *item = ANY.into()),
        None => {
            if let Some(member) = step(value, path) {
                *member = ANY.into();
            }
        }
        Some(("*", rest)) => items(value).for_each(|item| mask(item, rest)),
        Some((key, rest)) => {
            if let Some(member) = step(value, key) {
                mask(member, rest);
            }
        }
    }
}

fn items(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_array_mut().into_iter().flatten()
}

/// Whether a value is what a step waits for: equal, or a number that is not below `{"at-least": N}`.
pub fn fits(value: Option<&Value>, wanted: &Value) -> bool {
    let value = value.unwrap_or(&Value::Null);
    match wanted.get("at-least").and_then(Value::as_f64) {
        Some(least) => value.as_f64().is_some_and(|number| number >= least),
        None => value == wanted,
    }
}
