//! The charm's own notes, kept by the controller.

use super::{
    Arguments, Invocation, Session, ToolError, arguments, format, format::Datum, input, quote::quoted, settings_file,
};
use crate::model::Version;
use std::collections::BTreeMap;

type Result = std::result::Result<String, ToolError>;

const KEY_LIMIT: usize = 256;
const VALUE_LIMIT: usize = 65536;

/// `state-get`.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let key = arguments.shift().filter(|key| !key.is_empty() && key != "-");
    arguments.finish()?;
    let state = seen(session);
    let Some(key) = key else {
        return Ok(format::print(arguments, if state.is_empty() { Datum::NoMap } else { state.clone().into() }));
    };
    match state.get(&key) {
        None if arguments.is_on("strict") => Err(ToolError::failed(format!("{} not found", quoted(&key)))),
        found => Ok(format::print(arguments, found.cloned().unwrap_or_default())),
    }
}

/// `state-set`: when the hook succeeds; an empty value is stored.
pub fn set(session: &mut Session<'_>, arguments: &mut Arguments, invocation: &Invocation) -> Result {
    let pairs = arguments::pairs(&arguments.positionals)?;
    let mut settings = BTreeMap::new();
    if let Some(bytes) = input::file(session, arguments, invocation)? {
        settings.extend(settings_file::parse(&bytes)?.into_iter().map(|(key, value)| (key, value.unwrap_or_default())));
    }
    settings.extend(pairs);
    for (key, value) in settings {
        check(session, &key, &value)?;
        seen(session).insert(key, value);
    }
    Ok(String::new())
}

/// `state-delete`: when the hook succeeds.
pub fn delete(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let key = arguments.shift();
    arguments.finish()?;
    if let Some(key) = key.filter(|key| !key.is_empty()) {
        seen(session).remove(&key);
    }
    Ok(String::new())
}

fn check(session: &Session<'_>, key: &str, value: &str) -> std::result::Result<(), ToolError> {
    let excess = match session.model.juju {
        Version::V3_6 => " exceeded",
        Version::V4_0 => ": quota limit exceeded",
    };
    for (what, size, limit) in [("key", key.len(), KEY_LIMIT), ("value", value.len(), VALUE_LIMIT)] {
        if size > limit {
            return Err(ToolError::failed(format!("max allowed {what} length ({limit}){excess}")));
        }
    }
    Ok(())
}

fn seen<'s>(session: &'s mut Session<'_>) -> &'s mut BTreeMap<String, String> {
    let current = session.own().state.clone();
    session.pending.state.get_or_insert(current)
}
