//! Changing secrets: all of it takes effect when the hook succeeds.

use super::{
    Arguments, Invocation, Session, ToolError, quote::quoted, secret_changes::SecretChange, secret_content,
    secret_info, secret_uri,
};
use crate::model::{Owner, Secret, names, names::application_of};

type Result<T = String> = std::result::Result<T, ToolError>;

/// `secret-add`: the id is minted at once.
pub fn add(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    if arguments.positionals.is_empty() && arguments.value("file").is_none_or(str::is_empty) {
        return Err(ToolError::usage("missing secret value or filename"));
    }
    let change = change(session, arguments)?;
    let content = change.content.clone().ok_or_else(|| ToolError::failed("empty secret value not valid"))?;
    let owner = match arguments.value("owner") {
        Some("unit") => Owner::Unit(session.unit.clone()),
        _ if session.claims_leadership() => Owner::Application(session.application().to_owned()),
        _ => return Err(ToolError::not_leader()),
    };
    let id = session.model.mint_secret();
    if session.pending.secrets.has_label(change.label.as_ref()) {
        let label = quoted(&change.label.unwrap_or_default());
        return Err(ToolError::failed(format!("secret with label {label} already exists")));
    }
    let mut secret = Secret::new(owner, content);
    SecretChange { content: None, ..change }.apply(&mut secret);
    session.pending.secrets.created.insert(id.clone(), secret);
    Ok(session.model.secret_uri(&id) + "\n")
}

/// What the flags and the pairs say.
fn change(session: &Session<'_>, arguments: &Arguments) -> Result<SecretChange> {
    let text = |flag| arguments.value(flag).filter(|text| !text.is_empty()).map(str::to_owned);
    let expire = text("expire").map(|expire| secret_content::expiry(&expire, session.model.now())).transpose()?;
    let rotate = text("rotate");
    secret_content::check_policy(rotate.as_deref())?;
    if let Some(owner) = arguments.value("owner").filter(|owner| !["unit", "application"].contains(owner)) {
        return Err(ToolError::usage(format!("secret owner {} not valid", quoted(owner))));
    }
    let content = secret_content::read(session, arguments)?;
    let content = Some(content).filter(|content| !content.is_empty());
    Ok(SecretChange { content, label: text("label"), description: text("description"), rotate, expire })
}

/// `secret-set`: without content only its metadata changes.
pub fn set(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let id = uri(arguments)?;
    let mut change = change(session, arguments)?;
    secret_info::check_leader(session, &id)?;
    let current = secret_info::owned(session).get(&id).and_then(Secret::content);
    change.content = change.content.filter(|content| Some(content) != current);
    if !change.is_empty() {
        session.pending.secrets.update(&id, change);
    }
    Ok(String::new())
}

/// `secret-grant`: to the application or unit at the other end of a relation.
pub fn grant(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let id = uri(arguments)?;
    let relation = session.relation_of(arguments)?;
    let application = session.relation(relation)?.other_application(session.application()).to_owned();
    let target = match unit(arguments)? {
        Some(unit) if application_of(&unit) != application => {
            let (unit, application) = (quoted(&unit), quoted(&application));
            return Err(ToolError::usage(format!(
                "cannot specify unit {unit} in relation to application {application}"
            )));
        }
        unit => unit.unwrap_or(application),
    };
    arguments.finish()?;
    let known = secret_info::known(session);
    let secret = known.get(&id).ok_or_else(|| secret_info::not_found(&id))?;
    if matches!(secret.owner, Owner::Application(_)) && !session.claims_leadership() {
        return Err(ToolError::not_leader());
    }
    for held in secret.access.iter().filter(|access| access.relation == Some(relation)) {
        if held.target == target || !held.target.contains('/') {
            return Ok(String::new());
        }
        if !target.contains('/') {
            let first = "any unit level grants need to be revoked before granting access";
            return Err(ToolError::failed(format!("{first} to the corresponding application")));
        }
    }
    session.pending.secrets.grant(&id, relation, &target);
    Ok(String::new())
}

/// `secret-revoke`.
pub fn revoke(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let id = uri(arguments)?;
    let application = arguments.value("app").filter(|name| !name.is_empty()).map(str::to_owned);
    if let Some(name) = application.as_deref().filter(|name| !names::is_application(name)) {
        return Err(ToolError::usage(format!("application {} not valid", quoted(name))));
    }
    let unit = unit(arguments)?;
    if application.is_some() && unit.is_some() {
        return Err(ToolError::usage("specify only one of application or unit"));
    }
    let relation = session.relation_of(arguments).ok();
    if relation.is_some() && application.is_some() {
        return Err(ToolError::usage("do not specify both relation and app"));
    }
    let related = relation.and_then(|id| session.model.relations.get(&id));
    let related = related.map(|relation| relation.other_application(session.application()).to_owned());
    let target = unit.or(application).or(related);
    let target = target.ok_or_else(|| ToolError::usage("missing relation or application or unit"))?;
    arguments.finish()?;
    secret_info::check_leader(session, &id)?;
    session.pending.secrets.revoke(&id, &target);
    Ok(String::new())
}

fn unit(arguments: &Arguments) -> Result<Option<String>> {
    match arguments.value("unit").filter(|name| !name.is_empty()) {
        Some(name) if !names::is_unit(name) => Err(ToolError::usage(format!("unit {} not valid", quoted(name)))),
        name => Ok(name.map(str::to_owned)),
    }
}

/// `secret-remove`: one revision, or all.
pub fn remove(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let id = uri(arguments)?;
    arguments.finish()?;
    secret_info::check_leader(session, &id)?;
    let revision = arguments.value("revision").and_then(|text| text.parse().ok()).filter(|revision| *revision > 0);
    session.pending.secrets.remove(&id, revision);
    Ok(String::new())
}

fn uri(arguments: &mut Arguments) -> Result {
    secret_uri::parse(&arguments.shift().ok_or_else(|| ToolError::usage("missing secret URI"))?)
}
