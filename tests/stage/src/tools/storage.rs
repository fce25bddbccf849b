//! Storage of a unit.

use super::{Arguments, Invocation, Session, ToolError, format, format::Datum, quote::quoted, storage_directive};
use crate::{
    hook::HookEvent,
    model::{Storage, names},
};
use std::collections::BTreeMap;

type Result = std::result::Result<String, ToolError>;

/// The instance that a flag names.
///
/// # Errors
/// It is no name of an instance, or the unit has no such instance.
pub fn named(session: &Session<'_>, name: &str) -> std::result::Result<Storage, String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    match name.split_once('/') {
        Some((storage, number)) if !storage.is_empty() && is_number(number) => {
            let found = session.model.storage.get(name).filter(|storage| storage.unit == session.unit);
            match found {
                None => Err("permission denied".to_owned()),
                Some(Storage { is_pending: true, unit, .. }) => Err(format!(
                    "getting filesystem attachment info: filesystem attachment {} on {} not provisioned",
                    quoted(number),
                    quoted(&format!("unit {unit}"))
                )),
                Some(storage) => Ok(storage.clone()),
            }
        }
        _ => Err(format!("invalid storage ID {}", quoted(name))),
    }
}

/// The instance that the hook is about.
pub fn of_hook<'s>(session: &'s Session<'_>) -> Option<&'s str> {
    match &session.event {
        HookEvent::Storage { id, .. } => Some(id),
        _ => None,
    }
}

/// `storage-get`: of the instance that the flag names, else of the hook's.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let storage = arguments.value("s").or(of_hook(session)).and_then(|name| named(session, name).ok());
    let Some(storage) = storage else {
        arguments.positionals.clear();
        return Err(ToolError::usage("no storage instance specified"));
    };
    let key = arguments.shift();
    arguments.finish()?;
    let mut values: BTreeMap<String, Datum> =
        [("kind".to_owned(), "filesystem".into()), ("location".to_owned(), storage.location.into())].into();
    match key {
        None => Ok(format::print(arguments, Datum::Map(values))),
        Some(key) => match values.remove(&key) {
            Some(value) => Ok(format::print(arguments, value)),
            None => Err(ToolError::failed(format!("invalid storage attribute {}", quoted(&key)))),
        },
    }
}

/// `storage-list`: of one name, or of all.
pub fn list(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let name = arguments.shift();
    arguments.finish()?;
    let is_asked = |id: &&String| name.as_deref().is_none_or(|name| names::storage_of(id) == name);
    let found: Vec<String> =
        session.model.storage_of(&session.unit).map(|(id, _)| id).filter(is_asked).cloned().collect();
    Ok(format::print(arguments, found))
}

/// `storage-add`: the controller judges it when the hook succeeds.
pub fn add(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    if arguments.positionals.is_empty() {
        return Err(ToolError::usage("storage add requires a storage directive"));
    }
    let added = storage_directive::counts(&arguments.positionals, session.model.juju).map_err(ToolError::Usage)?;
    session.pending.storage.extend(added);
    Ok(String::new())
}
