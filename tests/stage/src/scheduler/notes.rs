//! What the agent notes down before and after a hook, and of the world around it.

use crate::{
    hook::{HookEvent, RelationStep, SecretStep, WorkloadStep},
    model::{Application, Databag, Life, Memory, Model, Relation, Unit, databag, names::application_of},
};
use serde_json::json;
use std::time::Duration;

/// All that `config-changed` runs for, as one text.
#[must_use]
pub fn config_digest(model: &Model, name: &str, unit: &Unit) -> String {
    let application = model.application_of(name);
    json!([application.config_of(unit.memory.revision), application.trusted, unit.address]).to_string()
}

/// A hook is about to run.
pub fn begun(model: &mut Model, name: &str, event: &HookEvent) {
    let revision = Some(model.application_of(name).revision);
    let digest = model.units.get(name).map(|unit| config_digest(model, name, unit));
    let Some(unit) = model.units.get_mut(name) else { return };
    let memory = &mut unit.memory;
    if memory.queued.as_ref() == Some(event) {
        memory.queued = None;
    }
    match event {
        HookEvent::Plain { name } if name == "config-changed" => memory.config = digest,
        HookEvent::Plain { name } if name == "install" || name == "upgrade-charm" => {
            (memory.revision, memory.unpacked_again) = (revision, false);
        }
        _ => {}
    }
}

/// A unit that joins or changes is read anew.
pub fn refresh(model: &mut Model, name: &str, event: &HookEvent) {
    let HookEvent::Relation { relation, step: RelationStep::Joined | RelationStep::Changed, unit: Some(other), .. } =
        event
    else {
        return;
    };
    if let Some(unit) = model.units.get_mut(name) {
        unit.memory.relations.entry(*relation).or_default().cache.remove(other);
    }
}

/// A hook was committed.
pub fn committed(model: &mut Model, name: &str, event: &HookEvent) {
    let now = model.now();
    let latest = |id: &str| model.secrets.get(id).map(crate::Secret::latest).unwrap_or_default();
    let revision = if let HookEvent::Secret { id, .. } = event { latest(id) } else { 0 };
    if let HookEvent::Relation { .. } = event {
        committed_relation(model, name, event);
    }
    let Some(unit) = model.units.get_mut(name) else { return };
    unit.memory.attempts = 0;
    unit.memory.failed = unit.memory.failed.take().filter(|failure| failure.hook != *event);
    match event {
        HookEvent::Plain { name } => committed_plain(unit, name),
        HookEvent::Workload { container, step: WorkloadStep::Ready } => {
            let boot = unit.boot_ids.get(container).cloned().unwrap_or_default();
            unit.memory.boots.insert(container.clone(), boot);
        }
        HookEvent::Workload { .. } => drop_notice(&mut unit.memory, event),
        HookEvent::Storage { id, step, .. } if step == "attached" => drop(unit.memory.storage.insert(id.clone())),
        HookEvent::Storage { id, .. } => {
            unit.memory.storage.remove(id);
            model.storage.remove(id);
        }
        HookEvent::Secret { id, step: SecretStep::Changed, .. } => {
            unit.memory.secrets.insert(id.clone(), revision);
        }
        HookEvent::Secret { id, step: SecretStep::Rotate, .. } => {
            if let Some(secret) = model.secrets.get_mut(id) {
                secret.schedule_rotation(now);
            }
        }
        HookEvent::Secret { id, step: SecretStep::Expired, .. } => {
            unit.memory.expired.insert(id.clone(), now);
        }
        HookEvent::Secret { id, step: SecretStep::Remove, revision: Some(revision) } => {
            unit.memory.obsolete.insert(format!("{id}/{revision}"));
        }
        _ => {}
    }
}

/// Takes a delivered event from the waiting ones.
pub fn drop_notice(memory: &mut Memory, event: &HookEvent) {
    if let Some(place) = memory.notices.iter().position(|waiting| waiting == event) {
        memory.notices.remove(place);
    }
}

fn committed_plain(unit: &mut Unit, name: &str) {
    let memory = &mut unit.memory;
    match name {
        "install" => memory.installed = true,
        "start" => (memory.started, memory.ready, memory.restarted) = (true, true, false),
        "stop" => (memory.stopped, memory.ready) = (true, false),
        "remove" => unit.life = Life::Dead,
        "leader-elected" => memory.leads = true,
        "upgrade-charm" => match memory.failed.take() {
            Some(failure) => memory.retry(failure),
            None => drop(memory.queued.get_or_insert_with(HookEvent::config_changed)),
        },
        "leader-settings-changed" => memory.heard_of_leader = true,
        "config-changed" if memory.config_twice => (memory.config_twice, memory.config) = (false, None),
        "config-changed" if !memory.started || memory.restarted => {
            memory.queued = Some(HookEvent::plain("start"));
        }
        _ => {}
    }
}

fn committed_relation(model: &mut Model, name: &str, event: &HookEvent) {
    let HookEvent::Relation { relation: id, step, unit: other, .. } = event else { return };
    let Some(relation) = model.relations.get_mut(id) else { return };
    let Some(unit) = model.units.get_mut(name) else { return };
    let known = unit.memory.relations.entry(*id).or_default();
    let bag = |other: &str| relation.others(name).get(other).map(|bag| (*bag).clone());
    match (step, other) {
        (RelationStep::Created, _) => known.created = true,
        (RelationStep::Joined, Some(other)) => drop(known.joined.insert(other.clone(), None)),
        (RelationStep::Changed, Some(other)) => {
            // A unit that has left meanwhile has changed for the last time.
            let seen = bag(other).or_else(|| known.joined.get(other).cloned().flatten()).unwrap_or_default();
            known.joined.insert(other.clone(), Some(seen));
        }
        (RelationStep::Changed, None) => known.app = relation.other_app(application_of(name)).clone(),
        (RelationStep::Departed, Some(other)) => {
            known.joined.remove(other);
            known.cache.remove(other);
        }
        (RelationStep::Broken, _) => {
            known.broken = true;
            relation.leave(name);
        }
        (RelationStep::Joined | RelationStep::Departed, None) => {}
    }
}

/// How long a leader may stand still until another unit has its place.
const LEASE: Duration = Duration::from_secs(49);

/// The leadership of a unit that has stood still for too long goes to the first one that has not.
fn replace_frozen_leaders(model: &mut Model) {
    let now = model.now();
    let is_lost = |name: &String| {
        let frozen = model.units.get(name).and_then(|unit| unit.frozen);
        frozen.is_some_and(|since| since + LEASE <= now)
    };
    let led = model.applications.values().filter(|application| application.leader.as_ref().is_some_and(is_lost));
    let heir = |application: &Application| {
        let mut others = model.units_of(&application.name);
        let heir = others.find(|(_, unit)| unit.life == Life::Alive && unit.frozen.is_none());
        heir.map(|(heir, _)| heir.clone())
    };
    let heirs: Vec<String> = led.filter_map(heir).collect();
    for heir in heirs {
        model.application_of_mut(&heir).leader = Some(heir.clone());
    }
}

/// What happens without a hook: units enter relations, and forget a leadership that they lost.
pub fn keep_up(model: &mut Model) {
    replace_frozen_leaders(model);
    let leaders: Vec<String> =
        model.applications.values().filter_map(|application| application.leader.clone()).collect();
    let relations: Vec<u32> = model.relations.keys().copied().collect();
    let (applications, juju) = (&model.applications, model.juju);
    for (name, unit) in &mut model.units {
        let leads = leaders.contains(name);
        unit.memory.heard_of_leader &= leads || !unit.memory.leads;
        unit.memory.leads &= leads;
        let is_moot = |event: &HookEvent| match event {
            HookEvent::Relation { relation, .. } => !relations.contains(relation),
            event => !leads && *event == HookEvent::plain("leader-elected"),
        };
        unit.memory.queued = unit.memory.queued.take().filter(|event| !is_moot(event));
        let service = applications.get(application_of(name)).map_or(unit.address, |application| application.service);
        let bag = databag::own(service, juju);
        for relation in model.relations.values_mut().filter(|relation| relation.own(application_of(name)).is_some()) {
            keep_up_relation(name, unit, relation, &bag);
        }
    }
}

fn keep_up_relation(name: &str, unit: &mut Unit, relation: &mut Relation, bag: &Databag) {
    let entered = relation.unit_bag(name).is_some();
    let ending = relation.life != Life::Alive || unit.life != Life::Alive;
    let installed = unit.memory.installed;
    let is_busy = unit.memory.waits_in(relation.id);
    let known = unit.memory.relations.entry(relation.id).or_default();
    if installed && !entered && !ending && !known.broken {
        relation.enter(name, bag.clone());
    }
    if entered && ending && !is_busy && known.joined.is_empty() && !known.created {
        relation.leave(name);
        known.broken = true;
    }
}

/// Makes an agent remember everything that stands in the model now, as if all hooks had run.
pub fn catch_up(model: &mut Model, name: &str) {
    let own = application_of(name);
    let is_own = |relation: &&Relation| relation.own(own).is_some();
    let relations: Vec<Relation> = model.relations.values().filter(is_own).cloned().collect();
    let (revision, leads) = (model.application_of(name).revision, model.is_leader(name));
    let secrets = model.secrets.iter().map(|(id, secret)| (id.clone(), secret.latest())).collect();
    let digest = model.units.get(name).map(|unit| config_digest(model, name, unit));
    let Some(unit) = model.units.get_mut(name) else { return };
    let memory = &mut unit.memory;
    (memory.installed, memory.started, memory.ready, memory.restarted) = (true, true, true, false);
    (memory.leads, memory.revision, memory.config) = (leads, Some(revision), digest);
    (memory.secrets, memory.boots) = (secrets, unit.boot_ids.clone());
    for relation in relations {
        let known = memory.relations.entry(relation.id).or_default();
        known.created = true;
        known.app.clone_from(relation.other_app(own));
        let bags = relation.others(name).into_iter();
        known.joined = bags.map(|(other, bag)| (other.to_owned(), Some(bag.clone()))).collect();
    }
}
