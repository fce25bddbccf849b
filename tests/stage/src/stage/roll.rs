//! Pods that are replaced: a refresh, an eviction, a lost node, a restarted agent.

use super::{Stage, StageError};
use crate::{
    hook::{HookEvent, HookRun},
    model::{
        Status, Unit, UnitRef,
        names::{self, application_of},
    },
    scheduler::workload,
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
    /// The pod of a unit is lost at once and comes again with the same charm.
    ///
    /// # Errors
    /// No such unit.
    pub fn kill_pod(&mut self, unit: impl Into<UnitRef>) -> Result<(), StageError> {
        let unit = self.existing(unit)?;
        self.record_act(|| format!("the pod of {unit} is lost"));
        self.replacements.push(Replacement { unit, stops: false, waits: false });
        Ok(())
    }

    /// The pod of a unit is evicted: it has the time for its `stop` hook, and comes again.
    ///
    /// # Errors
    /// No such unit.
    pub fn evict_pod(&mut self, unit: impl Into<UnitRef>) -> Result<(), StageError> {
        let unit = self.existing(unit)?;
        self.record_act(|| format!("the pod of {unit} is evicted"));
        self.replacements.push(Replacement { unit, stops: true, waits: false });
        Ok(())
    }

    /// The charm container of a unit restarts: a new agent process, the workload goes on.
    ///
    /// The new agent is told of every notice of Pebble again, and the unit's status is empty until the charm sets one.
    ///
    /// # Errors
    /// No such unit.
    pub fn restart_agent(&mut self, unit: impl Into<UnitRef>) -> Result<(), StageError> {
        let name = self.existing(unit)?;
        self.record_act(|| format!("the agent of {name} restarts"));
        if let Some(pod) = self.pods.get_mut(&name) {
            pod.see_anew();
        }
        begin_process(self.existing_mut(name.as_str())?);
        self.model.set_status(&name, Status::maintenance(""));
        Ok(())
    }

    /// Every pod of an application is to be replaced, highest number first, each once the one before serves.
    pub(super) fn roll_out(&mut self, application: &str) {
        let is_own = |unit: &str| application_of(unit) == application;
        let mut units: Vec<String> = self.agent_dirs.keys().filter(|unit| is_own(unit)).cloned().collect();
        units.sort_by_key(|unit| std::cmp::Reverse(names::number_of(unit)));
        self.replacements.retain(|other| !is_own(&other.unit));
        let new = units.into_iter().map(|unit| Replacement { unit, stops: true, waits: true });
        self.replacements.extend(new);
    }

    /// Replaces the next pod, if it may be now.
    ///
    /// A failed or killed hook is left as it is: the new pod tries it again.
    pub(super) fn replace_next(&mut self, is_idle: bool) -> Result<Replaced, StageError> {
        let is_pending = |unit: &String| self.replacements.iter().any(|other| other.unit == *unit);
        let serves = |application: &str| {
            self.model.units_of(application).all(|(unit, _)| is_pending(unit) || self.is_pod_ready(unit))
        };
        let is_due = |next: &Replacement| !next.waits || (is_idle && serves(application_of(&next.unit)));
        let first = |next: &Replacement| {
            let of_same = |other: &&Replacement| application_of(&other.unit) == application_of(&next.unit);
            self.replacements.iter().find(of_same).is_some_and(|other| other.unit == next.unit)
        };
        let due = self.replacements.iter().position(|next| first(next) && is_due(next));
        let Some(place) = due else { return Ok(Replaced::Nothing) };
        let Replacement { unit, stops, .. } = self.replacements.remove(place);
        let Some(held) = self.model.units.get(&unit) else { return Ok(Replaced::Silently) };
        // A pod that is replaced once more before it is there has no agent to stop.
        let stops = stops && held.memory.started && self.agent_dirs.contains_key(&unit);
        let stop = if stops { Some(self.stop(&unit)?) } else { None };
        if stops {
            self.end_pods(std::slice::from_ref(&unit));
        }
        self.note_late_boots();
        self.lose_pod(&unit);
        self.agent_dirs.remove(&unit);
        if let Some(unit) = self.model.units.get_mut(&unit) {
            begin_process(unit);
            unit.memory.stopped = false;
            unit.memory.unpacked_again = unit.memory.installed;
            unit.memory.notices.clear();
            unit.boot_ids.clear();
        }
        Ok(stop.map_or(Replaced::Silently, |run| Replaced::AfterStop(Box::new(run))))
    }

    /// Runs `stop`; a `pebble-*` hook that is due may still come after it.
    fn stop(&mut self, name: &str) -> Result<HookRun, StageError> {
        let waiting = self
            .model
            .units
            .get_mut(name)
            .map(|unit| (unit.memory.failed.take(), unit.memory.queued.take(), unit.agent_status.clone()));
        let run = self.play(name, &HookEvent::plain("stop"))?;
        let Some(unit) = self.model.units.get(name) else { return Ok(run) };
        if let Some(late) = self.randomness.early_ready.then(|| workload(&self.model, name, unit, &self.randomness)) {
            late.map(|event| self.play(name, &event)).transpose()?;
        }
        if let (Some(unit), Some(waiting)) = (self.model.units.get_mut(name), waiting) {
            (unit.memory.failed, unit.memory.queued, unit.agent_status) = waiting;
        }
        Ok(run)
    }

    /// Whether Kubernetes regards the pod of a unit as ready: the agent has started the charm, and the checks are up.
    #[must_use]
    pub fn is_ready(&self, unit: impl Into<UnitRef>) -> bool {
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
    (memory.restarted, memory.ready, memory.heard_of_leader) = (memory.started, false, false);
    memory.boots.clear();
}
