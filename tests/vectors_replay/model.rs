//! The world of a vector, written into the stage's model.

use std::net::{IpAddr, Ipv4Addr};

use stage::model::{Access, Consumer, Databag, Model, Owner, Relation, Secret, Status, StatusKind, Unit};

use super::{before::Before, recording};

/// Relations of the world before a vector that the vector itself does not have.
const FIRST_SPARE_RELATION: u32 = 90;

/// Adds the one unit that plays, under its number in the vector; its pod gives it its address.
pub fn add_unit(model: &mut Model, name: &str) {
    model.units.insert(name.to_owned(), Unit::new(IpAddr::V4(Ipv4Addr::LOCALHOST)));
}

/// Relates the database and Redis, in the vector's model, as they were before the vector, under the numbers that they have in it.
pub fn write_before(model: &mut Model, recording: &recording::Recording, before: &Before) {
    model.name.clone_from(&recording.input.model.name);
    model.uuid.clone_from(&recording.input.model.uuid);
    model.application.config.clone_from(&before.config);
    model.proxies.clone_from(&before.proxies);
    model.application.leader = Some(recording.input.unit.clone());
    let needed = [("database", "postgresql_client", &before.database), ("redis", "redis", &before.redis)];
    let identity = before.identity.iter().map(|(endpoint, bag)| (endpoint.as_str(), endpoint.as_str(), bag));
    for ((endpoint, interface, bag), spare) in needed.into_iter().chain(identity).zip(FIRST_SPARE_RELATION..) {
        let known = recording.relation(endpoint);
        let remote_app = known.map_or_else(|| endpoint.to_owned(), |relation| relation.remote_app.clone());
        let id = known.map_or(spare, |relation| relation.id);
        let unit = format!("{remote_app}/0");
        let mut relation = Relation { id, remote_app, ..empty(endpoint, interface) };
        relation.remote_app_bag.clone_from(bag);
        relation.remote_units.insert(unit, bag.clone());
        model.relations.insert(id, relation);
    }
}

/// Replaces everything that the vector describes; the charm's own records in the peer databag stay.
pub fn write(model: &mut Model, recording: &recording::Recording) {
    let input = &recording.input;
    let unit = input.unit.clone();
    model.name.clone_from(&input.model.name);
    model.uuid.clone_from(&input.model.uuid);
    model.application.config.clone_from(&input.config);
    model.proxies.clone_from(&recording.env);
    model.application.leader = input.leader.then(|| unit.clone());
    let own_notes =
        model.relation("restart").and_then(|peers| peers.local_units.get(&unit).cloned()).unwrap_or_default();
    model.relations = input.relations.iter().map(|relation| (relation.id, whole(relation, &unit))).collect();
    if let Some(peers) = model.relation_mut("restart") {
        peers.local_units.entry(unit.clone()).or_default().extend(own_notes);
    }
    for secret in &input.secrets {
        write_secret(model, recording, secret);
    }
    if let Some(unit) = model.units.get_mut(&unit) {
        unit.status = status(&input.unit_status);
        unit.workload_version.clone_from(&input.workload_version);
        // What the agent read of other units belongs to the world before.
        unit.memory.relations.values_mut().for_each(|relation| relation.cache.clear());
    }
}

fn empty(endpoint: &str, interface: &str) -> Relation {
    Relation { endpoint: endpoint.to_owned(), interface: interface.to_owned(), ..Relation::default() }
}

fn whole(recorded: &recording::Relation, unit: &str) -> Relation {
    let is_peer = recorded.kind == "peer";
    let remote_units: Vec<(String, Databag)> = recorded
        .remote_units_data
        .iter()
        .map(|(number, bag)| (format!("{}/{number}", recorded.remote_app), bag.clone()))
        .collect();
    let mut relation = Relation {
        id: recorded.id,
        peer: is_peer,
        remote_app: recorded.remote_app.clone(),
        local_app: recorded.local_app_data.clone(),
        local_units: [(unit.to_owned(), recorded.local_unit_data.clone())].into(),
        ..empty(&recorded.endpoint, &recorded.interface)
    };
    if is_peer {
        relation.local_units.extend(remote_units);
    } else {
        relation.remote_app_bag.clone_from(&recorded.remote_app_data);
        relation.remote_units.extend(remote_units);
    }
    relation
}

/// A secret of the application whose bag names it.
fn write_secret(model: &mut Model, recording: &recording::Recording, recorded: &recording::Secret) {
    let id = Secret::bare_id(&recorded.id);
    let names_it = |relation: &&Relation| relation.remote_app_bag.values().any(|value| Secret::bare_id(value) == id);
    let Some(relation) = model.relations.values().find(names_it) else { return };
    let mut secret = Secret::new(Owner::Application(relation.remote_app.clone()), recorded.content.clone());
    secret.access.push(Access { target: recording.input.app.clone(), relation: Some(relation.id) });
    if let Some(latest) = &recorded.latest_content {
        secret.update(latest.clone());
    }
    if recorded.label.is_some() || recorded.latest_content.is_some() {
        let consumer = Consumer { label: recorded.label.clone(), revision: 1 };
        secret.consumers.insert(recording.input.unit.clone(), consumer);
    }
    model.secrets.insert(id.to_owned(), secret);
}

fn status(recorded: &recording::Status) -> Status {
    Status::new(recorded.name.parse().unwrap_or(StatusKind::Unknown), &recorded.message)
}
