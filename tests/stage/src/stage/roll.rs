//! Pods that are replaced: a refresh, an eviction, a lost node, a restarted agent.

use super::{Stage, StageError};
use crate::{
    hook::{HookEvent, HookRun},
    model::Unit,
};

/// A pod that is to be replaced.
#[derive(Debug, Clone)]
pub(super) struct Replacement {
    unit: String,
    /// The old pod has the time for its `stop` hook.
    stops: bool,
    /// Those that were replaced before must serve first; whether this one does is no matter.
    waits: bool,
}

/// What became of the next replacement.
pub(super) enum Replaced {
    /// None is due.
    Nothing,
    /// A pod was replaced without a hook.
    Silently,
    /// A pod was replaced after its `stop` hook.
    AfterStop(Box<HookRun>),
}

impl Stage {
    /// The pod of the unit with this number is lost at once and comes again with the same charm.
    ///
    /// # Errors
    /// No such unit.
    pub fn kill_pod(&mut self, unit: u32) -> Result<(), StageError> {
        let unit = self.existing(unit)?;
        self.replacements.push(Replacement { unit, stops: false, waits: false });
        Ok(())
    }

    /// The pod of the unit with this number is evicted: it has the time for its `stop` hook, and comes again.
    ///
    /// # Errors
    /// No such unit.
    pub fn evict_pod(&mut self, unit: u32) -> Result<(), StageError> {
        let unit = self.existing(unit)?;
        self.replacements.push(Replacement { unit, stops: true, waits: false });
        Ok(())
    }

    /// The charm container of the unit with this number restarts: a new agent process, the workload goes on.
    ///
    /// # Errors
    /// No such unit.
    pub fn restart_agent(&mut self, unit: u32) -> Result<(), StageError> {
        begin_process(self.existing_mut(unit)?);
        Ok(())
    }

    /// Every pod is to be replaced, highest number first, each once the one before serves.
    pub(super) fn roll_out(&mut self) {
        let number = |unit: &String| unit.rsplit('/').next().and_then(|number| number.parse::<u32>().ok());
        let mut units: Vec<String> = self.agent_dirs.keys().cloned().collect();
        units.sort_by_key(|unit| std::cmp::Reverse(number(unit)));
        self.replacements = units.into_iter().map(|unit| Replacement { unit, stops: true, waits: true }).collect();
    }

    /// Replaces the next pod, if it may be now.
    ///
    /// A failed hook is left as it is: the new pod tries it again.
    pub(super) fn replace_next(&mut self, is_idle: bool) -> Result<Replaced, StageError> {
        let is_pending = |unit: &String| self.replacements.iter().any(|other| other.unit == *unit);
        let ready = |stage: &Self| stage.model.units.keys().all(|unit| is_pending(unit) || stage.is_pod_ready(unit));
        let due = self.replacements.first().filter(|next| !next.waits || (is_idle && ready(self))).cloned();
        let Some(Replacement { unit, stops, .. }) = due else { return Ok(Replaced::Nothing) };
        self.replacements.remove(0);
        let Some(held) = self.model.units.get(&unit) else { return Ok(Replaced::Silently) };
        let is_calm = held.memory.started && held.memory.failed.is_none() && held.memory.queued.is_none();
        let stop = if stops && is_calm { Some(self.play(&unit, &HookEvent::plain("stop"))?) } else { None };
        self.note_late_boots();
        self.pods.remove(&unit);
        self.agent_dirs.remove(&unit);
        let revision = self.model.application.revision;
        if let Some(unit) = self.model.units.get_mut(&unit) {
            begin_process(unit);
            unit.memory.stopped = false;
            // Juju runs no upgrade-charm for a charm that comes while a hook waits for its retry.
            let is_announced = unit.memory.failed.is_none() && unit.memory.queued.is_none();
            unit.memory.unpacked_again = unit.memory.installed && is_announced;
            unit.memory.revision = if is_announced { unit.memory.revision } else { Some(revision) };
            unit.memory.notices.clear();
            unit.boot_ids.clear();
        }
        Ok(stop.map_or(Replaced::Silently, |run| Replaced::AfterStop(Box::new(run))))
    }

    /// Whether Kubernetes regards the pod of the unit with this number as ready: the agent has started the charm, and the checks are up.
    #[must_use]
    pub fn is_ready(&self, unit: u32) -> bool {
        self.is_pod_ready(&self.model.unit_name(unit))
    }

    fn is_pod_ready(&self, unit: &str) -> bool {
        let started = self.model.units.get(unit).is_some_and(|unit| unit.memory.ready);
        started && self.pods.get(unit).is_none_or(|unit_pod| unit_pod.pod.is_ready())
    }
}

/// A new agent process runs `start` again, and `pebble-ready` of every container again.
fn begin_process(unit: &mut Unit) {
    let memory = &mut unit.memory;
    (memory.restarted, memory.ready) = (memory.started, false);
    memory.boots.clear();
}
