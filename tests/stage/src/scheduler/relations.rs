//! Hooks of relations.

use super::Randomness;
use crate::{
    hook::{HookEvent, RelationStep},
    model::{Life, Memory, Model, Relation, RelationMemory, secret::application_of},
};
use rand::seq::SliceRandom as _;

/// `relation-created` of a live relation that the unit has entered and has not run yet.
pub fn created(model: &Model, name: &str, memory: &Memory, randomness: &mut Randomness) -> Option<HookEvent> {
    let new = |relation: &&Relation| {
        relation.life == Life::Alive
            && relation.unit_bag(name).is_some()
            && !memory.relations.get(&relation.id).is_some_and(|known| known.created)
    };
    let mut ids: Vec<u32> = model.relations.values().filter(new).map(|relation| relation.id).collect();
    ids.shuffle(&mut randomness.rng);
    ids.first().map(|id| HookEvent::relation(*id, RelationStep::Created, None))
}

/// The next hook of a relation whose members or databags changed.
pub fn changed(model: &Model, name: &str, memory: &Memory, randomness: &mut Randomness) -> Option<HookEvent> {
    let mut ids: Vec<u32> = memory.relations.keys().copied().collect();
    ids.shuffle(&mut randomness.rng);
    ids.into_iter().find_map(|id| {
        let relation = model.relations.get(&id)?;
        let known = memory.relations.get(&id).filter(|known| known.created && !known.broken)?;
        step(model, name, relation, known)
    })
}

fn step(model: &Model, name: &str, relation: &Relation, known: &RelationMemory) -> Option<HookEvent> {
    if relation.life != Life::Alive {
        return broken(relation, known, None);
    }
    let id = relation.id;
    let others = relation.others(name);
    let gone = known.joined.keys().find(|unit| !others.contains_key(unit.as_str()));
    if let Some(unit) = gone {
        return Some(departed(id, unit, unit));
    }
    let event = |step, unit: Option<&str>| HookEvent::relation(id, step, unit);
    if let Some((unit, _)) = known.joined.iter().find(|(_, bag)| bag.is_none()) {
        return Some(event(RelationStep::Changed, Some(unit)));
    }
    // A leader gets no hook for what it wrote itself.
    if *relation.other_app(application_of(name)) != known.app && !(relation.is_peer() && model.is_leader(name)) {
        return Some(event(RelationStep::Changed, None));
    }
    if let Some(unit) = others.keys().find(|unit| !known.joined.contains_key(**unit)) {
        return Some(event(RelationStep::Joined, Some(unit)));
    }
    let differs = |(unit, bag): &(&&str, &&crate::Databag)| {
        known.joined.get(**unit).is_some_and(|seen| seen.as_ref() != Some(**bag))
    };
    others.iter().find(differs).map(|(unit, _)| event(RelationStep::Changed, Some(unit)))
}

/// The end of a relation: every unit departs, then it is broken; peers have no broken hook.
pub fn broken(relation: &Relation, known: &RelationMemory, departing: Option<&str>) -> Option<HookEvent> {
    if let Some(unit) = known.joined.keys().next() {
        return Some(departed(relation.id, unit, departing.unwrap_or(unit)));
    }
    (!relation.is_peer()).then(|| HookEvent::relation(relation.id, RelationStep::Broken, None))
}

fn departed(relation: u32, unit: &str, departing: &str) -> HookEvent {
    HookEvent::Relation {
        relation,
        step: RelationStep::Departed,
        unit: Some(unit.to_owned()),
        departing: Some(departing.to_owned()),
    }
}
