//! What Juju is to know besides the status: databags, port, workload version.

use crate::{
    decision::{Because, DatabagWrite},
    discourse::{
        bucket::Bucket,
        image::{Image, METRICS_PORT, PORT},
    },
    fleet::Fleet,
    journal::Journal,
    relations::{ENDPOINTS, Endpoint, Identity, Owner, Relation, RemoteApp, Write, restart::Memory},
    status::Status,
    world::World,
};

use super::{Understanding, peers};

/// The changes of all our databags.
///
/// A lease can be lost during long work, and the write of a former leader would fail the whole hook: the next hook writes then.
pub(super) fn all(
    world: &World,
    journal: &Journal,
    known: &Understanding,
    memory: &Memory,
    status: &Status,
) -> Vec<DatabagWrite> {
    let identity = identity(world, known);
    let may_write_app = world.is_leader && !journal.has_job();
    let of_endpoints = ENDPOINTS.into_iter().flat_map(|endpoint| {
        // What is written depends on what is there.
        let relations = world.relations.all(endpoint).iter().filter(|relation| relation.unreadable.is_none());
        let is_due = |it: &Write| world.address.is_ok() || !holds_address(endpoint, it);
        let identity = &identity;
        relations.flat_map(move |relation| {
            let writes = (endpoint.writes)(relation, identity).into_iter().filter(is_due);
            writes.map(|it| in_relation(relation, it))
        })
    });
    let of_peers = world.peers().into_iter().flat_map(|relation| {
        let writes = peers::writes(world, &known.fleet, memory, status, &relation.own_unit);
        writes.into_iter().map(|it| in_relation(relation, it))
    });
    // The memory first, and nobody waits for a relation that can be missed.
    let mut writes: Vec<DatabagWrite> = of_peers.chain(of_endpoints).collect();
    writes.retain(|it| !it.write.changes.is_empty() && (may_write_app || it.write.owner == Owner::Unit));
    writes.sort_by_key(|it| (it.can_be_missed(), it.write.owner == Owner::App));
    writes
}

/// Whether a databag holds the address of the pod: then it is left as it is while Juju does not say the address.
fn holds_address(endpoint: &Endpoint, write: &Write) -> bool {
    endpoint.reads.address && write.owner == Owner::Unit
}

/// What the remote applications reject of what we wrote, for the log.
pub(super) fn complaints(world: &World) -> Vec<String> {
    let answering = ENDPOINTS.into_iter().filter(|endpoint| endpoint.reads.remote_app == RemoteApp::OwnHooks);
    let relations = answering.flat_map(|endpoint| world.relations.all(endpoint));
    let unit = world.unit.to_string();
    relations.filter_map(|relation| relation.complaint(&unit)).collect()
}

/// The port of the server, opened once.
pub(super) fn port(world: &World, fleet: &Fleet) -> Option<Because<String>> {
    world.peers()?;
    let is_open = fleet.memory.port == Some(port_name());
    Because::when(!is_open || world.is_upgraded, port_name(), "the server listens there")
}

/// The version of the image, shown by Juju once it is set.
pub(super) fn version(world: &World, fleet: &Fleet) -> Option<Because<String>> {
    world.peers()?;
    let image = image(world)?;
    let is_new = fleet.memory.version.as_ref() != Some(&image.version);
    Because::when(is_new || world.is_upgraded, image.version.clone(), "the image has another version")
}

fn in_relation(relation: &Relation, write: Write) -> DatabagWrite {
    DatabagWrite { endpoint: relation.endpoint, relation: relation.id, write }
}

/// Who we are, for those who read our databags; what depends on options waits until they can be used.
fn identity<'a>(world: &'a World, known: &'a Understanding) -> Identity<'a> {
    Identity {
        unit: &world.unit,
        model: &world.model,
        topology: world.topology(),
        fqdn: world.fqdn(),
        address: world.address.as_ref().ok().and_then(Option::as_deref),
        forum: known.settings().map(|settings| &settings.address.authority),
        bucket: bucket(world),
        metrics_port: metrics_port(world, &known.fleet),
    }
}

/// The bucket to ask for.
fn bucket(world: &World) -> Option<String> {
    let named = world.options.text("s3_bucket").ok()?;
    if named.is_empty() { Some(named) } else { Bucket::parse(&named).map(|bucket| bucket.name().to_owned()) }
}

/// Units of the Python charm serve their metrics on Discourse's own port, and one job holds for all units.
fn metrics_port(world: &World, fleet: &Fleet) -> u16 {
    let has_our_image = world.container.as_ref().map_or(true, |container| container.image.is_ok());
    if has_our_image && fleet.is_migrated_from_python() { METRICS_PORT } else { PORT }
}

pub(super) fn port_name() -> String {
    format!("{PORT}/tcp")
}

pub(super) fn image(world: &World) -> Option<&Image> {
    world.container.as_ref().ok()?.image.as_ref().ok()
}
