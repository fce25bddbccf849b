//! The last hooks of a unit.

use super::relations;
use crate::{
    hook::HookEvent,
    model::{Memory, Model},
};

/// Departed and broken of each relation, then `stop`, then `remove`.
pub fn next(model: &Model, name: &str, memory: &Memory) -> HookEvent {
    let ending = memory.relations.iter().find_map(|(id, known)| {
        let relation = model.relations.get(id).filter(|_| known.created && !known.broken)?;
        relations::broken(relation, known, Some(name))
    });
    let last = if memory.stopped { "remove" } else { "stop" };
    ending.unwrap_or_else(|| HookEvent::plain(last))
}
