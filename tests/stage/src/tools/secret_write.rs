//! Changing secrets: all of it takes effect when the hook succeeds.

use super::{Arguments, Invocation, Session, ToolError, pending::SecretChange, secret_content, secret_read};
use crate::model::{Access, Owner, Secret, secret::application_of};
use std::collections::BTreeMap;

type Result = std::result::Result<String, ToolError>;

/// `secret-add`: the URI is minted at once.
pub fn add(session: &mut Session<'_>, arguments: &mut Arguments, invocation: &Invocation) -> Result {
    secret_content::check_times(arguments)?;
    let owner = owner(session, arguments)?;
    let content = secret_content::read(session, arguments, invocation)?;
    if content.is_empty() {
        return Err(ToolError::usage("missing secret value or filename"));
    }
    let label = arguments.value("label").map(str::to_owned);
    let taken = |secret: &Secret| label.is_some() && secret.label == label;
    if session.pending.created.values().any(taken) {
        let label = label.unwrap_or_default();
        return Err(ToolError::failed(format!("secret with label {label:?} already exists")));
    }
    let id = session.model.mint_secret();
    let mut secret = Secret::new(owner, content);
    change(arguments, None).apply(&mut secret);
    session.pending.created.insert(id.clone(), secret);
    Ok(format!("secret:{id}\n"))
}

fn owner(session: &mut Session<'_>, arguments: &Arguments) -> std::result::Result<Owner, ToolError> {
    match arguments.value("owner").unwrap_or("application") {
        "unit" => Ok(Owner::Unit(session.unit.clone())),
        "application" if session.claims_leadership() => Ok(Owner::Application(session.application().to_owned())),
        "application" => Err(ToolError::not_leader()),
        other => Err(ToolError::usage(format!("secret owner {other:?} not valid"))),
    }
}

fn change(arguments: &Arguments, content: Option<BTreeMap<String, String>>) -> SecretChange {
    let text = |flag| arguments.value(flag).map(str::to_owned);
    let (label, description) = (text("label"), text("description"));
    SecretChange { content, label, description, rotate: text("rotate"), expire: text("expire") }
}

/// `secret-set`: without content only its metadata changes.
pub fn set(session: &mut Session<'_>, arguments: &mut Arguments, invocation: &Invocation) -> Result {
    let id = uri(arguments)?;
    secret_content::check_times(arguments)?;
    let content = secret_content::read(session, arguments, invocation)?;
    let change = change(arguments, (!content.is_empty()).then_some(content));
    if let Some(minted) = session.pending.created.get_mut(&id) {
        if let Some(content) = &change.content {
            minted.revisions = BTreeMap::from([(1, content.clone())]);
        }
        SecretChange { content: None, ..change }.apply(minted);
        return Ok(String::new());
    }
    session.pending.updated.push((id, change));
    Ok(String::new())
}

/// `secret-grant`: to the application or unit at the other end of a relation.
pub fn grant(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let id = uri(arguments)?;
    arguments.finish()?;
    if arguments.value("r").is_none() && session.hook_relation().is_none() {
        return Err(ToolError::usage("no relation id specified"));
    }
    let access = access(session, arguments)?;
    known(session, &id)?;
    session.pending.granted.push((id, access));
    Ok(String::new())
}

/// `secret-revoke`.
pub fn revoke(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let id = uri(arguments)?;
    arguments.finish()?;
    if arguments.value("r").is_some() && arguments.value("app").is_some() {
        return Err(ToolError::usage("do not specify both relation and app"));
    }
    let named = arguments.value("app").or_else(|| arguments.value("unit")).map(str::to_owned);
    let access = match named {
        _ if arguments.value("r").is_some() => access(session, arguments)?,
        Some(target) => Access { target, relation: None },
        None => return Err(ToolError::usage("missing relation or application or unit")),
    };
    known(session, &id)?;
    session.pending.revoked.push((id, access));
    Ok(String::new())
}

/// `secret-remove`: one revision, or all.
pub fn remove(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result {
    let id = uri(arguments)?;
    arguments.finish()?;
    let wrong = |text: &str| ToolError::usage(format!("invalid value {text:?} for option --revision: parse error"));
    let revision = arguments.value("revision").map(|text| text.parse().map_err(|_| wrong(text))).transpose()?;
    known(session, &id)?;
    session.pending.removed.push((id, revision));
    Ok(String::new())
}

fn uri(arguments: &mut Arguments) -> Result {
    secret_content::id(&arguments.shift().ok_or_else(|| ToolError::usage("missing secret URI"))?)
}

fn known(session: &mut Session<'_>, id: &str) -> std::result::Result<(), ToolError> {
    if secret_read::is_manageable(session, id) {
        return Ok(());
    }
    Err(ToolError::failed(format!("secret {id:?} not found")))
}

fn access(session: &Session<'_>, arguments: &Arguments) -> std::result::Result<Access, ToolError> {
    let id = session.relation_of(arguments)?;
    let application = session.relation(id)?.other_application(session.application()).to_owned();
    match arguments.value("unit") {
        Some(unit) if application_of(unit) != application => {
            Err(ToolError::usage(format!("cannot specify unit {unit:?} in relation to application {application:?}")))
        }
        Some(unit) => Ok(Access { target: unit.to_owned(), relation: Some(id) }),
        None => Ok(Access { target: application, relation: Some(id) }),
    }
}

impl SecretChange {
    /// Changes a secret.
    pub fn apply(&self, secret: &mut Secret) {
        if let Some(content) = &self.content {
            secret.update(content.clone());
        }
        let fields = [
            (&self.label, &mut secret.label),
            (&self.description, &mut secret.description),
            (&self.rotate, &mut secret.rotate),
            (&self.expire, &mut secret.expire),
        ];
        for (new, old) in fields {
            if new.is_some() {
                old.clone_from(new);
            }
        }
    }
}
