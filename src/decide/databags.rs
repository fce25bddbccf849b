//! What Juju is to know besides the status: databags, port, workload version.

use crate::{
    decision::{Because, DatabagWrite},
    discourse::{
        bucket::Bucket,
        image::{Image, METRICS_PORT, PORT},
        job::{Job, Outcome},
    },
    fleet::Fleet,
    journal::Journal,
    relations::{
        ENDPOINTS, Endpoint, Identity, Owner, Relation, RemoteApp, Write, restart,
        restart::{Memory, Phase},
    },
    status::{Kind, Status},
    world::World,
};

use super::{
    Understanding,
    case::Case,
    jobs::{Verdict, Verdicts},
    warnings::Warnings,
};

/// The changes of all our databags.
///
/// A lease can be lost during long work, and the write of a former leader would fail the whole hook: the next hook writes then.
pub(super) fn all(
    world: &World,
    journal: &Journal,
    known: &Understanding,
    case: Option<Case>,
    verdicts: &Verdicts,
    warnings: &Warnings,
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
        let memory = Memory { warnings: warnings.digest.clone(), ..memory(world, &known.fleet, case, verdicts) };
        let memory = memory.changes(&relation.own_unit);
        [
            in_relation(relation, Write::unit(memory, "peers and the next hook rely on it")),
            in_relation(relation, Write::app(known.fleet.drop_stale_grants(), "nobody waits for these grants")),
        ]
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
    Because::when(!is_open, port_name(), "the server listens there")
}

/// The version of the image, shown by Juju once it is set.
pub(super) fn version(world: &World, fleet: &Fleet) -> Option<Because<String>> {
    world.peers()?;
    let image = image(world)?;
    let is_new = fleet.memory.version.as_ref() != Some(&image.version);
    Because::when(is_new, image.version.clone(), "the image has another version")
}

/// The Python charm leaves a status behind; its grants show that it ran here.
pub(super) fn application_status(world: &World, journal: &Journal, fleet: &Fleet) -> Option<Because<Status>> {
    let is_left_over = !fleet.drop_stale_grants().is_empty();
    let is_due = world.is_leader && !journal.has_job() && is_left_over;
    Because::when(is_due, Status::new(Kind::Active, ""), "the Python charm left its restart status")
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

fn port_name() -> String {
    format!("{PORT}/tcp")
}

fn image(world: &World) -> Option<&Image> {
    world.container.as_ref().ok()?.image.as_ref().ok()
}

/// What this unit is to remember: what is known now, else what it remembers.
fn memory(world: &World, fleet: &Fleet, case: Option<Case>, verdicts: &Verdicts) -> Memory {
    let old = fleet.memory.clone();
    let Some(image) = image(world) else { return Memory { port: Some(port_name()), ..old } };
    let proven = proven_phase(&verdicts.migration);
    let schema = proven.map(|phase| restart::schema_note(image, phase));
    let same_image = |_: &String| old.image.as_ref() == Some(&image.revision);
    Memory {
        schema: schema.or_else(|| old.schema.clone().filter(same_image)),
        migrated: proven.and(case.map(|case| case.target.migrated_note())).or(old.migrated),
        assets: case.and_then(|case| uploaded(&case, verdicts)).or(old.assets),
        attempt: verdicts.attempt.as_ref().and_then(|attempt| serde_json::to_string(attempt).ok()),
        port: Some(port_name()),
        version: Some(image.version.clone()),
        image: Some(image.revision.clone()),
        ..old
    }
}

fn proven_phase(migration: &Verdict) -> Option<Phase> {
    if let Verdict::Done(phase, _) = migration { Some(*phase) } else { None }
}

/// The assets that this unit has uploaded; only that unit remembers them.
fn uploaded(case: &Case, verdicts: &Verdicts) -> Option<String> {
    let run = case.world.inspection.as_ref()?.upload.as_ref()?;
    let is_done = run.outcome == Outcome::Done && verdicts.upload == Verdict::Done(Phase::Complete, None);
    let is_for_this = case.header(Job::UploadAssets).as_ref() == Some(&run.header);
    let storage = case.target.asset_storage().filter(|_| is_done && is_for_this)?;
    Some(case.target.assets_note(&storage))
}
