//! What Juju is told besides the status: databags, ports, the workload version.

use crate::{
    decision::{BagWrite, Because, Owner},
    discourse::image::PORT,
    relations::{
        Changes, database, nginx_route,
        restart::{self, Note, Phase},
    },
    status::{Kind, Status},
    world::World,
};

use super::{
    jobs::{Verdict, Verdicts},
    offers,
    settings::settings,
    wanted::{Wanted, route},
    when,
};

/// The differences of all our databags.
pub(super) fn differences(world: &World, verdicts: &Verdicts) -> Vec<BagWrite> {
    let mut writes = unit_bags(world, verdicts);
    writes.extend(offers::unit_bags(world));
    // A lease can be lost during long work, and a lost leader's write would fail the whole hook: the next hook writes.
    if world.is_leader && world.history.jobs.is_empty() {
        writes.extend(app_bags(world));
        writes.extend(offers::app_bags(world));
    }
    writes.retain(|write| !write.changes.is_empty());
    writes
}

/// The port of the server, opened once.
pub(super) fn port(world: &World) -> Option<Because<String>> {
    let is_open = world.restart.as_ref()?.noted("port") == Some(&port_name());
    when(!is_open, port_name(), "the server listens there")
}

fn port_name() -> String {
    format!("{PORT}/tcp")
}

/// The version of the image, told to Juju once.
pub(super) fn version(world: &World) -> Option<Because<String>> {
    let image = world.container.as_ref()?.image.as_ref().ok()?;
    let is_new = world.restart.as_ref()?.noted("version") != Some(&image.version);
    when(is_new, image.version.clone(), "the image has another version")
}

/// The Python charm leaves a status of its own behind; its grants tell.
pub(super) fn application_status(world: &World) -> Option<Because<Status>> {
    let peers = world.restart.as_ref().filter(|_| world.is_leader && world.history.jobs.is_empty())?;
    let is_left_over = !peers.drop_stale_grants(world.unit.number).is_empty();
    when(is_left_over, Status::new(Kind::Active, ""), "the Python charm left its restart status")
}

fn unit_bags(world: &World, verdicts: &Verdicts) -> Vec<BagWrite> {
    let notes = world.restart.as_ref().map(|peers| BagWrite {
        endpoint: restart::ENDPOINT,
        relation: peers.id,
        owner: Owner::Unit,
        changes: peers.write(&note(world, peers, verdicts)),
        why: "peers and the next hook rely on it",
    });
    let left_over = world.database.as_ref().map(|relation| BagWrite {
        endpoint: database::ENDPOINT,
        relation: relation.id,
        owner: Owner::Unit,
        changes: relation.left_over(),
        why: "the Python charm's library left a copy of the provider's data",
    });
    notes.into_iter().chain(left_over).collect()
}

fn app_bags(world: &World) -> Vec<BagWrite> {
    let write = |endpoint, relation, changes, why| BagWrite { endpoint, relation, owner: Owner::App, changes, why };
    let database = world.database.as_ref();
    let database = database.map(|it| write(database::ENDPOINT, it.id, it.request(), "the request is incomplete"));
    let grants = world.restart.as_ref().map(|peers| {
        let changes = peers.drop_stale_grants(world.unit.number);
        write(restart::ENDPOINT, peers.id, changes, "nobody waits for these grants")
    });
    let route = world.nginx_route.as_ref().and_then(|relation| {
        let changes = route_changes(world, relation.own_app.as_ref()?)?;
        Some(write(nginx_route::ENDPOINT, relation.id, changes, "the route differs from the options"))
    });
    database.into_iter().chain(grants).chain(route).collect()
}

/// A route that would follow mistaken options is left as it is.
fn route_changes(world: &World, own_app: &crate::relations::Databag) -> Option<Changes> {
    let settings = settings(world, &mut Vec::new())?;
    Some(route(world, &settings).request(own_app))
}

/// What is to stand in our bag of the peer relation: what is known now, else what was noted.
fn note(world: &World, peers: &restart::Relation, verdicts: &Verdicts) -> Note {
    let noted = |key: &str| peers.noted(key).map(str::to_owned);
    let Some(Ok(image)) = world.container.as_ref().map(|container| container.image.as_ref()) else {
        return Note {
            port: Some(port_name()),
            image: noted("image"),
            schema: noted("schema"),
            migrated: noted("migrated"),
            version: noted("version"),
            assets: noted("assets"),
            attempt: noted("attempt"),
        };
    };
    let wanted = Wanted::of(world, &mut Vec::new());
    let is_same_image = peers.noted("image") == Some(&image.revision);
    let proven = proven_phase(&verdicts.migration);
    Note {
        schema: proven
            .map(|phase| restart::schema_note(image, phase))
            .or_else(|| noted("schema").filter(|_| is_same_image)),
        migrated: proven.and(wanted.as_ref().map(Wanted::migrated_note)).or_else(|| noted("migrated")),
        assets: assets(world, wanted.as_ref(), verdicts).or_else(|| noted("assets")),
        attempt: verdicts.attempt.as_ref().and_then(|attempt| serde_json::to_string(attempt).ok()),
        port: Some(port_name()),
        version: Some(image.version.clone()),
        image: Some(image.revision.clone()),
    }
}

fn proven_phase(migration: &Verdict) -> Option<Phase> {
    match migration {
        Verdict::Done(phase, _) => Some(*phase),
        _ => None,
    }
}

/// Only the unit that uploaded notes it.
fn assets(world: &World, wanted: Option<&Wanted>, verdicts: &Verdicts) -> Option<String> {
    let found = world.inspection.as_ref()?.upload.as_ref()?;
    let is_done = found.outcome == crate::discourse::job::Outcome::Done
        && verdicts.upload == Verdict::Done(Phase::Complete, None);
    let wanted = wanted.filter(|_| is_done)?;
    let s3 = wanted.asset_storage()?;
    (found.header == wanted.upload_header(world, s3)).then(|| wanted.assets_note(s3))
}
