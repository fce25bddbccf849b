//! The agents catch up with the model.

use super::{RemoteApp, Stage, StageError, roll::Replaced};
use crate::{
    announcement::RemoteView,
    hook::{HookEvent, HookRun},
    model::{Databag, End, Life, Owner, Relation, names::application_of},
    scheduler::{self, notes},
};
use rand::seq::IndexedRandom as _;
use std::{collections::BTreeMap, time::Duration};

/// More hooks than any life needs before it goes idle.
const MAX_HOOKS: usize = 1000;
/// How often a failed hook is tried again while the stage settles.
const RETRIES: u32 = 3;
/// The first wait before a failed hook is tried again; it doubles, but for `pebble-ready`.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

impl Stage {
    /// Runs hooks until no agent has anything left to do and no check is about to change; gives them in order.
    ///
    /// # Errors
    /// A hook could not be run at all, a remote application failed, or the hooks come to no end.
    pub fn settle(&mut self) -> Result<Vec<HookRun>, StageError> {
        let first = self.runs.len();
        while self.step()?.is_some() {
            let runs = self.runs.len() - first;
            if runs > MAX_HOOKS {
                return Err(StageError::NeverIdle(runs));
            }
        }
        Ok(self.runs.iter().skip(first).cloned().collect())
    }

    /// Runs the next hook only, once it is due; `None` if the stage has settled.
    ///
    /// # Errors
    /// As [`Stage::settle`].
    pub fn step(&mut self) -> Result<Option<HookRun>, StageError> {
        self.begin_anew();
        self.revive()?;
        self.idle.begin();
        loop {
            if let Replaced::AfterStop(run) = self.replace_next(false)? {
                return Ok(Some(*run));
            }
            self.catch_up()?;
            if let Some((unit, event)) = self.pick() {
                return self.play(&unit, &event).map(Some);
            }
            if self.tidy()? || self.wait_for_workload() || self.wait_for_retry() {
                continue;
            }
            match self.replace_next(true)? {
                Replaced::AfterStop(run) => return Ok(Some(*run)),
                Replaced::Silently => {}
                Replaced::Nothing => {
                    self.is_settled = true;
                    self.note_late_boots();
                    self.record_change();
                    return Ok(None);
                }
            }
        }
    }

    /// What happens around the agents between two hooks.
    fn catch_up(&mut self) -> Result<(), StageError> {
        self.provision()?;
        self.tell_kubelet();
        self.observe();
        notes::keep_up(&mut self.model);
        self.ask_remotes()
    }

    /// A unit that has something to do, and what.
    fn pick(&mut self) -> Option<(String, HookEvent)> {
        let names: Vec<String> = self.model.units.keys().cloned().collect();
        let mut due = Vec::new();
        for name in names {
            due.extend(scheduler::next(&self.model, &name, &mut self.randomness).map(|event| (name, event)));
        }
        due.choose(&mut self.randomness.rng).cloned()
    }

    /// Removes what is gone; returns whether there was anything.
    fn tidy(&mut self) -> Result<bool, StageError> {
        let dead: Vec<String> =
            self.model.units.iter().filter(|(_, unit)| unit.life == Life::Dead).map(|(name, _)| name.clone()).collect();
        self.end_pods(&dead);
        for name in &dead {
            self.model.units.remove(name);
            self.agent_dirs.remove(name);
            self.remove_pod(name)?;
            self.model.secrets.retain(|_, secret| secret.owner != Owner::Unit(name.clone()));
            self.model.storage.retain(|_, storage| storage.unit != *name);
            if self.model.is_leader(name) {
                let heir = self.model.units_of(application_of(name)).next().map(|(heir, _)| heir.clone());
                self.model.application_of_mut(name).leader = heir;
            }
        }
        // The units of a stand-in are in databags alone, and leave with the relation.
        let is_left = |end: &End| end.units.keys().all(|unit| !self.model.units.contains_key(unit));
        let ended = |relation: &&Relation| relation.life != Life::Alive && relation.ends.iter().all(is_left);
        let ended: Vec<u32> = self.model.relations.values().filter(ended).map(|relation| relation.id).collect();
        for id in &ended {
            self.end_relation(*id)?;
        }
        let removed = self.forget_applications()?;
        Ok(!dead.is_empty() || !ended.is_empty() || removed)
    }

    /// Removes applications that are about to go and have neither units nor relations left.
    fn forget_applications(&mut self) -> Result<bool, StageError> {
        let model = &self.model;
        let is_left = |name: &String| {
            model.units_of(name).next().is_none()
                && model.relations.values().all(|relation| relation.own(name).is_none())
        };
        let dying = model.applications.values().filter(|application| application.life != Life::Alive);
        let gone: Vec<String> = dying.map(|application| application.name.clone()).filter(is_left).collect();
        for name in &gone {
            self.model.applications.remove(name);
            self.model.secrets.retain(|_, secret| secret.owner != Owner::Application(name.clone()));
            self.close_service(name)?;
        }
        Ok(!gone.is_empty())
    }

    fn end_relation(&mut self, id: u32) -> Result<(), StageError> {
        self.model.relations.remove(&id);
        for secret in self.model.secrets.values_mut() {
            secret.access.retain(|access| access.relation != Some(id));
        }
        self.model.units.values_mut().for_each(|unit| drop(unit.memory.relations.remove(&id)));
        for app in self.remotes.iter_mut().filter(|app| app.relation == id) {
            let failed = app.remote.unrelated(id).err();
            if let Some(source) = failed {
                return Err(StageError::Remote { application: app.remote.application().to_owned(), source });
            }
        }
        self.remotes.retain(|app| app.relation != id);
        Ok(())
    }

    /// Waits until a failed hook may be tried again, and queues it; returns whether there was one.
    fn wait_for_retry(&mut self) -> bool {
        if !self.model.retries_hooks {
            return false;
        }
        for (name, unit) in &mut self.model.units {
            let Some(failure) = unit.memory.failed.clone() else { continue };
            let retries = self.retries.entry(name.clone()).or_default();
            if *retries < RETRIES {
                *retries += 1;
                let doubled = if failure.quiet { 0 } else { *retries - 1 };
                self.clock.pause(RETRY_PAUSE * 2_u32.saturating_pow(doubled));
                unit.memory.retry(failure);
                return true;
            }
        }
        false
    }

    /// Asks every remote application whose view of our side has changed.
    fn ask_remotes(&mut self) -> Result<(), StageError> {
        let changed = |app: &RemoteApp| {
            let relation = self.model.relations.get(&app.relation).filter(|relation| relation.life == Life::Alive);
            relation.is_some_and(|relation| app.seen != seen(relation))
        };
        let ids: Vec<u32> = self.remotes.iter().filter(|app| changed(app)).map(|app| app.relation).collect();
        ids.into_iter().try_for_each(|id| self.ask_remote(id))
    }

    /// What happened since the stage had settled may make remote applications speak, and failed hooks go well.
    fn begin_anew(&mut self) {
        if std::mem::take(&mut self.is_settled) {
            self.retries.clear();
            self.remotes.iter_mut().for_each(|app| app.seen = None);
        }
    }

    /// Lets the remote application of a relation answer.
    pub(super) fn ask_remote(&mut self, id: u32) -> Result<(), StageError> {
        for app in self.remotes.iter_mut().filter(|app| app.relation == id) {
            let relation = self.model.relations.get(&id);
            app.seen = relation.and_then(seen);
            let mut view = RemoteView::new(&mut self.model, id);
            if let Err(source) = app.remote.related(&mut view) {
                return Err(StageError::Remote { application: app.remote.application().to_owned(), source });
            }
        }
        Ok(())
    }
}

/// What a remote application sees of our side.
fn seen(relation: &Relation) -> Option<(Databag, BTreeMap<String, Databag>)> {
    relation.ends.first().map(|end| (end.app.clone(), end.units.clone()))
}
