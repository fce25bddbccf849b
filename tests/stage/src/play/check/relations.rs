//! Steps that name endpoints and relations.

use super::{Checked, Known, wrong_name};
use crate::{
    charm::{Endpoint, Role},
    model::{Application, End, Relation, names},
    remedy::{all, remedy},
    scene::{Integrate, RemoveRelation, Server},
    stage::endpoints::{self, Candidate, Pair},
};
use std::slice;

/// An end of a relation: its endpoints, of which one is meant.
type Side = Vec<Candidate>;

impl Known<'_> {
    pub(super) fn integrate(&self, integrate: &Integrate) -> Checked {
        match (&integrate.with, &integrate.stand_in) {
            (Some(other), _) => self.join(&integrate.endpoint, other),
            (None, Some(name)) => self.join_stand_in(integrate, name),
            (None, None) => Ok(()),
        }
    }

    fn join(&self, one: &str, other: &str) -> Checked {
        let (Some(ours), Some(theirs)) = (self.side(one)?, self.side(other)?) else { return Ok(()) };
        if names::ends_of(one).0 == names::ends_of(other).0 {
            return Err("an application cannot be related to itself: deploy its charm under a second name".to_owned());
        }
        let refused = |error: crate::StageError| format!("{error}{}", unlike(&ours, &theirs));
        endpoints::infer(self.model, [one, other]).map(drop).map_err(refused)
    }

    /// The endpoints that `app` or `app:endpoint` may mean.
    ///
    /// *Empty*: the application may be there or not.
    fn side(&self, name: &str) -> Checked<Option<Side>> {
        let (owner, wanted) = names::ends_of(name);
        let main = self.named(None).ok().flatten();
        let application = match self.application(owner) {
            Err(_) if wanted.is_none() && main.is_some_and(|main| main.charm.endpoints.contains_key(owner)) => {
                return Err(format!("{owner:?} is an endpoint: write \"{}:{owner}\"", self.model.main));
            }
            found => found?,
        };
        let Some(application) = application else { return Ok(None) };
        wanted.map_or_else(|| Ok(side(application)), |wanted| endpoint(application, wanted)).map(Some)
    }

    fn join_stand_in(&self, integrate: &Integrate, stand_in: &str) -> Checked {
        let Some(ours) = self.own(integrate)? else { return Ok(()) };
        if !names::is_application(stand_in) {
            return Err(wrong_name(stand_in));
        }
        if self.charms.contains_key(stand_in) {
            return Err(format!("{stand_in:?} is an application with a charm: relate it with the key `with`"));
        }
        let theirs = theirs(&ours, integrate.server, stand_in);
        let refused =
            |error: crate::StageError| format!("{error}{}", unlike(slice::from_ref(&ours), slice::from_ref(&theirs)));
        self.admit(&ours, &theirs).map(drop).map_err(refused)
    }

    /// The two ends of a relation with a stand-in.
    pub(super) fn pair(&self, integrate: &Integrate, stand_in: &str) -> Option<Pair> {
        let ours = self.own(integrate).ok()??;
        self.admit(&ours, &theirs(&ours, integrate.server, stand_in)).ok()
    }

    fn admit(&self, ours: &Candidate, theirs: &Candidate) -> Result<Pair, crate::StageError> {
        endpoints::admit(self.model, ours, theirs.0.clone(), &theirs.1.interface)
    }

    /// The end of a charm that is related to a stand-in.
    fn own(&self, integrate: &Integrate) -> Checked<Option<Candidate>> {
        let (owner, name) = self.place(&integrate.endpoint)?;
        let Some(application) = self.application(owner)? else { return Ok(None) };
        Ok(endpoint(application, name)?.pop())
    }

    /// The application and the endpoint of `app:endpoint`, or of an endpoint of the first application.
    fn place<'t>(&'t self, text: &'t str) -> Checked<(&'t str, &'t str)> {
        let is_own = self.model.application().charm.endpoints.contains_key(text);
        let application = (!text.contains(':') && !is_own).then(|| names::application_of(text));
        match application.and_then(|name| self.model.applications.get(name)) {
            Some(found) => {
                Err(format!("{text} names no endpoint: write {text}:ENDPOINT, {}", all(found.charm.endpoints.keys())))
            }
            None => Ok(text.rsplit_once(':').unwrap_or((&self.model.main, text))),
        }
    }

    pub(super) fn remove_relation(&self, remove: &RemoveRelation) -> Checked {
        let (owner, name) = self.place(&remove.endpoint)?;
        let Some(application) = self.application(owner)? else { return Ok(()) };
        endpoint(application, name)?;
        let other = remove.with.as_deref().map(names::ends_of);
        let is_other = |end: &End| {
            other.is_none_or(|(wanted, at)| end.application == wanted && at.is_none_or(|at| end.endpoint == at))
        };
        let related: Vec<&Relation> = self.relations(owner, name).collect();
        if related.iter().any(|relation| relation.other(owner).is_some_and(is_other)) || self.is_doubtful(owner, name) {
            return Ok(());
        }
        let ends = related.iter().filter_map(|relation| relation.other(owner)).map(End::name);
        let with = remove.with.as_ref().map(|other| format!(" {other}")).unwrap_or_default();
        Err(format!("no such relation: {owner}:{name}{with}: of {owner}:{name}, {}", all(ends)))
    }

    /// The databag of a unit or an application on an endpoint that has a relation.
    pub(super) fn databag(&self, of: &str) -> Checked {
        let (owner, name) = self.place(of)?;
        if self.stand_ins.contains(&names::application_of(owner)) {
            return Ok(());
        }
        let found = if owner.contains('/') { self.unit(owner)? } else { self.application(owner)? };
        let Some(application) = found else { return Ok(()) };
        endpoint(application, name)?;
        self.related(&application.name, name)
    }

    /// An endpoint that has a relation.
    pub(super) fn related(&self, owner: &str, name: &str) -> Checked {
        if self.relations(owner, name).next().is_some() || self.is_doubtful(owner, name) {
            return Ok(());
        }
        Err(format!("{owner}:{name} has no relation: a step \"integrate\" must come before"))
    }

    fn relations(&self, owner: &str, endpoint: &str) -> impl Iterator<Item = &Relation> {
        let own = move |relation: &&Relation| relation.own(owner).is_some_and(|end| end.endpoint == endpoint);
        self.model.relations.values().filter(own)
    }

    fn is_doubtful(&self, owner: &str, endpoint: &str) -> bool {
        self.doubtful.contains(owner) || self.doubtful.contains(&format!("{owner}:{endpoint}"))
    }
}

fn side(application: &Application) -> Side {
    let end = |name: &String| End::new(&application.name, name);
    application.charm.endpoints.iter().map(|(name, endpoint)| (end(name), endpoint.clone())).collect()
}

fn endpoint(application: &Application, name: &str) -> Checked<Side> {
    let found: Side = side(application).into_iter().filter(|(end, _)| end.endpoint == name).collect();
    if found.is_empty() {
        let known = remedy(name, application.charm.endpoints.keys());
        return Err(format!("no such endpoint: {}:{name}{known}", application.name));
    }
    Ok(found)
}

/// The end of a stand-in: of a server what its charm speaks, else what fits.
fn theirs((_, ours): &Candidate, server: Option<Server>, name: &str) -> Candidate {
    let (endpoint, interface) = match server {
        Some(Server::Postgresql) => ("database", "postgresql_client"),
        Some(Server::Redis) => ("redis", "redis"),
        None => ("stand-in", ours.interface.as_str()),
    };
    let role = if ours.role == Role::Requires { Role::Provides } else { Role::Requires };
    (End::new(name, endpoint), Endpoint { role, interface: interface.to_owned(), ..ours.clone() })
}

/// What each side speaks, if no endpoint of one fits any of the other.
fn unlike(ours: &[Candidate], theirs: &[Candidate]) -> String {
    if ours.iter().any(|(_, one)| theirs.iter().any(|(_, other)| one.fits(other))) {
        return String::new();
    }
    let spoken = |side: &[Candidate]| {
        let words: Vec<String> = side.iter().map(speech).collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    };
    format!(": here {}, there {}", spoken(ours), spoken(theirs))
}

fn speech((end, endpoint): &Candidate) -> String {
    let verb = match endpoint.role {
        Role::Requires => "requires",
        Role::Provides => "provides",
        Role::Peer => "joins peers by",
    };
    format!("{} {verb} {:?}", end.name(), endpoint.interface)
}
