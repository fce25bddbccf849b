//! Reading secrets.

use super::{
    Arguments, Invocation, Session, ToolError, format,
    format::Datum,
    quote::quoted,
    secret_info, secret_uri,
    secret_value::{self, BASE64, Content},
};
use crate::model::{
    Access, Consumer, Life, Owner, Secret, Version,
    names::{self, application_of},
};

type Result<T> = std::result::Result<T, ToolError>;

/// What a reader asks for.
struct Wish {
    /// The newest revision, just this time.
    peeks: bool,
    /// The newest revision from now on.
    refreshes: bool,
    /// Its own name for the secret.
    label: Option<String>,
}

/// `secret-get`: the first read pins a revision, `--peek` looks at the newest, `--refresh` moves the pin to it.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result<String> {
    let id = arguments.shift().map(|uri| secret_uri::parse_bluntly(&uri)).transpose()?;
    let label = arguments.value("label").filter(|label| !label.is_empty()).map(str::to_owned);
    if id.is_none() && label.is_none() {
        return Err(ToolError::usage("require either a secret URI or label"));
    }
    let wish = Wish { peeks: arguments.is_on("peek"), refreshes: arguments.is_on("refresh"), label };
    if wish.peeks && wish.refreshes {
        return Err(ToolError::usage("specify one of --peek or --refresh but not both"));
    }
    let key = arguments.shift().filter(|key| !key.is_empty());
    arguments.finish()?;
    let content = content(session, id, wish)?;
    Ok(format::print_structured(arguments, picked(&content, key.as_deref())?))
}

fn picked(content: &Content, key: Option<&str>) -> Result<Datum> {
    let Some(key) = key else {
        let values = secret_value::decoded(content).map_err(ToolError::Failed)?;
        return Ok(Datum::Map(values.into_iter().map(|(key, value)| (key, Datum::from(value))).collect()));
    };
    let (name, is_wanted_so) = key.strip_suffix(BASE64).map_or((key, false), |name| (name, true));
    let value = secret_value::encoded(content, name);
    let value = value.ok_or_else(|| ToolError::failed(format!("secret key value {} not found", quoted(name))))?;
    if is_wanted_so {
        return Ok(value.into());
    }
    secret_value::read(&value).map(Datum::from).map_err(ToolError::Failed)
}

/// The content as the agent has it in its buffer, else as the controller gives it.
fn content(session: &mut Session<'_>, id: Option<String>, mut wish: Wish) -> Result<Content> {
    let id = match id {
        Some(id) => id,
        None => named(session, &wish.label.take().unwrap_or_default())?,
    };
    match buffered(session, &id, &wish) {
        Some(content) => Ok(content),
        None => held(session, &id, &wish),
    }
}

/// The secret with a label: one that the unit may change, as the hook changed it, else as the controller knows it.
fn named(session: &mut Session<'_>, label: &str) -> Result<String> {
    let known = secret_info::known(session);
    let own = known.into_iter().find(|(_, secret)| secret.label.as_deref() == Some(label));
    own.map_or_else(|| by_label(session, label), |(id, _)| Ok(id))
}

/// What this hook wrote: a new secret, or the newest content of another.
fn buffered(session: &mut Session<'_>, id: &str, wish: &Wish) -> Option<Content> {
    let changes = &mut session.pending.secrets;
    if let Some(secret) = changes.created.get_mut(id) {
        secret.label = wish.label.clone().or_else(|| secret.label.take());
        return secret.content().cloned();
    }
    let change = changes.updated.get_mut(id).filter(|_| wish.peeks || wish.refreshes)?;
    change.label = wish.label.clone().or_else(|| change.label.take());
    let content = change.content.clone();
    if wish.refreshes {
        changes.refreshed.insert(id.to_owned());
    }
    content
}

/// The secret that the controller knows by a label: one of the unit or its application, else one that the unit has read.
fn by_label(session: &Session<'_>, label: &str) -> Result<String> {
    let named = |name: &Option<String>| name.as_deref() == Some(label);
    let secrets = &session.model.secrets;
    let own = secrets.iter().find(|(_, secret)| secret.is_owned_by(&session.unit) && named(&secret.label));
    let is_read = |secret: &Secret| secret.consumers.get(&session.unit).is_some_and(|reader| named(&reader.label));
    let found = own.or_else(|| secrets.iter().find(|(_, secret)| is_read(secret)));
    found.map(|(id, _)| id.clone()).ok_or_else(|| {
        let label = quoted(label);
        ToolError::failed(match session.model.juju {
            Version::V3_6 => format!("consumer label {label} not found"),
            Version::V4_0 => format!("secret URI for consumer label {label} not found"),
        })
    })
}

/// What the controller gives.
fn held(session: &mut Session<'_>, id: &str, wish: &Wish) -> Result<Content> {
    let (unit, juju) = (session.unit.clone(), session.model.juju);
    let Some(secret) = session.model.secrets.get(id) else {
        return Err(ToolError::failed(match juju {
            Version::V3_6 => format!("secret \"secret:{id}\" not found"),
            Version::V4_0 => "getting latest secret revision: secret not found".to_owned(),
        }));
    };
    if !is_readable(session, secret) {
        return Err(ToolError::failed(match juju {
            Version::V3_6 => "permission denied".to_owned(),
            Version::V4_0 => format!("{} is not allowed to read this secret", quoted(&unit)),
        }));
    }
    let is_own = secret.is_owned_by(&unit);
    let label = if is_own { None } else { free_label(session, id, wish.label.as_ref())? };
    if let (true, Some(label)) = (is_manager(session, id), &wish.label) {
        rename(session, id, label);
    }
    let secret = session.model.secrets.get_mut(id);
    secret
        .and_then(|secret| pinned(secret, &unit, label, wish).transpose())
        .transpose()
        .map(Option::unwrap_or_default)
        .map_err(|revision: u32| {
            ToolError::failed(match juju {
                Version::V3_6 => format!("secret revision \"{id}/{revision}\" not found"),
                Version::V4_0 => format!("secret \"secret:{id}\" revision {revision} not found"),
            })
        })
}

/// An owner that reads a secret by its id and a label gives it that label, at once.
fn rename(session: &mut Session<'_>, id: &str, label: &str) {
    if let Some(secret) = session.model.secrets.get_mut(id) {
        secret.label = Some(label.to_owned());
    }
}

fn is_manager(session: &Session<'_>, id: &str) -> bool {
    session.model.secrets.get(id).is_some_and(|secret| match &secret.owner {
        Owner::Unit(name) => *name == session.unit,
        Owner::Application(name) => name == session.application() && session.model.is_leader(&session.unit),
        Owner::Operator => false,
    })
}

/// A reader's name for a secret, which it may not have given to another one.
///
/// *Source*: Juju 3.6, `state/secrets.go`, `uniqueSecretConsumerLabelOps`; 4.0 has a unique index over label and unit.
fn free_label(session: &Session<'_>, id: &str, label: Option<&String>) -> Result<Option<String>> {
    let Some(label) = label else { return Ok(None) };
    let has_it = |secret: &Secret| {
        !secret.is_owned_by(&session.unit)
            && secret.consumers.get(&session.unit).is_some_and(|reader| reader.label.as_ref() == Some(label))
    };
    if session.model.secrets.iter().any(|(other, secret)| other != id && has_it(secret)) {
        let consumer = names::tag_of(&session.unit);
        return Err(ToolError::failed(format!(
            "secret label {} for consumer {} already exists",
            quoted(label),
            quoted(&consumer)
        )));
    }
    Ok(Some(label.clone()))
}

/// Moves or sets the pin at once, then reads.
///
/// # Errors
/// The revision that is gone.
fn pinned(
    secret: &mut Secret,
    unit: &str,
    label: Option<String>,
    wish: &Wish,
) -> std::result::Result<Option<Content>, u32> {
    let latest = secret.latest();
    let new = || Consumer { label: None, revision: latest };
    let consumer = secret.consumers.entry(unit.to_owned()).or_insert_with(new);
    consumer.label = label.or_else(|| consumer.label.take());
    if wish.refreshes {
        consumer.revision = latest;
    }
    let wanted = if wish.peeks { latest } else { consumer.revision };
    secret.revisions.get(&wanted).cloned().map(Some).ok_or(wanted)
}

/// The units of the owner read; others need a grant, which ends with its relation.
fn is_readable(session: &Session<'_>, secret: &Secret) -> bool {
    let stands = |access: &&Access| match access.relation {
        None => true,
        Some(id) => session.model.relations.get(&id).is_some_and(|relation| relation.life != Life::Dead),
    };
    let is_meant = |access: &Access| access.target == session.unit || access.target == application_of(&session.unit);
    secret.is_owned_by(&session.unit) || secret.access.iter().filter(stands).any(is_meant)
}
