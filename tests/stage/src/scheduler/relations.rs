//! Hooks of relations.

use super::Randomness;
use crate::{
    hook::{HookEvent, RelationStep},
    model::{Life, Memory, Model, Relation, RelationMemory, names::application_of},
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

/// The next hook of a relation whose members or databags changed; that of peers comes when no other relation has one.
pub fn changed(model: &Model, name: &str, memory: &Memory, randomness: &mut Randomness) -> Option<HookEvent> {
    in_order(model, memory, randomness).into_iter().find_map(|(relation, known)| step(name, relation, known))
}

/// The relations of a unit in a random order, those to its peers last.
pub fn in_order<'m>(
    model: &'m Model,
    memory: &'m Memory,
    randomness: &mut Randomness,
) -> Vec<(&'m Relation, &'m RelationMemory)> {
    let known = memory.relations.iter().filter(|(_, known)| known.created && !known.broken);
    let mut found: Vec<_> =
        known.filter_map(|(id, known)| model.relations.get(id).map(|relation| (relation, known))).collect();
    found.shuffle(&mut randomness.rng);
    found.sort_by_key(|(relation, _)| relation.is_peer());
    found
}

fn step(name: &str, relation: &Relation, known: &RelationMemory) -> Option<HookEvent> {
    let id = relation.id;
    let event = |step, unit: Option<&str>| HookEvent::relation(id, step, unit);
    if let Some(unit) = pending(known) {
        return Some(event(RelationStep::Changed, Some(unit)));
    }
    if relation.life != Life::Alive {
        return Some(broken(relation, known, None));
    }
    let others = relation.others(name);
    let gone = known.joined.keys().find(|unit| !others.contains_key(unit.as_str()));
    if let Some(unit) = gone {
        return Some(departed(id, unit, unit));
    }
    if *relation.other_app(application_of(name)) != known.app {
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

/// A unit that has joined and whose first `changed` is still to come, though it may have left meanwhile.
pub fn pending(known: &RelationMemory) -> Option<&str> {
    known.joined.iter().find(|(_, bag)| bag.is_none()).map(|(unit, _)| unit.as_str())
}

/// The end of a relation: every unit departs, then it is broken.
pub fn broken(relation: &Relation, known: &RelationMemory, departing: Option<&str>) -> HookEvent {
    match known.joined.keys().next() {
        Some(unit) => departed(relation.id, unit, departing.unwrap_or(unit)),
        None => HookEvent::relation(relation.id, RelationStep::Broken, None),
    }
}

fn departed(relation: u32, unit: &str, departing: &str) -> HookEvent {
    HookEvent::Relation {
        relation,
        step: RelationStep::Departed,
        unit: Some(unit.to_owned()),
        departing: Some(departing.to_owned()),
    }
}
