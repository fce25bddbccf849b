//! The last hooks of a unit.

use super::{Randomness, relations};
use crate::{
    hook::{HookEvent, RelationStep},
    model::{Memory, Model},
};

/// Departed and broken of each relation, those to peers last, then `stop`, then `remove`.
pub fn next(model: &Model, name: &str, memory: &Memory, randomness: &mut Randomness) -> HookEvent {
    let ending = relations::in_order(model, memory, randomness).into_iter().next();
    let ending = ending.map(|(relation, known)| match relations::pending(known) {
        Some(unit) => HookEvent::relation(relation.id, RelationStep::Changed, Some(unit)),
        None => relations::broken(relation, known, Some(name)),
    });
    let last = if memory.stopped { "remove" } else { "stop" };
    ending.unwrap_or_else(|| HookEvent::plain(last))
}
