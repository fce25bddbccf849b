//! Which hook comes next for a unit: Juju's order of precedence over what its agent remembers and the model.

mod leaving;
pub mod notes;
mod relations;
mod secrets;

use crate::{
    hook::HookEvent,
    model::{Life, Memory, Model, Unit, Version},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

/// What Juju leaves to chance, decided by the seed of the stage.
#[derive(Debug)]
pub struct Randomness {
    /// The order over relations and over units.
    pub rng: StdRng,
    /// Whether `pebble-*` may come before `start`, among the hooks of relations, and after `stop`.
    pub early_ready: bool,
    /// Whether the change of an option is told twice.
    pub config_twice: bool,
    /// Which of the units that are deployed together leads.
    pub first_leader: usize,
}

impl Randomness {
    /// What a seed decides: a small one leaves all but the order as it is most often.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            early_ready: seed % 2 == 1,
            config_twice: seed / 2 % 2 == 1,
            first_leader: usize::try_from(seed / 4).unwrap_or_default(),
        }
    }
}

/// The hook that the unit's agent runs next; `None` if there is nothing to do, or a failed hook waits for its retry.
pub fn next(model: &Model, name: &str, randomness: &mut Randomness) -> Option<HookEvent> {
    let unit = model.units.get(name).filter(|unit| unit.life != Life::Dead && unit.frozen.is_none())?;
    let memory = &unit.memory;
    let is_in_error = unit.is_in_error();
    if is_in_error || memory.queued.is_some() {
        let storage = if memory.started { model.storage_hook(name, unit) } else { None };
        let waiting = if is_in_error { None } else { storage.or_else(|| memory.queued.clone()) };
        return if memory.unpacked_again { Some(HookEvent::plain("upgrade-charm")) } else { waiting };
    }
    if !memory.installed {
        return Some(HookEvent::plain("install"));
    }
    let dying = unit.life == Life::Dying;
    // An agent looks at its Pebbles from time to time only.
    let looks = !randomness.early_ready || randomness.rng.random();
    let news = if dying { None } else { relations::created(model, name, memory, randomness) };
    let due = news
        .or_else(|| if dying { None } else { leadership(model, name, memory) })
        .or_else(|| lifecycle(model, name, unit))
        .or_else(|| if looks { workload(model, name, unit, randomness) } else { unit.memory.notices.first().cloned() })
        .or_else(|| if dying { None } else { secrets::due(model, name, memory) })
        .or_else(|| model.storage_hook(name, unit));
    if due.is_some() {
        return due;
    }
    if dying {
        return Some(leaving::next(model, name, memory, randomness));
    }
    let news = changes(model, name, unit, randomness);
    news.or_else(|| workload(model, name, unit, randomness))
}

/// What has changed around a unit that lives: its configuration, then its relations.
fn changes(model: &Model, name: &str, unit: &Unit, randomness: &mut Randomness) -> Option<HookEvent> {
    let memory = &unit.memory;
    let config_changed = memory.config.as_deref() != Some(&notes::config_digest(model, name, unit));
    if config_changed {
        return Some(HookEvent::config_changed());
    }
    relations::changed(model, name, memory, randomness)
}

/// A unit learns that it leads; in Juju 3 another one learns once per agent process that it does not.
fn leadership(model: &Model, name: &str, memory: &Memory) -> Option<HookEvent> {
    if model.is_leader(name) {
        return (!memory.leads).then(|| HookEvent::plain("leader-elected"));
    }
    let is_due = model.juju == Version::V3_6 && !memory.heard_of_leader;
    is_due.then(|| HookEvent::plain("leader-settings-changed"))
}

/// A new agent process runs `start` again; a new charm gets `upgrade-charm`.
fn lifecycle(model: &Model, name: &str, unit: &Unit) -> Option<HookEvent> {
    let memory = &unit.memory;
    if memory.stopped {
        return None;
    }
    if memory.unpacked_again || memory.restarted && memory.revision != Some(model.application_of(name).revision) {
        return Some(HookEvent::plain("upgrade-charm"));
    }
    (memory.restarted && memory.started).then(|| HookEvent::plain("start"))
}

/// Checks and notices in their order, then every Pebble that runs anew.
#[must_use]
pub fn workload(model: &Model, name: &str, unit: &Unit, randomness: &Randomness) -> Option<HookEvent> {
    let memory: &Memory = &unit.memory;
    if !memory.started && !randomness.early_ready {
        return None;
    }
    let waits = |container: &String| {
        memory.failed.as_ref().is_some_and(|failure| failure.hook == HookEvent::pebble_ready(container))
    };
    let is_new = |container: &&String| {
        !waits(container)
            && unit.boot_ids.get(*container).is_some_and(|boot| memory.boots.get(*container) != Some(boot))
    };
    let containers = &model.application_of(name).charm.containers;
    let ready = || containers.keys().find(is_new).map(|container| HookEvent::pebble_ready(container));
    memory.notices.first().cloned().or_else(ready)
}
