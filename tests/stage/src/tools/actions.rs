//! Parameters and results of a running action.

use super::{Arguments, Invocation, Session, ToolError, format, format::Datum, quote::quoted};
use crate::model::Action;
use serde_json::{Map, Value};

type Result = std::result::Result<String, ToolError>;

const RULE: &str =
    "must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens";
const RESERVED: [&str; 4] = ["stdout", "stdout-encoding", "stderr", "stderr-encoding"];

fn running<'s>(session: &'s mut Session<'_>) -> std::result::Result<&'s mut Action, ToolError> {
    let action = session.event.action().and_then(|id| session.model.actions.get_mut(&id));
    action.ok_or_else(|| ToolError::failed("not running an action"))
}

/// `action-get`: one parameter by its dotted name, or all.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let key = arguments.shift();
    arguments.finish()?;
    let parameters = &running(session)?.parameters;
    let Some(key) = key else {
        let all = parameters.iter().map(|(name, value)| (name.clone(), value.into()));
        return Ok(format::print(arguments, Datum::Map(all.collect())));
    };
    let mut parts = key.split('.');
    let first = parts.next().and_then(|part| parameters.get(part));
    let found = parts.fold(first, |place, part| place.and_then(Value::as_object)?.get(part));
    Ok(format::print(arguments, found.map_or(Datum::Nothing, Datum::from)))
}

/// `action-set`: delivered when the action ends, however it ends.
pub fn set(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let mut entries = Vec::new();
    for word in &arguments.positionals {
        let no_pair = || ToolError::usage(format!("argument {} must be of the form key...=value", quoted(word)));
        let (key, value) = word.split_once('=').ok_or_else(no_pair)?;
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
    for part in &parts {
        if !is_key(part) {
            return Err(ToolError::usage(format!("key {} {RULE}", quoted(part))));
        }
        if RESERVED.contains(part) {
            return Err(ToolError::usage(format!("cannot set reserved action key \"{part}\"")));
        }
    }
    Ok(parts)
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
