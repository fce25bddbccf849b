//! Config, leadership, log, version and goal state.

use super::{Arguments, Invocation, Session, ToolError, format};
use crate::model::StatusKind;
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

type Result = std::result::Result<String, ToolError>;

/// `config-get`: a snapshot of the first use in the hook.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let key = arguments.shift();
    arguments.finish()?;
    let all = arguments.is_on("all") || arguments.is_on("a");
    if let (true, Some(key)) = (all, &key) {
        return Err(ToolError::usage(format!("cannot use argument --all together with key {key:?}")));
    }
    let revision = session.own().memory.revision;
    let model = &session.model;
    let config = session.config.get_or_insert_with(|| model.application_of(&session.unit).config_of(revision));
    let value = match key {
        Some(key) => config.get(&key).cloned().unwrap_or(Value::Null),
        None if all => Value::Object(config.clone()),
        None => config.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect(),
    };
    format::print(arguments, &value)
}

/// `is-leader`.
pub fn is_leader(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    format::print(arguments, &Value::Bool(session.claims_leadership()))
}

/// `juju-log`: at once.
pub fn log(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    if arguments.positionals.is_empty() {
        return Err(ToolError::usage("no message specified"));
    }
    let asked = if arguments.is_on("debug") { "DEBUG" } else { arguments.value("l").unwrap_or("INFO") };
    let level = asked.to_uppercase();
    let known = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"].contains(&level.as_str());
    if !known {
        session.log("WARNING", format!("Specified log level of {asked:?} is not valid"));
    }
    let place = session.hook_relation().and_then(|id| session.model.relations.get(&id));
    let prefix = place.map(|relation| format!("{}: ", relation.tag(session.application()))).unwrap_or_default();
    let text = format!("{prefix}{}", arguments.positionals.join(" "));
    session.log(if known { &level } else { "INFO" }, text);
    Ok(String::new())
}

/// `application-version-set`: at once.
pub fn version_set(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let version = arguments.shift().ok_or_else(|| ToolError::usage("no version specified"))?;
    arguments.finish()?;
    session.own().workload_version = version;
    Ok(String::new())
}

/// `goal-state`: the units and relations that will be there; fresh on every call.
pub fn goal_state(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    let model = &session.model;
    let now = OffsetDateTime::now_utc();
    let goal = |status: StatusKind, since: OffsetDateTime| json!({"since": since.format(&Rfc3339).unwrap_or_default(), "status": status});
    let unit = |unit: &crate::model::Unit| {
        goal(unit.status.status, unit.status_history.last().map_or(now, |entry| entry.since))
    };
    let own = session.application();
    let units: Map<String, Value> = model.units_of(own).map(|(name, held)| (name.clone(), unit(held))).collect();
    let mut relations: Map<String, Value> = Map::new();
    for relation in model.relations.values().filter(|relation| !relation.is_peer()) {
        let Some(other) = relation.other(own) else { continue };
        let place = relations.entry(relation.endpoint(own).to_owned()).or_insert_with(|| json!({}));
        for name in other.units.keys().chain([&other.application]) {
            if let Some(members) = place.as_object_mut() {
                members.insert(name.clone(), goal(StatusKind::Active, now));
            }
        }
    }
    format::print_structured(arguments, &json!({"units": units, "relations": relations}))
}
