//! Relations and what stands in their databags.

use super::{Arguments, Invocation, Session, ToolError, format};
use crate::{
    hook::{HookEvent, RelationStep},
    model::{Databag, secret::application_of},
};
use serde_json::{Value, json};

type Result = std::result::Result<String, ToolError>;

/// `relation-ids`: a relation that is being broken is left out.
pub fn ids(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let application = session.application();
    let hook = || session.hook_relation().and_then(|id| session.model.relations.get(&id));
    let own = || hook().map(|relation| relation.endpoint(application).to_owned());
    let name = arguments.shift().or_else(own).ok_or_else(|| ToolError::usage("no endpoint name specified"))?;
    arguments.finish()?;
    let broken = match session.event {
        HookEvent::Relation { relation, step: RelationStep::Broken, .. } => Some(relation),
        _ => None,
    };
    let standing = session.model.relations.values().filter(|relation| relation.endpoint(application) == name);
    let entered = standing.filter(|r| session.is_in(r.id) && Some(r.id) != broken);
    let mut tags: Vec<String> = entered.map(|relation| relation.tag(application)).collect();
    tags.sort();
    Ok(format::print(arguments, tags))
}

/// `relation-list`: units at the other end, or with `--app` their application.
pub fn list(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    let id = session.relation_of(arguments)?;
    if arguments.is_on("app") {
        let app = session.relation(id)?.other_application(session.application());
        return Ok(format::print(arguments, app));
    }
    Ok(format::print(arguments, session.members(id).into_iter().collect::<Vec<_>>()))
}

/// `relation-model-get`.
pub fn model(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    arguments.finish()?;
    let id = session.relation_of(arguments)?;
    let other = session.relation(id)?.other(session.application());
    let uuid = other.and_then(|end| end.model_uuid.as_ref()).unwrap_or(&session.model.uuid);
    Ok(format::print(arguments, &json!({"uuid": uuid})))
}

/// `relation-get`.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let id = session.relation_of(arguments)?;
    let key = arguments.shift().filter(|key| !key.is_empty() && key != "-");
    let (target, of_app) = target(session, arguments, id)?;
    arguments.finish()?;
    let bag = if of_app { app_bag(session, id, &target)? } else { unit_bag(session, id, &target)? };
    let value = match key {
        Some(key) => bag.get(&key).map_or(Value::Null, |value| json!(value)),
        None => json!(bag),
    };
    Ok(format::print(arguments, &value))
}

fn target(session: &Session<'_>, arguments: &mut Arguments, id: u32) -> std::result::Result<(String, bool), ToolError> {
    let of_app = arguments.is_on("app");
    let Some(name) = arguments.shift() else {
        return match &session.event {
            HookEvent::Relation { relation, unit: Some(unit), .. } if *relation == id && !of_app => {
                Ok((unit.clone(), false))
            }
            HookEvent::Relation { relation, .. } if *relation == id => {
                Ok((session.relation(id)?.other_application(session.application()).to_owned(), true))
            }
            _ => Err(ToolError::usage("no unit or application specified")),
        };
    };
    if of_app {
        return Ok((application_of(&name).to_owned(), true));
    }
    match name.split_once('/') {
        Some((app, number)) if is_application(app) && number.parse::<u32>().is_ok() => Ok((name, false)),
        None if is_application(&name) => {
            Err(ToolError::usage(format!("expected unit name, got application name {name:?}")))
        }
        _ => Err(ToolError::usage(format!("invalid unit name {name:?}"))),
    }
}

fn is_application(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-')
}

/// An application's bag: the other one's is read once per hook, the own one is for the leader, or for peers.
fn app_bag(session: &mut Session<'_>, id: u32, name: &str) -> std::result::Result<Databag, ToolError> {
    if name == session.application() {
        if !session.relation(id)?.is_peer() && !session.claims_leadership() {
            return Err(ToolError::failed("permission denied"));
        }
        return own_app_bag(session, id).cloned();
    }
    let relation = session.relation(id)?;
    if relation.other_application(session.application()) != name {
        return Err(ToolError::failed("permission denied"));
    }
    let fresh = relation.other_app(session.application()).clone();
    Ok(session.remote_apps.entry(id).or_insert(fresh).clone())
}

/// A unit's bag: the own one with this hook's writes; another's as first read since its last joined or changed.
fn unit_bag(session: &mut Session<'_>, id: u32, name: &str) -> std::result::Result<Databag, ToolError> {
    if name == session.unit {
        return own_unit_bag(session, id).cloned();
    }
    if let Some(cached) = session.memory(id).cache.get(name) {
        return Ok(cached.clone());
    }
    let relation = session.relation(id)?;
    if application_of(name) != relation.other_application(session.application()) {
        return Err(ToolError::failed("permission denied"));
    }
    let fresh = relation.others(&session.unit).get(name).map(|bag| (*bag).clone());
    let remembered = || session.model.units.get(&session.unit)?.memory.relations.get(&id)?.joined.get(name)?.clone();
    let bag = fresh.or_else(remembered).ok_or_else(|| {
        ToolError::failed(format!(
            "cannot read settings for unit {name:?} in relation {:?}: settings not found",
            relation.tag(session.application())
        ))
    })?;
    session.memory(id).cache.insert(name.to_owned(), bag.clone());
    Ok(bag)
}

/// The application's bag with this hook's writes.
pub fn own_app_bag<'s>(session: &'s mut Session<'_>, id: u32) -> std::result::Result<&'s mut Databag, ToolError> {
    let own = session.relation(id)?.own(session.application());
    let current = own.map(|end| end.app.clone()).unwrap_or_default();
    Ok(session.pending.app_bags.entry(id).or_insert(current))
}

/// The unit's bag with this hook's writes.
pub fn own_unit_bag<'s>(session: &'s mut Session<'_>, id: u32) -> std::result::Result<&'s mut Databag, ToolError> {
    let current = session.relation(id)?.unit_bag(&session.unit).cloned().unwrap_or_default();
    Ok(session.pending.unit_bags.entry(id).or_insert(current))
}
