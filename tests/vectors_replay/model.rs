//! The world of a vector, written into the stage's model.

use std::net::{IpAddr, Ipv4Addr};

use stage::model::{Access, Consumer, Databag, End, Model, Owner, Relation, Secret, Status, StatusKind, Unit};

use time::OffsetDateTime;

use super::{before::Before, recording};

/// The key of the time at which a turn was granted.
const GRANTED_AT: &str = "granted-at";

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
    model.application_mut().config.clone_from(&before.config);
    model.proxies.clone_from(&before.proxies);
    model.application_mut().leader = Some(recording.input.unit.clone());
    let needed = [("database", "postgresql_client", &before.database), ("redis", "redis", &before.redis)];
    let identity = before.identity.iter().map(|(endpoint, bag)| (endpoint.as_str(), endpoint.as_str(), bag));
    for ((endpoint, interface, bag), spare) in needed.into_iter().chain(identity).zip(FIRST_SPARE_RELATION..) {
        let known = recording.relation(endpoint);
        let remote_app = known.map_or(endpoint, |relation| relation.remote_app.as_str());
        let id = known.map_or(spare, |relation| relation.id);
        let units = [(format!("{remote_app}/0"), bag.clone())].into();
        let theirs = End { app: bag.clone(), units, ..End::new(remote_app, endpoint) };
        let ends = vec![End::new(&recording.input.app, endpoint), theirs];
        model.relations.insert(id, Relation { id, interface: interface.to_owned(), ends, ..Relation::default() });
    }
    note_lock(model, &recording.input);
}

/// A follower that serves has had the Python charm's lock: the recordings of single hooks leave that out.
fn note_lock(model: &mut Model, input: &recording::Input) {
    let peers = model.relation_mut("restart").filter(|_| !input.leader);
    if let Some(peers) = peers.and_then(|peers| peers.own_mut(&input.app)) {
        let bag = peers.units.entry(input.unit.clone()).or_default();
        bag.entry("state".to_owned()).or_insert_with(|| "release".to_owned());
    }
}

/// Replaces everything that the vector describes; the charm's own records in the peer databag stay.
pub fn write(model: &mut Model, recording: &recording::Recording) {
    let input = &recording.input;
    let unit = input.unit.clone();
    model.name.clone_from(&input.model.name);
    model.uuid.clone_from(&input.model.uuid);
    model.application_mut().config.clone_from(&input.config);
    model.proxies.clone_from(&recording.env);
    model.application_mut().leader = input.leader.then(|| unit.clone());
    let own_notes = model.relation("restart").and_then(|peers| peers.unit_bag(&unit).cloned()).unwrap_or_default();
    model.relations = input.relations.iter().map(|relation| (relation.id, whole(relation, input))).collect();
    if let Some(peers) = model.relation_mut("restart").and_then(|peers| peers.own_mut(&input.app)) {
        peers.units.entry(unit.clone()).or_default().extend(own_notes);
    }
    note_lock(model, input);
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

/// Gives the unit the turn that it asks for; returns whether it does.
pub fn grant_turn(model: &mut Model, recording: &recording::Recording) -> bool {
    let unit = &recording.input.unit;
    let Some(peers) = model.relation_mut("restart").and_then(|peers| peers.own_mut(&recording.input.app)) else {
        return false;
    };
    let is_asking = peers.units.get(unit).is_some_and(|bag| bag.get("state").is_some_and(|state| state == "acquire"));
    if is_asking {
        let now = OffsetDateTime::now_utc().unix_timestamp().to_string();
        peers.app.extend([(grant(unit), "granted".to_owned()), (GRANTED_AT.to_owned(), now)]);
    }
    is_asking
}

/// Takes the turn back.
pub fn end_turn(model: &mut Model, recording: &recording::Recording) {
    if let Some(peers) = model.relation_mut("restart").and_then(|peers| peers.own_mut(&recording.input.app)) {
        let ended = [grant(&recording.input.unit), GRANTED_AT.to_owned()];
        peers.app.retain(|key, _| !ended.contains(key));
    }
}

fn grant(unit: &str) -> String {
    format!("<ops.model.Unit {unit}>")
}

fn whole(recorded: &recording::Relation, input: &recording::Input) -> Relation {
    let endpoint = &recorded.endpoint;
    let unit = |(number, bag): (&u32, &Databag)| (format!("{}/{number}", recorded.remote_app), bag.clone());
    let remote_units: Vec<(String, Databag)> = recorded.remote_units_data.iter().map(unit).collect();
    let mut ours = End { app: recorded.local_app_data.clone(), ..End::new(&input.app, endpoint) };
    ours.units.insert(input.unit.clone(), recorded.local_unit_data.clone());
    let ends = if recorded.kind == "peer" {
        ours.units.extend(remote_units);
        vec![ours]
    } else {
        let mut theirs = End { app: recorded.remote_app_data.clone(), ..End::new(&recorded.remote_app, endpoint) };
        theirs.units.extend(remote_units);
        vec![ours, theirs]
    };
    Relation { id: recorded.id, interface: recorded.interface.clone(), ends, ..Relation::default() }
}

/// A secret of the application whose bag names it.
fn write_secret(model: &mut Model, recording: &recording::Recording, recorded: &recording::Secret) {
    let id = Secret::bare_id(&recorded.id);
    let app = &recording.input.app;
    let names_it = |relation: &&Relation| relation.other_app(app).values().any(|value| Secret::bare_id(value) == id);
    let Some(relation) = model.relations.values().find(names_it) else { return };
    let owner = relation.other_application(app).to_owned();
    let mut secret = Secret::new(Owner::Application(owner), recorded.content.clone());
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
