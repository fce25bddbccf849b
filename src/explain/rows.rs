//! The rows of an explanation's tables, each bounded.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::{
    decide::{Known, State, Understanding},
    decision::DatabagWrite,
    fleet::{Peer, Wait},
    relations::{Endpoint, Owner, Problem, Relation, database, db, ingress, replica},
    world::World,
};

/// The most keys that are named of one databag.
const MOST_KEYS: usize = 20;

/// A relation, or an endpoint without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RelationRow {
    endpoint: &'static str,
    id: Option<u32>,
    application: Option<String>,
    /// Where the provider is reached.
    address: Option<String>,
    /// What is missing or invalid.
    problem: Option<String>,
    /// The names of the keys in the databag of the remote application.
    keys: Vec<String>,
}

/// A variable of the server that differs from the one that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Change {
    variable: String,
    origin: String,
    /// Whether nothing restarts the server for it.
    waits_for_restart: bool,
}

/// Changes of one of our databags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct WriteRow {
    endpoint: &'static str,
    relation: u32,
    owner: Owner,
    keys: Vec<String>,
    why: &'static str,
}

/// Another unit of this application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct UnitRow {
    number: u32,
    image: Option<String>,
    schema: Option<String>,
    can_serve: bool,
    waits_for: Wait,
}

impl RelationRow {
    /// The rows of an endpoint.
    pub fn all(world: &World, known: &Understanding, endpoint: &Endpoint) -> Vec<Self> {
        let relations = world.relations.all(endpoint);
        let rows: Vec<Self> = relations.iter().map(|relation| Self::of(world, known, relation)).collect();
        if rows.is_empty() { vec![Self::absent(endpoint)] } else { rows }
    }

    fn absent(endpoint: &Endpoint) -> Self {
        let name = endpoint.name;
        Self { endpoint: name, id: None, application: None, address: None, problem: None, keys: Vec::new() }
    }

    fn of(world: &World, known: &Understanding, relation: &Relation) -> Self {
        let (address, problem) = found(known, relation.endpoint);
        let problem = problem.map(|problem| problem.text(&world.unit.application));
        let failure = relation.failure().map(|failure| failure.to_string());
        Self {
            endpoint: relation.endpoint,
            id: relation.unreadable.is_none().then_some(relation.id),
            application: relation.app.as_deref().map(shown),
            // A login before the host is none of an address.
            address: address.map(|it| shown(it.rsplit('@').next().unwrap_or_default())),
            problem: failure.or(problem).map(|text| cut(&text, 300)),
            keys: names(relation.bag.keys()),
        }
    }
}

/// The address that a relation gives, and what is missing or invalid in its data.
fn found<'a>(known: &'a Understanding, endpoint: &str) -> (Option<String>, Option<&'a Problem>) {
    if [database::ENDPOINT.name, db::ENDPOINT.name].contains(&endpoint) {
        return parts(&known.database, |database| Some(database.primary().to_string()));
    }
    if endpoint == ingress::ENDPOINT.name {
        return parts(&known.ingress, |ingress| ingress.as_ref().map(|it| it.authority.to_string()));
    }
    known.given.get(endpoint).map_or((None, None), |given| parts(given, |given| given.address.clone()))
}

fn parts<T>(known: &Known<T>, address: impl Fn(&T) -> Option<String>) -> (Option<String>, Option<&Problem>) {
    match known {
        Known::Absent => (None, None),
        Known::Lacking(problem) => (None, Some(problem)),
        Known::Have(data) => (address(data), None),
    }
}

impl Change {
    /// A variable and where it comes from.
    pub fn of(variable: &str, origin: &str, server: Option<State>) -> Self {
        let waits_for_restart = replica::VARIABLES.contains(&variable) && server != Some(State::Outdated);
        Self { variable: shown(variable), origin: shown(origin), waits_for_restart }
    }
}

impl WriteRow {
    /// The keys that would be written, without their values.
    pub fn of(databag: &DatabagWrite) -> Self {
        let DatabagWrite { endpoint, relation, write } = databag;
        let keys = names(write.changes.keys());
        Self { endpoint, relation: *relation, owner: write.owner, keys, why: write.why }
    }
}

impl UnitRow {
    /// What a unit has published.
    pub fn of((number, peer): (&u32, &Peer)) -> Self {
        Self {
            number: *number,
            image: peer.memory.image.as_deref().map(shown),
            schema: peer.memory.schema.as_deref().map(shown),
            can_serve: peer.can_serve(),
            waits_for: peer.waits_for,
        }
    }
}

impl Display for RelationRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.id, &self.problem) {
            (Some(id), _) => write!(formatter, "{}:{id}", self.endpoint)?,
            (None, Some(problem)) => return write!(formatter, "{problem}"),
            (None, None) => return write!(formatter, "{}: not related", self.endpoint),
        }
        self.application.iter().try_for_each(|app| write!(formatter, " with {app}"))?;
        self.address.iter().try_for_each(|address| write!(formatter, " at {address}"))?;
        self.problem.iter().try_for_each(|problem| write!(formatter, "; {problem}"))?;
        if self.keys.is_empty() { Ok(()) } else { write!(formatter, "; keys: {}", self.keys.join(", ")) }
    }
}

impl Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.waits_for_restart { ", with the next restart" } else { "" };
        write!(formatter, "{} ({}){when}", self.variable, self.origin)
    }
}

impl Display for WriteRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = if self.owner == Owner::App { "application" } else { "unit" };
        let keys = self.keys.join(", ");
        write!(formatter, "{}:{}, {owner}: {keys}, because {}", self.endpoint, self.relation, self.why)
    }
}

impl Display for UnitRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let image = self.image.as_deref().unwrap_or("unknown");
        let serves = if self.can_serve { "can serve" } else { "cannot serve" };
        write!(formatter, "{}: image {image}, {serves}", self.number)
    }
}

fn names<'a>(keys: impl Iterator<Item = &'a String>) -> Vec<String> {
    keys.take(MOST_KEYS).map(|key| shown(key)).collect()
}

/// A name, fit for one line.
pub(super) fn shown(text: &str) -> String {
    cut(text, 60)
}

/// A text without control characters, cut after some characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most + 1).collect();
    match plain.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", plain.get(..end).unwrap_or_default()),
        None => plain,
    }
}

/// A text cut after some bytes, never inside a character.
pub(super) fn cut_bytes(mut text: String, most: usize) -> String {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}
