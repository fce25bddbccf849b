//! Parameters and results of a running action.

use super::{Arguments, Invocation, Session, ToolError, format};
use crate::model::Action;
use serde_json::{Map, Value};

type Result = std::result::Result<String, ToolError>;

const RESERVED: [&str; 4] = ["stdout", "stdout-encoding", "stderr", "stderr-encoding"];

fn running<'s>(session: &'s mut Session<'_>) -> std::result::Result<&'s mut Action, ToolError> {
    let action = session.event.action().and_then(|id| session.model.actions.get_mut(&id));
    action.ok_or_else(|| ToolError::failed("not running an action"))
}

/// `action-get`: one parameter by its dotted name, or all.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let key = arguments.shift();
    arguments.finish()?;
    let all = Value::Object(running(session)?.parameters.clone());
    let value = match key {
        None => all,
        Some(key) => key.split('.').try_fold(&all, |place, part| place.get(part)).cloned().unwrap_or(Value::Null),
    };
    format::print(arguments, &value)
}

/// `action-set`: delivered when the action ends, however it ends.
pub fn set(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let mut entries = Vec::new();
    for word in &arguments.positionals {
        let pair = word.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) =
            pair.ok_or_else(|| ToolError::usage(format!("argument {word:?} must be of the form key...=value")))?;
        entries.push((path(key)?, value));
    }
    running(session)?;
    for (path, value) in entries {
        insert(&mut session.pending.results, &path, value);
    }
    Ok(String::new())
}

fn path(key: &str) -> std::result::Result<Vec<&str>, ToolError> {
    let parts: Vec<&str> = key.split('.').collect();
    if let Some(reserved) = parts.iter().find(|part| RESERVED.contains(part)) {
        return Err(ToolError::usage(format!("cannot set reserved action key {reserved:?}")));
    }
    if parts.iter().all(|part| is_key(part)) {
        return Ok(parts);
    }
    Err(ToolError::usage(format!(
        "key {key:?} must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric, hyphens and periods"
    )))
}

fn is_key(part: &str) -> bool {
    let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    part.starts_with(plain) && part.ends_with(plain) && part.chars().all(|char| plain(char) || char == '-')
}

fn insert(place: &mut Map<String, Value>, path: &[&str], value: &str) {
    match path {
        [] => {}
        [last] => {
            place.insert((*last).to_owned(), Value::String(value.to_owned()));
        }
        [first, rest @ ..] => {
            let inner = place.entry((*first).to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Some(inner) = inner.as_object_mut() {
                insert(inner, rest, value);
            }
        }
    }
}

/// `action-fail`: the action fails when it ends; it does not end now.
pub fn fail(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let default = "action failed without reason given, check action for errors";
    let message = arguments.shift().unwrap_or_else(|| default.to_owned());
    arguments.finish()?;
    running(session)?;
    session.pending.failure = Some(message);
    Ok(String::new())
}

/// `action-log`: at once.
pub fn log(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    if arguments.positionals.is_empty() {
        return Err(ToolError::usage("no message specified"));
    }
    running(session)?.log.push(arguments.positionals.join(" "));
    Ok(String::new())
}
