//! Turns nodes into the items of a layer, and refuses what does not belong there with the words clients know.

use super::{
    Action, Check, Level, LogTarget, Override, Service,
    check::{ExecProbe, HttpProbe, TcpProbe},
    context::Context,
};
use crate::{
    duration,
    yaml::{
        node::{Node, Value},
        scalar,
    },
};
use std::{collections::BTreeMap, time::Duration};

/// One field's reader: takes the item, the field's name and its value; answers whether the field is known.
type Fields<'item> = dyn FnMut(&str, &Node) -> Result<bool, String> + 'item;

/// Reads a section: items by name, `None` for those written as null.
///
/// # Errors
/// The section is no map, or an item has unknown fields or values of the wrong kind.
pub fn items<T>(
    section: &Node,
    offset: usize,
    owner: &str,
    read: impl Fn(&str, &Node, usize) -> Result<T, String>,
) -> Result<BTreeMap<String, Option<T>>, String> {
    let mut found = BTreeMap::new();
    for (key, value) in entries(section, offset, &format!("map[string]*{owner}"))? {
        let Some(name) = key_text(key, offset)? else { continue };
        let item = if value.is_null() { None } else { Some(read(&name, value, offset)?) };
        found.insert(name, item);
    }
    Ok(found)
}

/// Reads one service.
///
/// # Errors
/// It has an unknown field or a value of the wrong kind.
pub fn service(name: &str, node: &Node, offset: usize) -> Result<Service, String> {
    let mut it = Service { name: name.to_owned(), ..Service::default() };
    fields(node, offset, "plan.Service", &mut |field, value| {
        match field {
            "summary" => it.summary = text(value, offset)?,
            "description" => it.description = text(value, offset)?,
            "startup" => it.startup = text(value, offset)?,
            "override" => it.overriding = Override::read(&text(value, offset)?),
            "command" => it.command = text(value, offset)?,
            "after" => it.after = texts(value, offset)?,
            "before" => it.before = texts(value, offset)?,
            "requires" => it.requires = texts(value, offset)?,
            "environment" => it.environment = map(value, offset)?,
            "user-id" => it.user.user_id = number(value, offset)?,
            "user" => it.user.user = text(value, offset)?,
            "group-id" => it.user.group_id = number(value, offset)?,
            "group" => it.user.group = text(value, offset)?,
            "working-dir" => it.working_dir = text(value, offset)?,
            "on-success" => it.on_success = Action::read(&text(value, offset)?),
            "on-failure" => it.on_failure = Action::read(&text(value, offset)?),
            "on-check-failure" => it.on_check_failure = actions(value, offset)?,
            "backoff-delay" => it.backoff_delay = time(value)?,
            "backoff-factor" => it.backoff_factor = factor(value)?,
            "backoff-limit" => it.backoff_limit = time(value)?,
            "kill-delay" => it.kill_delay = time(value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(it)
}

/// Reads one check.
///
/// # Errors
/// It has an unknown field or a value of the wrong kind.
pub fn check(name: &str, node: &Node, offset: usize) -> Result<Check, String> {
    let mut it = Check { name: name.to_owned(), ..Check::default() };
    fields(node, offset, "plan.Check", &mut |field, value| {
        match field {
            "override" => it.overriding = Override::read(&text(value, offset)?),
            "level" => it.level = Level::read(&text(value, offset)?),
            "startup" => it.startup = text(value, offset)?,
            "period" => it.period = time(value)?,
            "timeout" => it.timeout = time(value)?,
            "threshold" => it.threshold = number(value, offset)?.unwrap_or_default(),
            "http" => it.probe.http = optional(value, offset, http)?,
            "tcp" => it.probe.tcp = optional(value, offset, tcp)?,
            "exec" => it.probe.exec = optional(value, offset, exec)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(it)
}

/// Reads one log target.
///
/// # Errors
/// It has an unknown field or a value of the wrong kind.
pub fn target(name: &str, node: &Node, offset: usize) -> Result<LogTarget, String> {
    let mut it = LogTarget { name: name.to_owned(), ..LogTarget::default() };
    fields(node, offset, "plan.LogTarget", &mut |field, value| {
        match field {
            "type" => it.kind = text(value, offset)?,
            "location" => it.location = text(value, offset)?,
            "services" => it.services = texts(value, offset)?,
            "override" => it.overriding = Override::read(&text(value, offset)?),
            "labels" => it.labels = map(value, offset)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(it)
}

fn http(node: &Node, offset: usize) -> Result<HttpProbe, String> {
    let mut it = HttpProbe::default();
    fields(node, offset, "plan.HTTPCheck", &mut |field, value| {
        match field {
            "url" => it.url = text(value, offset)?,
            "headers" => it.headers = map(value, offset)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(it)
}

fn tcp(node: &Node, offset: usize) -> Result<TcpProbe, String> {
    let mut it = TcpProbe::default();
    fields(node, offset, "plan.TCPCheck", &mut |field, value| {
        match field {
            "port" => it.port = number(value, offset)?.unwrap_or_default(),
            "host" => it.host = text(value, offset)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(it)
}

fn exec(node: &Node, offset: usize) -> Result<ExecProbe, String> {
    let mut it = ExecProbe { context: Context::default(), ..ExecProbe::default() };
    fields(node, offset, "plan.ExecCheck", &mut |field, value| {
        match field {
            "command" => it.command = text(value, offset)?,
            "service-context" => it.service_context = text(value, offset)?,
            "environment" => it.context.environment = map(value, offset)?,
            "user-id" => it.context.account.user_id = number(value, offset)?,
            "user" => it.context.account.user = text(value, offset)?,
            "group-id" => it.context.account.group_id = number(value, offset)?,
            "group" => it.context.account.group = text(value, offset)?,
            "working-dir" => it.context.working_dir = text(value, offset)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(it)
}

/// Reads a scalar as a text, whatever its type.
///
/// # Errors
/// It is a list or a map.
pub fn text(node: &Node, offset: usize) -> Result<String, String> {
    match &node.value {
        _ if node.is_null() => Ok(String::new()),
        Value::Scalar { text, .. } => Ok(text.clone()),
        _ => Err(unmarshal_error(&mismatch(node, offset, "string"))),
    }
}

/// What is wrong with a node that should be something else.
#[must_use]
pub fn mismatch(node: &Node, offset: usize, wanted: &str) -> String {
    let line = node.line.saturating_sub(offset);
    let found = match &node.value {
        Value::List(_) => "!!seq".to_owned(),
        Value::Map(_) => "!!map".to_owned(),
        Value::Scalar { text, is_plain } => {
            let shown: String =
                if text.chars().count() > 10 { text.chars().take(7).collect::<String>() + "..." } else { text.clone() };
            format!("{} `{shown}`", scalar::tag(text, *is_plain))
        }
    };
    format!("line {line}: cannot unmarshal {found} into {wanted}")
}

/// The frame around such a message.
#[must_use]
pub fn unmarshal_error(cause: &str) -> String {
    format!("yaml: unmarshal errors:\n  {cause}")
}

fn fields(node: &Node, offset: usize, owner: &str, read: &mut Fields<'_>) -> Result<(), String> {
    for (key, value) in entries(node, offset, owner)? {
        let Some(name) = key_text(key, offset)? else { continue };
        if !read(&name, value)? {
            let line = key.line.saturating_sub(offset);
            return Err(unmarshal_error(&format!("line {line}: field {name} not found in type {owner}")));
        }
    }
    Ok(())
}

fn entries<'node>(node: &'node Node, offset: usize, wanted: &str) -> Result<&'node [(Node, Node)], String> {
    match &node.value {
        Value::Map(entries) => check_unique(entries, offset).map(|()| entries.as_slice()),
        _ if node.is_null() => Ok(&[]),
        _ => Err(unmarshal_error(&mismatch(node, offset, wanted))),
    }
}

fn check_unique(entries: &[(Node, Node)], offset: usize) -> Result<(), String> {
    let mut lines = BTreeMap::new();
    for (key, _) in entries {
        if let Value::Scalar { text, .. } = &key.value
            && let Some(first) = lines.insert(text, key.line.saturating_sub(offset))
        {
            let line = key.line.saturating_sub(offset);
            return Err(unmarshal_error(&format!("line {line}: mapping key {text:?} already defined at line {first}")));
        }
    }
    Ok(())
}

/// A key as text; a key that reads as null is silently left out, as go-yaml does.
fn key_text(key: &Node, offset: usize) -> Result<Option<String>, String> {
    if key.is_null() { Ok(None) } else { text(key, offset).map(Some) }
}

fn optional<T>(
    node: &Node,
    offset: usize,
    read: impl Fn(&Node, usize) -> Result<T, String>,
) -> Result<Option<T>, String> {
    if node.is_null() { Ok(None) } else { read(node, offset).map(Some) }
}

fn texts(node: &Node, offset: usize) -> Result<Vec<String>, String> {
    match &node.value {
        Value::List(items) => items.iter().map(|item| text(item, offset)).collect(),
        _ if node.is_null() => Ok(Vec::new()),
        _ => Err(unmarshal_error(&mismatch(node, offset, "[]string"))),
    }
}

fn map(node: &Node, offset: usize) -> Result<Option<BTreeMap<String, String>>, String> {
    if node.is_null() {
        return Ok(None);
    }
    let mut found = BTreeMap::new();
    for (key, value) in entries(node, offset, "map[string]string")? {
        if let Some(name) = key_text(key, offset)? {
            found.insert(name, text(value, offset)?);
        }
    }
    Ok(Some(found))
}

fn actions(node: &Node, offset: usize) -> Result<Option<BTreeMap<String, Action>>, String> {
    entries(node, offset, "map[string]plan.ServiceAction")?;
    let words = map(node, offset)?;
    Ok(words.map(|words| words.into_iter().map(|(check, word)| (check, Action::read(&word))).collect()))
}

fn number(node: &Node, offset: usize) -> Result<Option<i64>, String> {
    match &node.value {
        _ if node.is_null() => Ok(None),
        Value::Scalar { text, is_plain: true } if scalar::whole(text).is_some() => Ok(scalar::whole(text)),
        _ => Err(unmarshal_error(&mismatch(node, offset, "int"))),
    }
}

fn time(node: &Node) -> Result<Option<Duration>, String> {
    match &node.value {
        _ if node.is_null() => Ok(None),
        Value::Scalar { text, .. } => duration::parse(text).map(Some).map_err(|_| format!("invalid duration {text:?}")),
        _ => Err("duration must be a YAML string".to_owned()),
    }
}

fn factor(node: &Node) -> Result<Option<f64>, String> {
    match &node.value {
        _ if node.is_null() => Ok(None),
        Value::Scalar { text, .. } => {
            text.parse().map(Some).map_err(|_| format!("invalid floating-point number {text:?}"))
        }
        _ => Err("value must be a YAML number".to_owned()),
    }
}
