//! Reading secrets.

use super::{Arguments, Invocation, Session, ToolError, format, format::Datum, secret_content};
use crate::model::{Access, Consumer, Life, Owner, Relation, Secret, secret::application_of};
use serde_json::json;
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, ToolError>;
type Content = BTreeMap<String, String>;

/// `secret-get`: the first read pins a revision, `--peek` looks at the newest, `--refresh` moves the pin to it.
pub fn get(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result<String> {
    let label = arguments.value("label").map(str::to_owned);
    if arguments.is_on("peek") && arguments.is_on("refresh") {
        return Err(ToolError::usage("specify one of --peek or --refresh but not both"));
    }
    let (uri, key) = operands(arguments, label.is_some());
    arguments.finish()?;
    let id = match (uri, &label) {
        (Some(uri), _) => secret_content::id(&uri)?,
        (None, Some(label)) => by_label(session, label)?,
        (None, None) => return Err(ToolError::usage("require either a secret URI or label")),
    };
    let content = read(session, &id, label, arguments)?;
    print(arguments, &content, key.as_deref())
}

/// The URI and the key among the positionals; with a label the first may be the key already.
fn operands(arguments: &mut Arguments, labelled: bool) -> (Option<String>, Option<String>) {
    match arguments.shift() {
        Some(word) if labelled && secret_content::id(&word).is_err() && !word.contains(':') => (None, Some(word)),
        uri => (uri, arguments.shift()),
    }
}

fn print(arguments: &Arguments, content: &Content, key: Option<&str>) -> Result<String> {
    let Some(key) = key else {
        return Ok(format::print_structured(arguments, &json!(content)));
    };
    let (name, encoded) = key.strip_suffix("#base64").map_or((key, false), |name| (name, true));
    let value = content.get(name).ok_or_else(|| ToolError::failed(format!("key {name:?} not found")))?;
    let value = if encoded { secret_content::encode(value) } else { value.clone() };
    match arguments.value("format") {
        None => Ok(value + "\n"),
        Some(_) => Ok(format::print_structured(arguments, &json!(value))),
    }
}

fn by_label(session: &Session<'_>, label: &str) -> Result<String> {
    let is_named = |secret: &Secret| secret.label.as_deref() == Some(label) && secret.is_owned_by(&session.unit);
    let minted = session.pending.created.iter();
    let owned = minted.chain(&session.model.secrets).find(|(_, secret)| is_named(secret));
    let reads =
        |secret: &Secret| secret.consumers.get(&session.unit).is_some_and(|c| c.label.as_deref() == Some(label));
    let read = || session.model.secrets.iter().find(|(_, secret)| reads(secret));
    let found = owned.or_else(read).map(|(id, _)| id.clone());
    found.ok_or_else(|| ToolError::failed(format!("consumer label {label:?} not found")))
}

fn read(session: &mut Session<'_>, id: &str, label: Option<String>, arguments: &Arguments) -> Result<Content> {
    if let Some(minted) = session.pending.created.get(id) {
        return Ok(minted.content().cloned().unwrap_or_default());
    }
    let unit = session.unit.clone();
    let newest = arguments.is_on("peek") || arguments.is_on("refresh");
    let written = session.pending.updated.iter().rev().find(|(other, change)| other == id && change.content.is_some());
    let written = written.and_then(|(_, change)| change.content.clone()).filter(|_| newest);
    let permitted = is_readable(session, id);
    let not_found = || ToolError::failed(format!("secret {id:?} not found"));
    let secret = session.model.secrets.get(id).ok_or_else(not_found)?;
    if !permitted {
        return Err(ToolError::failed("permission denied"));
    }
    let owned = secret.is_owned_by(&unit);
    if let (true, Some(content)) = (owned, written) {
        if arguments.is_on("refresh") {
            session.pending.refreshed.insert(id.to_owned());
        }
        return Ok(content);
    }
    let label = if owned { label } else { free_label(&session.model.secrets, id, &unit, label)? };
    let secret = session.model.secrets.get_mut(id).ok_or_else(not_found)?;
    pinned(secret, &unit, label, arguments).ok_or_else(not_found)
}

/// A reader's name for a secret, which it may not have given to another one.
///
/// *Source*: Juju 3.6, `state/secrets.go`, `uniqueSecretConsumerLabelOps`; 4.0 has a unique index over label and unit.
fn free_label(
    secrets: &BTreeMap<String, Secret>,
    id: &str,
    unit: &str,
    label: Option<String>,
) -> Result<Option<String>> {
    let Some(label) = label else { return Ok(None) };
    let has_it = |secret: &Secret| secret.consumers.get(unit).is_some_and(|it| it.label.as_ref() == Some(&label));
    if secrets.iter().any(|(other, secret)| other != id && has_it(secret)) {
        let consumer = format!("unit-{}", unit.replace('/', "-"));
        return Err(ToolError::failed(format!("secret label {label:?} for consumer {consumer:?} already exists")));
    }
    Ok(Some(label))
}

/// Moves or sets the pin at once, then reads.
fn pinned(secret: &mut Secret, unit: &str, label: Option<String>, arguments: &Arguments) -> Option<Content> {
    let latest = secret.latest();
    let consumer =
        secret.consumers.entry(unit.to_owned()).or_insert_with(|| Consumer { label: None, revision: latest });
    consumer.label = label.or_else(|| consumer.label.take());
    if arguments.is_on("refresh") {
        consumer.revision = latest;
    }
    let wanted = if arguments.is_on("peek") { latest } else { consumer.revision };
    secret.revisions.get(&wanted).cloned()
}

/// Owners read; others need a grant, which ends with its relation.
fn is_readable(session: &Session<'_>, id: &str) -> bool {
    let Some(secret) = session.model.secrets.get(id) else { return false };
    let stands = |access: &Access| match access.relation {
        None => true,
        Some(relation) => session.model.relations.get(&relation).is_some_and(|found| found.life != Life::Dead),
    };
    let mut standing = secret.clone();
    standing.access.retain(stands);
    secret.is_owned_by(&session.unit) || standing.is_granted_to(&session.unit)
}

/// Whether the unit may change a secret, minted in this hook or before.
pub fn is_manageable(session: &mut Session<'_>, id: &str) -> bool {
    let leads = session.claims_leadership();
    let secret = session.pending.created.get(id).or_else(|| session.model.secrets.get(id));
    secret.is_some_and(|secret| match &secret.owner {
        Owner::Unit(name) => *name == session.unit,
        Owner::Operator => false,
        Owner::Application(name) => name == application_of(&session.unit) && leads,
    })
}

/// `secret-ids`: the secrets that the unit may change.
pub fn ids(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result<String> {
    arguments.finish()?;
    let all: Vec<String> = session.model.secrets.keys().cloned().collect();
    let own: Vec<String> = all.into_iter().filter(|id| is_manageable(session, id)).collect();
    Ok(format::print(arguments, if own.is_empty() { Datum::NoLines } else { own.into() }))
}

/// `secret-info-get`: for owners, with this hook's changes.
pub fn info(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result<String> {
    let (uri, label) = (arguments.shift(), arguments.value("label").map(str::to_owned));
    arguments.finish()?;
    let id = match (uri, label) {
        (Some(_), Some(_)) => return Err(ToolError::usage("specify either a secret URI or label but not both")),
        (Some(uri), None) => secret_content::id(&uri)?,
        (None, Some(label)) => {
            by_label(session, &label).map_err(|_| ToolError::failed(format!("secret {label:?} not found")))?
        }
        (None, None) => return Err(ToolError::usage("require either a secret URI or label")),
    };
    if !is_manageable(session, &id) {
        return Err(ToolError::failed(format!("secret {id:?} not found")));
    }
    let described = describe(session, &id);
    Ok(format::print_structured(arguments, Datum::Map(BTreeMap::from([(id, described)]))))
}

fn describe(session: &Session<'_>, id: &str) -> Datum {
    let held = session.pending.created.get(id).or_else(|| session.model.secrets.get(id));
    let Some(mut secret) = held.cloned() else { return Datum::Nothing };
    for (_, change) in session.pending.updated.iter().filter(|(other, _)| other == id) {
        change.apply(&mut secret);
    }
    secret.access.extend(session.pending.granted.iter().filter(|(other, _)| other == id).map(|(_, a)| a.clone()));
    for (_, gone) in session.pending.revoked.iter().filter(|(other, _)| other == id) {
        secret.access.retain(|access| !access.is_covered_by(gone));
    }
    let owner = if matches!(secret.owner, Owner::Unit(_)) { "unit" } else { "application" };
    let mut value = vec![("revision", f64::from(secret.latest()).into())];
    value.extend(secret.label.map(|label| ("label", label.into())));
    value.push(("owner", owner.into()));
    value.extend(secret.description.map(|text| ("description", text.into())));
    value.push(("rotation", secret.rotate.unwrap_or_else(|| "never".to_owned()).into()));
    value.extend(secret.expire.map(|time| ("expiry", time.into())));
    let access: Vec<Datum> = secret.access.iter().map(|access| describe_access(session, access)).collect();
    if !access.is_empty() {
        value.push(("access", Datum::List(access)));
    }
    Datum::Record(value)
}

fn describe_access(session: &Session<'_>, access: &Access) -> Datum {
    let kind = if access.target.contains('/') { "unit" } else { "application" };
    let relation = access.relation.and_then(|id| session.model.relations.get(&id));
    let own = session.application();
    let describe = |relation: &Relation| {
        let (other, interface) = (relation.other_application(own), &relation.interface);
        format!("relation-{other}.{interface}#{own}.{}", relation.endpoint(own))
    };
    let scope = relation.map(describe);
    Datum::Record(vec![
        ("target", format!("{kind}-{}", access.target.replace('/', "-")).into()),
        ("scope", scope.unwrap_or_default().into()),
        ("role", "view".into()),
    ])
}
