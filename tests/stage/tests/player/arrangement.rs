//! The model of a scenario, put on a stage.

use super::{
    charm::{self, APPLICATION},
    event::{ACTION, Event},
    playing::PlayError,
    recording::{Before, Hook, Relation, Role, Scenario, Secret, StatusInfo, World},
};
use serde_json::{Map, Value};
use stage::{
    Action, End, Model, Stage, StageError, Unit, Version,
    model::{self, Access, Consumer, Host, Owner, databag},
};
use std::path::Path;
use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::datetime};

/// The unit whose hooks were recorded.
pub const UNIT: &str = "probe/0";

/// Where the recorded controller's clock stood, and when it wanted every secret with a policy to change.
const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

/// A stage that knows what the controller held, and like it has no pods: the recorded agents ran on Debian. The charm is written
/// into `folder`.
pub fn stage(scenario: &Scenario, version: Version, folder: &Path) -> Result<Stage, PlayError> {
    charm::write(folder, scenario)?;
    let builder = Stage::builder().charm(folder).juju(version);
    let mut stage = builder.host(Host::OtherLinux).stopped_clock(NOW).build()?;
    fill(stage.model_mut(), &scenario.model);
    Ok(stage)
}

/// Puts all that the file describes into the model.
fn fill(model: &mut Model, world: &World) {
    model.proxies.clear();
    model.names_model_in_secrets = false;
    model.notes_storage = true;
    set_leader(model, world.leader);
    model.application_mut().service = world.address;
    set_config(model, &world.config);
    model.application_mut().trusted = world.trust;
    model.application_mut().status = status(&world.app_status);
    let mut unit = Unit { status: status(&world.status), state: world.state.clone(), ..Unit::new(world.address) };
    unit.opened_ports.clone_from(&world.ports);
    model.units.insert(UNIT.to_owned(), unit);
    for (name, other) in &world.units {
        model.units.insert(name.clone(), Unit { status: status(other), ..Unit::new(world.address) });
    }
    world.relations.iter().for_each(|relation| relate(model, world, relation));
    let secrets = world.secrets.iter().map(|secret| (secret.id.clone(), held(model, secret))).collect();
    model.secrets = secrets;
}

fn set_leader(model: &mut Model, leads: bool) {
    model.application_mut().leader = Some(if leads { UNIT } else { "probe/1" }.to_owned());
}

fn set_config(model: &mut Model, config: &Map<String, Value>) {
    for (name, value) in config {
        model.application_mut().set_option(name, value.clone());
    }
}

fn status(recorded: &StatusInfo) -> stage::Status {
    stage::Status { data: recorded.data.clone(), ..stage::Status::new(recorded.status, &recorded.message) }
}

fn relate(model: &mut Model, world: &World, recorded: &Relation) {
    let mut own = End {
        app: recorded.local_app_data.clone(),
        units: recorded.local_units.clone(),
        ..End::new(APPLICATION, &recorded.endpoint)
    };
    if !recorded.not_entered {
        own.units.insert(UNIT.to_owned(), databag::seed(world.address));
    }
    let other = End {
        model_uuid: recorded.remote_model.clone(),
        app: recorded.remote_app_data.clone(),
        units: recorded.remote_units.clone(),
        departed: recorded.gone_units.clone(),
        ..End::new(&recorded.remote_app, &recorded.remote_endpoint)
    };
    let ends = if recorded.role == Role::Peer { vec![own] } else { vec![own, other] };
    let (id, interface, life) = (recorded.id, recorded.interface.clone(), recorded.life);
    model.relations.insert(id, stage::Relation { id, interface, life, ends });
}

fn held(model: &Model, recorded: &Secret) -> stage::Secret {
    let access = |access: &super::recording::Access| Access {
        target: name_of(&access.target),
        relation: scope(model, &access.scope),
    };
    let consumer = |consumer: &super::recording::Consumer| Consumer {
        label: Some(consumer.label.clone()).filter(|label| !label.is_empty()),
        revision: consumer.revision,
    };
    stage::Secret {
        label: recorded.label.clone(),
        description: recorded.description.clone(),
        rotate: recorded.rotate.clone(),
        rotates: rotation(recorded.rotate.as_deref()),
        revisions: recorded.revisions.clone(),
        access: recorded.access.iter().map(access).collect(),
        consumers: recorded.consumers.iter().map(|(unit, it)| (unit.clone(), consumer(it))).collect(),
        ..stage::Secret::new(owner(&recorded.owner), model::Databag::new())
    }
}

/// When the recorded controller wants a secret with this policy to change.
fn rotation(policy: Option<&str>) -> Option<String> {
    policy.filter(|policy| *policy != "never").and_then(|_| NOW.format(&Rfc3339).ok())
}

fn owner(tag: &str) -> Owner {
    let name = name_of(tag);
    if tag.starts_with("unit-") { Owner::Unit(name) } else { Owner::Application(name) }
}

/// What a tag names: `unit-pg-0` is `pg/0`.
fn name_of(tag: &str) -> String {
    match tag.strip_prefix("unit-").and_then(|name| name.rsplit_once('-')) {
        Some((application, number)) => format!("{application}/{number}"),
        None => tag.strip_prefix("application-").unwrap_or(tag).to_owned(),
    }
}

/// The relation that a tag names by both of its ends: `relation-probe.database#pg.sql`.
fn scope(model: &Model, tag: &str) -> Option<u32> {
    let mut named: Vec<String> =
        tag.strip_prefix("relation-")?.split('#').map(|end| end.replacen('.', ":", 1)).collect();
    named.sort();
    let is_meant = |relation: &stage::Relation| {
        let mut ends: Vec<String> = relation.ends.iter().map(End::name).collect();
        ends.sort();
        ends == named
    };
    model.relations.values().find(|relation| is_meant(relation)).map(|relation| relation.id)
}

/// Makes the changes that stand before a hook, and the action that it runs; the agent knows all that the controller knows.
pub fn prepare(stage: &mut Stage, hook: &Hook) -> Result<(), StageError> {
    let model = stage.model_mut();
    model.storage.clear();
    model.secrets.values_mut().for_each(|secret| secret.rotates = rotation(secret.rotate.as_deref()));
    if let Some(before) = &hook.before {
        change(model, before);
    }
    if let Event::Action(action) = &hook.event {
        let (name, unit, parameters) = (action.action.clone(), UNIT.to_owned(), action.params.clone());
        model.actions.insert(ACTION, Action { name, unit, parameters, ..Action::default() });
    }
    stage.assume_notified(0)
}

fn change(model: &mut Model, before: &Before) {
    set_config(model, &before.config);
    if let Some(leads) = before.leader {
        set_leader(model, leads);
    }
    for (place, bag) in &before.remote_units {
        change_unit(model, place, Some(bag.clone()));
    }
    before.gone.iter().for_each(|place| change_unit(model, place, None));
    for (id, bag) in &before.remote_apps {
        if let Some(other) = model.relations.get_mut(id).and_then(|relation| relation.other_mut(APPLICATION)) {
            other.app.clone_from(bag);
        }
    }
}

/// A unit at the other end has another databag, or leaves.
fn change_unit(model: &mut Model, place: &str, bag: Option<model::Databag>) {
    let Some((id, name)) = place.split_once(' ') else { return };
    let Some(relation) = id.parse().ok().and_then(|id| model.relations.get_mut(&id)) else { return };
    match bag {
        Some(bag) => relation.enter(name, bag),
        None => relation.leave(name),
    }
}
