//! What the agent knows of the secrets that the unit may change.

use super::{Arguments, Invocation, Session, ToolError, format, format::Datum, quote::quoted, secret_uri};
use crate::{
    charm::Role,
    model::{Access, Owner, Relation, Secret, names},
};
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, ToolError>;

/// `secret-ids`: with those of this hook, without those that it removes.
pub fn ids(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result<String> {
    arguments.finish()?;
    let ids: Vec<String> = known(session).into_keys().collect();
    Ok(format::print(arguments, if ids.is_empty() { Datum::NoLines } else { ids.into() }))
}

/// `secret-info-get`.
pub fn info(session: &mut Session<'_>, arguments: &mut Arguments, _: &Invocation) -> Result<String> {
    let id = arguments.shift().map(|uri| secret_uri::parse_bluntly(&uri)).transpose()?;
    let label = arguments.value("label").filter(|label| !label.is_empty()).map(str::to_owned);
    if id.is_some() && label.is_some() {
        return Err(ToolError::usage("specify either a secret URI or label but not both"));
    }
    let is_named = |other: &str, secret: &Secret| match &id {
        Some(id) => other == id,
        None => secret.label == label,
    };
    let name =
        id.as_ref().or(label.as_ref()).ok_or_else(|| ToolError::usage("require either a secret URI or label"))?;
    arguments.finish()?;
    let found = known(session).into_iter().find(|(id, secret)| is_named(id, secret));
    let (id, secret) = found.ok_or_else(|| not_found(name))?;
    let described = describe(session, &id, &secret);
    Ok(format::print_structured(arguments, Datum::Map(BTreeMap::from([(id, described)]))))
}

/// The complaint about a secret that the unit may not change.
pub fn not_found(name: &str) -> ToolError {
    ToolError::failed(format!("secret {} not found", quoted(name)))
}

/// The secrets that the unit may change, as the agent first asked for them in this hook; an application's are its leader's.
pub fn owned<'s>(session: &'s mut Session<'_>) -> &'s BTreeMap<String, Secret> {
    let (unit, leads) = (&session.unit, session.model.is_leader(&session.unit));
    let is_own = |secret: &Secret| match &secret.owner {
        Owner::Unit(name) => name == unit,
        Owner::Application(_) => leads && secret.is_owned_by(unit),
        Owner::Operator => false,
    };
    let secrets = &session.model.secrets;
    session.secrets.get_or_insert_with(|| {
        secrets.iter().filter(|(_, secret)| is_own(secret)).map(|(id, secret)| (id.clone(), secret.clone())).collect()
    })
}

/// Those secrets with what the hook changes of them, but for their contents and readers.
pub fn known(session: &mut Session<'_>) -> BTreeMap<String, Secret> {
    let mut known = owned(session).clone();
    let changes = &session.pending.secrets;
    known.retain(|id, _| !changes.removed.contains_key(id));
    for (id, secret) in &mut known {
        if let Some(change) = changes.updated.get(id) {
            super::secret_changes::SecretChange { content: None, ..change.clone() }.apply(secret);
        }
    }
    known.extend(changes.created.clone());
    known
}

/// Refuses a change of an application's secret by a unit that leads no longer.
pub fn check_leader(session: &mut Session<'_>, id: &str) -> Result<()> {
    let of_application = owned(session).get(id).is_some_and(|secret| matches!(secret.owner, Owner::Application(_)));
    if of_application && !session.claims_leadership() { Err(ToolError::not_leader()) } else { Ok(()) }
}

fn describe(session: &Session<'_>, id: &str, secret: &Secret) -> Datum {
    let is_new = session.pending.secrets.created.contains_key(id);
    let owner = if matches!(secret.owner, Owner::Unit(_)) { "unit" } else { "application" };
    let rotation = secret.rotate.clone().or_else(|| (!is_new).then(|| "never".to_owned()));
    let mut value = vec![
        ("revision", f64::from(secret.latest()).into()),
        ("label", secret.label.clone().unwrap_or_default().into()),
        ("owner", owner.into()),
    ];
    value.extend(secret.description.clone().map(|text| ("description", text.into())));
    value.extend(rotation.map(|policy| ("rotation", policy.into())));
    value.extend(secret.expire.clone().map(|time| ("expiry", Datum::Time(time))));
    value.extend(secret.rotates.clone().filter(|_| !is_new).map(|time| ("rotates", Datum::Time(time))));
    if !is_new && !secret.access.is_empty() {
        let access = secret.access.iter().map(|access| describe_access(session, access));
        value.push(("access", Datum::List(access.collect())));
    }
    Datum::Record(value)
}

fn describe_access(session: &Session<'_>, access: &Access) -> Datum {
    let relation = access.relation.and_then(|id| session.model.relations.get(&id));
    let scope =
        relation.map(|relation| format!("relation-{}", key(session, relation).replace(':', ".").replace(' ', "#")));
    Datum::Record(vec![
        ("target", names::tag_of(&access.target).into()),
        ("scope", scope.unwrap_or_default().into()),
        ("role", "view".into()),
    ])
}

/// A relation by its ends, the one that requires first: `probe:database pg:sql`.
pub fn key(session: &Session<'_>, relation: &Relation) -> String {
    let own = session.application();
    let endpoints = &session.model.application_of(own).charm.endpoints;
    let provides = endpoints.get(relation.endpoint(own)).is_some_and(|endpoint| endpoint.role == Role::Provides);
    let mut ends: Vec<String> = relation.ends.iter().map(crate::model::End::name).collect();
    ends.sort_by_key(|name| (*name == format!("{own}:{}", relation.endpoint(own))) == provides);
    ends.join(" ")
}
