//! Relations and what stands in their databags.

use super::{Arguments, Invocation, Session, ToolError, format, format::Datum, quote::quoted, secret_info};
use crate::{
    hook::HookEvent,
    model::{
        Databag, Relation, Version,
        names::{self, application_of},
    },
};
use serde_json::json;

type Result = std::result::Result<String, ToolError>;

/// `relation-ids`: a relation that ends and has no other unit left is left out, whatever the hook.
pub fn ids(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let application = session.application();
    let hook = || session.hook_relation().and_then(|id| session.model.relations.get(&id));
    let own = || hook().map(|relation| relation.endpoint(application).to_owned());
    let name = arguments.shift().or_else(own).ok_or_else(|| ToolError::usage("no endpoint name specified"))?;
    arguments.finish()?;
    let standing = session.model.relations.values().filter(|relation| relation.endpoint(application) == name);
    let entered = standing.filter(|relation| session.is_listed(relation.id));
    let mut tags: Vec<String> = entered.map(|relation| relation.tag(application)).collect();
    tags.sort();
    Ok(format::print(arguments, tags))
}

/// `relation-list`: units at the other end, or with `--app` their application.
pub fn list(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let id = session.relation_of(arguments)?;
    arguments.finish()?;
    if arguments.is_on("app") {
        let app = session.relation(id)?.other_application(session.application());
        return Ok(format::print(arguments, app));
    }
    Ok(format::print(arguments, session.members(id).into_iter().collect::<Vec<_>>()))
}

/// `relation-model-get`.
pub fn model(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let id = session.relation_of(arguments)?;
    arguments.finish()?;
    let other = session.relation(id)?.other(session.application());
    let uuid = other.and_then(|end| end.model_uuid.as_ref()).unwrap_or(&session.model.uuid);
    Ok(format::print(arguments, &json!({"uuid": uuid})))
}

/// Whose databag is read.
enum Target {
    Unit(String),
    Application(String),
}

/// `relation-get`.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let id = session.relation_of(arguments)?;
    let key = arguments.shift().filter(|key| !key.is_empty() && key != "-");
    let target = target(session, arguments)?;
    arguments.finish()?;
    let bag = match target {
        Target::Unit(name) => unit_bag(session, id, &name)?,
        Target::Application(name) => app_bag(session, id, &name)?,
    };
    Ok(match key {
        None => format::print(arguments, bag),
        Some(key) => format::print(arguments, bag.get(&key).map_or(Datum::Nothing, |value| value.as_str().into())),
    })
}

/// What is named, else what the hook is about, whatever relation is asked for.
fn target(session: &Session<'_>, arguments: &mut Arguments) -> std::result::Result<Target, ToolError> {
    let of_app = arguments.is_on("app");
    match arguments.shift() {
        Some(name) if of_app && names::is_unit(&name) => Ok(Target::Application(application_of(&name).to_owned())),
        Some(name) if of_app => {
            Ok(Target::Application(Some(name).filter(|name| names::is_application(name)).unwrap_or_default()))
        }
        Some(name) if names::is_unit(&name) => Ok(Target::Unit(name)),
        Some(name) if names::is_application(&name) => {
            Err(ToolError::usage(format!("expected unit name, got application name {}", quoted(&name))))
        }
        Some(name) => Err(ToolError::usage(format!("invalid unit name {}", quoted(&name)))),
        None => match &session.event {
            HookEvent::Relation { unit: Some(unit), .. } if !of_app => Ok(Target::Unit(unit.clone())),
            event => match event.remote_application(session.model, &session.unit) {
                "" => Err(ToolError::usage("no unit or application specified")),
                other => Ok(Target::Application(other.to_owned())),
            },
        },
    }
}

/// An application's bag: the own one has the leader's writes of this hook, the other one's is read once per hook.
fn app_bag(session: &mut Session<'_>, id: u32, name: &str) -> std::result::Result<Databag, ToolError> {
    if name.is_empty() {
        return Err(ToolError::failed("\"\" is not a valid unit or application"));
    }
    if name == session.application() && session.claims_leadership() {
        return own_app_bag(session, id).cloned();
    }
    let (relation, juju) = (session.relation(id)?, session.model.juju);
    if name == session.application() {
        let own = relation.own(name).map(|end| end.app.clone()).unwrap_or_default();
        let may_read = relation.is_peer() || juju == Version::V4_0;
        return if may_read { Ok(own) } else { Err(ToolError::failed("permission denied")) };
    }
    if relation.other_application(session.application()) == name {
        let fresh = relation.other_app(session.application()).clone();
        return Ok(session.remote_apps.entry(id).or_insert(fresh).clone());
    }
    match juju {
        Version::V3_6 => Err(ToolError::failed("permission denied")),
        Version::V4_0 if is_in_model(session, name) => Ok(Databag::new()),
        Version::V4_0 => Err(ToolError::failed("application not found")),
    }
}

fn is_in_model(session: &Session<'_>, application: &str) -> bool {
    let mut ends = session.model.relations.values().flat_map(|relation| &relation.ends);
    session.model.applications.contains_key(application) || ends.any(|end| end.application == application)
}

/// A unit's bag: the own one with this hook's writes; a member's as first read since its last joined or changed hook; that of
/// another unit as first read in this hook.
fn unit_bag(session: &mut Session<'_>, id: u32, name: &str) -> std::result::Result<Databag, ToolError> {
    if name == session.unit {
        return own_unit_bag(session, id).cloned();
    }
    let (is_member, key) = (session.members(id).contains(name), (id, name.to_owned()));
    let known = if is_member { session.memory(id).cache.get(name) } else { session.strangers.get(&key) };
    if let Some(known) = known {
        return Ok(known.clone());
    }
    let relation = session.relation(id)?;
    let held = relation.ends.iter().find_map(|end| end.units.get(name).or_else(|| end.departed.get(name)));
    let Some(bag) = held.cloned() else { return Err(no_settings(session, relation, name)) };
    if is_member {
        session.memory(id).cache.insert(name.to_owned(), bag.clone());
    } else {
        session.strangers.insert(key, bag.clone());
    }
    Ok(bag)
}

fn no_settings(session: &Session<'_>, relation: &Relation, unit: &str) -> ToolError {
    let is_related = relation.ends.iter().any(|end| end.application == application_of(unit));
    let (relation, unit) = (quoted(&secret_info::key(session, relation)), quoted(unit));
    ToolError::failed(match session.model.juju {
        Version::V4_0 => "relation unit not found".to_owned(),
        Version::V3_6 if !is_related => "permission denied".to_owned(),
        Version::V3_6 => {
            format!("cannot read settings for unit {unit} in relation {relation}: unit {unit}: settings not found")
        }
    })
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
