//! `status-get` and `status-set`.

use super::{Arguments, Invocation, Session, ToolError, format, format::Datum, quote::quoted};
use crate::model::{Status, StatusEntry, StatusKind};
use std::collections::BTreeMap;

type Result = std::result::Result<String, ToolError>;

/// `status-set`: at once.
pub fn set(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let word = arguments.shift().ok_or_else(|| ToolError::usage("invalid args, require <status> [message]"))?;
    let kind = word.parse().ok().filter(|kind| StatusKind::SETTABLE.contains(kind));
    let expected = "expected one of [maintenance blocked waiting active]";
    let kind = kind.ok_or_else(|| ToolError::usage(format!("invalid status {}, {expected}", quoted(&word))))?;
    let status = Status::new(kind, &arguments.shift().unwrap_or_default());
    arguments.finish()?;
    if arguments.is_on("application") {
        return set_application(session, status);
    }
    // What an action sets does not count as the charm's own word.
    let counts = session.event.action().is_none();
    session.own().memory.status_set |= counts;
    session.model.set_status(&session.unit, status);
    Ok(String::new())
}

fn set_application(session: &mut Session<'_>, status: Status) -> Result {
    if !session.claims_leadership() {
        return Err(ToolError::not_leader());
    }
    let since = session.model.now();
    let application = session.model.application_of_mut(&session.unit);
    application.status_history.push(StatusEntry { status: status.clone(), since });
    application.status = status;
    Ok(String::new())
}

/// `status-get`: the unit's own is cached at the first read.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    let with_data = arguments.is_on("include-data");
    if arguments.is_on("application") {
        return get_application(session, arguments, with_data);
    }
    let current = session.own().status.clone();
    let status = session.status.get_or_insert(current);
    Ok(print(arguments, status, with_data, Datum::Map))
}

fn get_application(session: &mut Session<'_>, arguments: &Arguments, with_data: bool) -> Result {
    if !session.claims_leadership() {
        return Err(ToolError::failed("finding application status: this unit is not the leader"));
    }
    let application = session.model.application_of(&session.unit);
    let units = session.model.units_of(&application.name);
    let units = units.map(|(name, unit)| (name.clone(), Datum::Map(details(&unit.status, with_data)))).collect();
    Ok(print(arguments, &application.status, with_data, |mut details| {
        details.insert("units".to_owned(), Datum::Map(units));
        Datum::Map(BTreeMap::from([("application-status".to_owned(), Datum::Map(details))]))
    }))
}

/// The word alone if nothing else was asked for, else all of it.
fn print(
    arguments: &Arguments,
    status: &Status,
    with_data: bool,
    whole: impl FnOnce(BTreeMap<String, Datum>) -> Datum,
) -> String {
    let smart = arguments.value("format").unwrap_or("smart") == "smart";
    if smart && !with_data {
        return format::print(arguments, status.status.word());
    }
    format::print(arguments, whole(details(status, with_data)))
}

fn details(status: &Status, with_data: bool) -> BTreeMap<String, Datum> {
    let mut details = BTreeMap::from([("status".to_owned(), status.status.word().into())]);
    if with_data {
        let data = status.data.iter().map(|(key, value)| (key.clone(), value.into()));
        details.insert("message".to_owned(), status.message.clone().into());
        details.insert("status-data".to_owned(), Datum::Map(data.collect()));
    }
    details
}
