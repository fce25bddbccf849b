//! Single hooks and actions, run at once, whatever is due.

use super::{Stage, StageError};
use crate::{
    agent,
    hook::{Exit, HookEvent, HookRun},
    model::{Action, ActionStatus, UnitRef, Version},
    scheduler::notes,
};
use clock::Drive;
use serde_json::{Map, Value};
use std::time::Duration;

/// How long an agent of Juju 4 looks whether it is still wanted after its charm was killed; Juju 3 runs the hook again at once.
const KILL_PAUSE: Duration = Duration::from_secs(3);

/// What an action brought.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionRun {
    /// How it ended.
    pub status: ActionStatus,
    /// Why it failed; else empty.
    pub message: String,
    /// What `action-set` gave, and what Juju adds.
    pub results: Map<String, Value>,
    /// Lines of `action-log`.
    pub log: Vec<String>,
    /// The run of the charm; none if Juju refused the action before.
    pub hook: Option<HookRun>,
}

impl Stage {
    /// Runs one hook now, whatever else is due, and keeps what it wrote if it succeeds.
    ///
    /// # Errors
    /// No such unit, or the hook could not be run at all.
    pub fn hook(&mut self, unit: impl Into<UnitRef>, event: &HookEvent) -> Result<HookRun, StageError> {
        let name = self.existing(unit)?;
        self.provision()?;
        self.observe();
        notes::keep_up(&mut self.model);
        self.play(&name, event)
    }

    /// Runs one hook, or an action that stands in the model, as Juju's runner does, without the agent around it: the agent notes
    /// nothing, sets no status of its own, and does not try again what failed.
    ///
    /// # Errors
    /// As [`Stage::hook`].
    pub fn hook_alone(&mut self, unit: impl Into<UnitRef>, event: &HookEvent) -> Result<HookRun, StageError> {
        let name = self.existing(unit)?;
        self.provision()?;
        self.errand(&name, false)?.run(&name, event).map_err(StageError::Agent)
    }

    /// Runs `update-status` now.
    ///
    /// # Errors
    /// As [`Stage::hook`].
    pub fn update_status(&mut self, unit: impl Into<UnitRef>) -> Result<HookRun, StageError> {
        self.hook(unit, &HookEvent::update_status())
    }

    /// `juju run`: runs an action now.
    ///
    /// # Errors
    /// No such unit, or the action could not be run at all. An action that fails or is refused is no error of the stage.
    pub fn run(&mut self, unit: impl Into<UnitRef>, name: &str, parameters: Value) -> Result<ActionRun, StageError> {
        let unit = self.existing(unit)?;
        match agent::parameters::complete(&self.model, &unit, name, parameters) {
            Ok(parameters) => self.act(unit, name, parameters),
            Err(refusal) => {
                let (status, message) = (ActionStatus::Error, refusal.to_string());
                let id = self.add_action(Action { name: name.to_owned(), unit, status, message, ..Action::default() });
                Ok(self.action_run(id, None))
            }
        }
    }

    /// Runs an action with parameters that Juju does not compare with the charm's schema.
    ///
    /// *Empty*: what is not an object gives no parameters.
    ///
    /// # Errors
    /// No such unit, or the action could not be run at all.
    pub fn run_unchecked(
        &mut self,
        unit: impl Into<UnitRef>,
        name: &str,
        parameters: &Value,
    ) -> Result<ActionRun, StageError> {
        let unit = self.existing(unit)?;
        self.act(unit, name, parameters.as_object().cloned().unwrap_or_default())
    }

    /// `juju exec --unit`: runs a program, found as a shell finds it, in the charm's folder and in a hook context now.
    ///
    /// # Errors
    /// No such unit, or nothing could be run at all. A program that fails or is not there is no error of the stage.
    pub fn exec(&mut self, unit: impl Into<UnitRef>, argv: &[&str]) -> Result<ActionRun, StageError> {
        let argv = argv.iter().map(|&word| word.to_owned()).collect();
        let unit = self.existing(unit)?;
        let action = Action { name: "juju-exec".to_owned(), unit, ..Action::default() };
        self.perform(action, |id| HookEvent::Exec { id, argv })
    }

    fn act(&mut self, unit: String, name: &str, parameters: Map<String, Value>) -> Result<ActionRun, StageError> {
        let name = name.to_owned();
        let action = Action { name: name.clone(), unit, parameters, ..Action::default() };
        self.perform(action, |id| HookEvent::Action { id, name })
    }

    fn perform(&mut self, action: Action, event: impl FnOnce(u32) -> HookEvent) -> Result<ActionRun, StageError> {
        let unit = action.unit.clone();
        let id = self.add_action(action);
        self.provision()?;
        self.observe();
        let hook = self.play(&unit, &event(id))?;
        Ok(self.action_run(id, Some(hook)))
    }

    fn add_action(&mut self, action: Action) -> u32 {
        let id = self.model.mint_task();
        self.model.actions.insert(id, action);
        id
    }

    fn action_run(&self, id: u32, hook: Option<HookRun>) -> ActionRun {
        let done = self.model.actions.get(&id).cloned().unwrap_or_default();
        ActionRun { status: done.status, message: done.message, results: done.results, log: done.log, hook }
    }

    /// Runs one hook and notes it.
    pub(super) fn play(&mut self, unit: &str, event: &HookEvent) -> Result<HookRun, StageError> {
        self.note_late_boots();
        self.record_change();
        self.tell_kubernetes();
        let awaited_eviction = self.faults.awaits_eviction();
        self.keep_time();
        let run = self.errand(unit, true)?.run(unit, event).map_err(StageError::Agent)?;
        self.keep_time();
        if awaited_eviction && !self.faults.awaits_eviction() {
            self.evict_pod(unit)?;
        } else if self.model.juju == Version::V4_0 && matches!(run.exit, Exit::Signal(9 | 15)) {
            self.clock.pause(KILL_PAUSE);
        }
        if run.is_success() && *event == HookEvent::plain("start") {
            self.await_first_checks(unit);
        }
        self.record_hook(&run);
        self.runs.push(run.clone());
        Ok(run)
    }

    /// Where a clock is driven, Juju's is that one, and what ran ahead in a hook is followed by everybody.
    pub(super) fn keep_time(&mut self) {
        if let Some(drive) = self.clock.drive() {
            drive.catch_up();
            self.model.stopped_clock = Some(Drive::wall_after(Duration::ZERO).into());
            self.model.passed = drive.passed();
        }
    }

    fn errand(&mut self, unit: &str, is_noted: bool) -> Result<agent::Errand<'_>, StageError> {
        let missing = || StageError::Missing { kind: "unit", name: unit.to_owned() };
        let agent_dir = self.agent_dirs.get(unit).ok_or_else(missing)?;
        let pod = self.pods.get(unit).map(|unit_pod| &unit_pod.pod);
        let (model, faults, watch, clock) = (&mut self.model, &mut self.faults, &self.watch, self.clock);
        let time_variable = self.time_variable.as_deref();
        Ok(agent::Errand { model, faults, agent_dir, pod, watch, clock, time_variable, is_noted })
    }

    /// Commands that began after the end of a hook were caused by it all the same.
    pub(super) fn note_late_boots(&mut self) {
        for (unit, unit_pod) in &self.pods {
            let late = unit_pod.pod.boots().take();
            if let Some(record) = &mut self.record {
                record.late_boots(unit, &late);
            }
            if let Some(run) = self.runs.iter_mut().rev().find(|run| run.unit == *unit) {
                run.boots.extend(late);
            }
        }
    }
}
