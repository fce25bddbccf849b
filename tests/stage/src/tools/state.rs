//! The charm's own notes, kept by the controller.

use super::{Arguments, Invocation, Session, ToolError, arguments, format, relation_write, settings_file};
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Result = std::result::Result<String, ToolError>;

const KEY_LIMIT: usize = 256;
const VALUE_LIMIT: usize = 65536;

/// `state-get`: `null` if there is nothing at all.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let key = arguments.shift().filter(|key| key != "-");
    arguments.finish()?;
    let state = seen(session);
    let value = match key {
        None if state.is_empty() => Value::Null,
        None => json!(state),
        Some(key) => match state.get(&key) {
            None if arguments.is_on("strict") => return Err(ToolError::failed(format!("{key:?} not found"))),
            found => json!(found.cloned().unwrap_or_default()),
        },
    };
    format::print(arguments, &value)
}

/// `state-set`: when the hook succeeds; an empty value is stored.
pub fn set(session: &mut Session<'_>, arguments: &mut Arguments, invocation: &Invocation) -> Result {
    let pairs = arguments::pairs(&arguments.positionals)?;
    let mut settings = BTreeMap::new();
    if let Some(bytes) = relation_write::file(session, arguments, invocation)? {
        settings.extend(settings_file::parse(&bytes)?.into_iter().map(|(key, value)| (key, value.unwrap_or_default())));
    }
    settings.extend(pairs);
    for (key, value) in settings {
        check(&key, &value)?;
        seen(session).insert(key, value);
    }
    Ok(String::new())
}

/// `state-delete`: when the hook succeeds.
pub fn delete(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let key = arguments.shift().filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| ToolError::usage("no key specified"))?;
    arguments.finish()?;
    seen(session).remove(&key);
    Ok(String::new())
}

fn check(key: &str, value: &str) -> std::result::Result<(), ToolError> {
    if key.len() > KEY_LIMIT {
        return Err(ToolError::failed(format!("max allowed key length ({KEY_LIMIT}) exceeded")));
    }
    if value.len() > VALUE_LIMIT {
        return Err(ToolError::failed(format!("max allowed value length ({VALUE_LIMIT}) exceeded")));
    }
    Ok(())
}

fn seen<'s>(session: &'s mut Session<'_>) -> &'s mut BTreeMap<String, String> {
    let current = session.own().state.clone();
    session.pending.state.get_or_insert(current)
}
