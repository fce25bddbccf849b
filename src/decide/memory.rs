//! What this unit publishes to its peers and to its own next hook.

use crate::{
    discourse::{
        job::{Job, Outcome},
        secret_key,
    },
    fleet::Fleet,
    journal::Journal,
    relations::{
        restart,
        restart::{Memory, Phase},
    },
    secret::Secret,
    status::Status,
    world::{Check, Container, Service, World},
};

use super::{
    Plan,
    case::Case,
    databags::{image, port_name},
    jobs::{Verdict, Verdicts},
    peers, preflight, restore, turn,
    warnings::Warnings,
};

/// What this unit is to remember: what is known now, else what it remembers.
pub(super) fn memory(
    world: &World,
    journal: &Journal,
    fleet: &Fleet,
    case: Option<Case>,
    plan: &Plan,
    warnings: &Warnings,
    status: &Status,
) -> Memory {
    let container = world.container.as_ref().ok();
    let is_serving = container.is_some_and(|it| it.gate == Check::Stopped && matches!(it.service, Service::Running(_)));
    let memory = of_image(world, fleet, case, &plan.verdicts);
    Memory {
        warnings: warnings.digest.clone(),
        asks: turn::is_asked_for(case, container, plan),
        has_served: fleet.memory.has_served || is_serving,
        ack: acknowledged(fleet, memory.image.as_ref()),
        rotation: followed(world, fleet),
        preflight: preflight::words(world, fleet),
        restore: restore::remembered(world, journal, fleet),
        restore_ack: restore::acknowledged(fleet, container),
        restart: fleet.memory.restart.clone().filter(|_| is_restart_left(case, container)),
        // Only peers read it.
        status: (!fleet.peers.is_empty()).then(|| peers::line(status)),
        ..memory
    }
}

/// The acknowledgement of the barrier, if this unit runs its image: no older code of this unit serves any more.
fn acknowledged(fleet: &Fleet, image: Option<&String>) -> Option<String> {
    let barrier = fleet.barrier.as_ref().filter(|_| !fleet.peers.is_empty())?;
    (Some(&barrier.image) == image).then(|| barrier.ack())
}

/// Whether the server that is to restart may still run.
fn is_restart_left(case: Option<Case>, container: Option<&Container>) -> bool {
    case.zip(container).is_none_or(|(case, container)| case.is_restart_due(container))
}

/// The rotation of the secret key that the server follows: this hook has found the key, and Pebble's plan has it.
fn followed(world: &World, fleet: &Fleet) -> Option<String> {
    let planned = world.running_environment().remove(secret_key::VARIABLE);
    let is_planned = |key: &Secret| planned.as_deref() == Some(key.expose());
    let is_followed = world.secret_key.as_ref().is_some_and(is_planned);
    if is_followed { fleet.rotation.clone() } else { fleet.memory.rotation.clone() }
}

fn of_image(world: &World, fleet: &Fleet, case: Option<Case>, verdicts: &Verdicts) -> Memory {
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
    let run = case.world.inspection.as_ref()?.run(Job::UploadAssets)?;
    let is_done = run.outcome == Outcome::Done && verdicts.upload == Verdict::Done(Phase::Complete, None);
    let is_for_this = case.header(Job::UploadAssets).as_ref() == Some(&run.header);
    let storage = case.target.asset_storage().filter(|_| is_done && is_for_this)?;
    Some(case.target.assets_note(&storage))
}
