//! Config, log, version and goal state.

use super::{Arguments, Invocation, Session, ToolError, format, format::Datum, quote::quoted};

type Result = std::result::Result<String, ToolError>;

/// `config-get`: a snapshot of the first use in the hook.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let key = arguments.shift().filter(|key| !key.is_empty());
    let all = arguments.is_on("a");
    if let (true, Some(key)) = (all, &key) {
        return Err(ToolError::usage(format!("cannot use argument --all together with key {}", quoted(key))));
    }
    arguments.finish()?;
    let revision = session.own().memory.revision;
    let model = &session.model;
    let config = session.config.get_or_insert_with(|| model.application_of(&session.unit).config_of(revision));
    if let Some(key) = key {
        return Ok(format::print(arguments, config.get(&key).map_or(Datum::Nothing, Datum::from)));
    }
    let shown = config.iter().filter(|(_, value)| all || !value.is_null());
    Ok(format::print(arguments, Datum::Map(shown.map(|(key, value)| (key.clone(), value.into())).collect())))
}

/// `juju-log`: at once.
pub fn log(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    if arguments.positionals.is_empty() {
        return Err(ToolError::usage("no message specified"));
    }
    let asked = if arguments.is_on("debug") { "DEBUG" } else { arguments.value("l").unwrap_or_default() };
    let level = level(asked);
    if level.is_none() {
        session.log("WARNING", format!("Specified log level of {} is not valid", quoted(asked)));
    }
    let place = session.hook_relation().and_then(|id| session.model.relations.get(&id));
    let prefix = place.map(|relation| format!("{}: ", relation.tag(session.application()))).unwrap_or_default();
    let text = format!("{prefix}{}", arguments.positionals.join(" "));
    match level.unwrap_or("INFO") {
        UNSPECIFIED => {}
        level => session.log(level, text),
    }
    Ok(String::new())
}

/// A level that is known, and below which nothing is written.
const UNSPECIFIED: &str = "UNSPECIFIED";

fn level(asked: &str) -> Option<&'static str> {
    let levels = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", UNSPECIFIED];
    match asked.to_uppercase().as_str() {
        "" => Some("INFO"),
        "WARN" => Some("WARNING"),
        asked => levels.into_iter().find(|level| *level == asked),
    }
}

/// `application-version-set`: at once.
pub fn version_set(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let version = arguments.shift().ok_or_else(|| ToolError::usage("no version specified"))?;
    arguments.finish()?;
    session.own().workload_version = version;
    Ok(String::new())
}
