//! Which endpoints `juju integrate` means, and whether it may relate them.

use super::StageError;
use crate::{
    charm::{Endpoint, Role},
    model::{End, Model, Version, names},
};

/// Two endpoints that a relation may join, and what they speak.
pub(crate) struct Pair {
    pub(crate) ends: [End; 2],
    pub(crate) interface: String,
}

/// An endpoint of an application.
pub(crate) type Candidate = (End, Endpoint);

/// What an operator named, and the Juju that judges it.
struct Request<'r> {
    model: &'r Model,
    names: [&'r str; 2],
}

/// The endpoints that two names, `app` or `app:endpoint`, mean together.
///
/// # Errors
/// One is not there, they do not fit, several pairs do, they are related already, or an endpoint has as many relations as it may have.
///
/// *Source*: Juju 3.6, `state/state.go`; 4.0, `domain/relation/state/relation.go` and `apiserver/facades/client/application`.
pub(crate) fn infer(model: &Model, names: [&str; 2]) -> Result<Pair, StageError> {
    let request = Request { model, names };
    let [one, other] = request.candidates()?;
    let pairs = one.iter().flat_map(|one| other.iter().map(move |other| (one, other)));
    let fits =
        |(one, other): &(&Candidate, &Candidate)| one.0.application != other.0.application && one.1.fits(&other.1);
    let found: Vec<(&Candidate, &Candidate)> = pairs.filter(fits).collect();
    match found.as_slice() {
        [(one, other)] => request.checked(one, other),
        [] => Err(request.unlike()),
        _ => Err(request.ambiguous(&found)),
    }
}

impl Request<'_> {
    fn candidates(&self) -> Result<[Vec<Candidate>; 2], StageError> {
        let found = self.names.map(|name| self.named(name));
        let missing: Vec<&str> =
            self.names.into_iter().zip(&found).filter(|(_, found)| found.is_empty()).map(|(name, _)| name).collect();
        match (self.model.juju, missing.first()) {
            (_, None) => Ok(found),
            (Version::V4_0, _) => {
                Err(self.refused(&format!("no candidates for {}: relation endpoint not found", missing.join(" and "))))
            }
            (Version::V3_6, Some(name)) => Err(StageError::Refused(self.not_found(name))),
        }
    }

    fn named(&self, name: &str) -> Vec<Candidate> {
        let (application, wanted) = names::ends_of(name);
        let declared = &self.model.application_of(application).charm.endpoints;
        let named = declared.iter().filter(|(endpoint, _)| wanted.is_none_or(|wanted| wanted == *endpoint));
        named.map(|(endpoint, declared)| (End::new(application, endpoint), declared.clone())).collect()
    }

    fn not_found(&self, name: &str) -> String {
        match names::ends_of(name) {
            (application, Some(endpoint)) if self.model.applications.contains_key(application) => {
                format!("application {application:?} has no {endpoint:?} relation")
            }
            (application, None) if self.model.applications.contains_key(application) => "no relations found".to_owned(),
            (application, _) => format!("application {application:?} not found"),
        }
    }

    fn unlike(&self) -> StageError {
        match self.model.juju {
            Version::V3_6 => StageError::Refused("no relations found".to_owned()),
            Version::V4_0 => self.refused("no compatible endpoints found between applications"),
        }
    }

    fn ambiguous(&self, found: &[(&Candidate, &Candidate)]) -> StageError {
        let mut keys: Vec<String> = found.iter().map(|(one, other)| format!("{:?}", self.key(one, other))).collect();
        if self.model.juju == Version::V3_6 {
            keys.sort();
        }
        let why = format!("ambiguous relation: {:?} could refer to {}", self.names.join(" "), keys.join("; "));
        match self.model.juju {
            Version::V3_6 => StageError::Refused(why),
            Version::V4_0 => self.refused(&why),
        }
    }

    /// Both ends as Juju writes them: 3.6 names the one that asks first, 4.0 keeps the operator's order.
    fn key(&self, one: &Candidate, other: &Candidate) -> String {
        let is_turned = self.model.juju == Version::V3_6 && one.1.role == Role::Provides;
        let [first, second] = if is_turned { [other, one] } else { [one, other] };
        format!("{} {}", first.0.name(), second.0.name())
    }

    fn checked(&self, one: &Candidate, other: &Candidate) -> Result<Pair, StageError> {
        let key = self.key(one, other);
        let refused = |why: &str| match self.model.juju {
            Version::V3_6 => StageError::Refused(format!("cannot add relation {key:?}: {why}")),
            Version::V4_0 => self.refused(why),
        };
        if self.model.relations.values().any(|relation| joins(relation, &one.0, &other.0)) {
            let exists = if self.model.juju == Version::V3_6 { " already exists" } else { ": already exists" };
            return Err(refused(&format!("relation {key}{exists}")));
        }
        for (end, declared) in [one, other] {
            check_limit(self.model, end, declared).map_err(|why| refused(&why))?;
        }
        Ok(Pair { ends: [one.0.clone(), other.0.clone()], interface: one.1.interface.clone() })
    }

    /// *Source*: Juju 4.0.
    fn refused(&self, why: &str) -> StageError {
        let [one, other] = self.names;
        StageError::Refused(format!("adding relation between endpoints {one:?} and {other:?}: {why}"))
    }
}

/// The relation of an endpoint to that of a stand-in, which fits it in all but the interface.
///
/// # Errors
/// As [`infer`].
pub(crate) fn admit(model: &Model, ours: &Candidate, theirs: End, interface: &str) -> Result<Pair, StageError> {
    let (one, other) = (ours.0.name(), theirs.name());
    let request = Request { model, names: [&one, &other] };
    let role = if ours.1.role == Role::Requires { Role::Provides } else { Role::Requires };
    let theirs = (theirs, Endpoint { role, interface: interface.to_owned(), limit: None, ..ours.1.clone() });
    if ours.1.fits(&theirs.1) { request.checked(ours, &theirs) } else { Err(request.unlike()) }
}

/// Whether an endpoint has a place left for one more relation; else why not.
fn check_limit(model: &Model, end: &End, declared: &Endpoint) -> Result<(), String> {
    let Some(limit) = declared.limit.filter(|limit| *limit > 0) else { return Ok(()) };
    let is_there = |relation: &&crate::Relation| relation.endpoint(&end.application) == end.endpoint;
    let established = model.relations.values().filter(is_there).count();
    if u32::try_from(established).is_ok_and(|established| established < limit) {
        return Ok(());
    }
    let suffix = if model.juju == Version::V3_6 { " (quota limit exceeded)" } else { "" };
    let name = end.name();
    Err(format!("establishing a new relation for {name} would exceed its maximum relation limit of {limit}{suffix}"))
}

fn joins(relation: &crate::Relation, one: &End, other: &End) -> bool {
    let has = |end: &End| relation.own(&end.application).is_some_and(|own| own.endpoint == end.endpoint);
    has(one) && has(other)
}

impl Endpoint {
    /// Whether a relation may join both.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        let roles = (self.role, other.role);
        let is_pair = matches!(roles, (Role::Requires, Role::Provides) | (Role::Provides, Role::Requires));
        self.interface == other.interface && is_pair
    }
}
