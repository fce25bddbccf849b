//! What the agent keeps while one hook runs.

use super::{Pending, ToolError};
use crate::{
    hook::{HookEvent, RelationStep},
    model::{Databag, Life, LogLine, Model, Relation, RelationMemory, Secret, Status, Unit, names::application_of},
};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// One hook's view of the model: caches, and what is written when the hook succeeds.
pub struct Session<'a> {
    /// What Juju knows; immediate effects go there.
    pub model: &'a mut Model,
    /// The unit that runs.
    pub unit: String,
    /// Why it runs.
    pub event: HookEvent,
    /// What waits for the end of the hook.
    pub pending: Pending,
    /// The root of the files that the charm names; another than the stage's if the charm runs in a pod.
    pub root: PathBuf,
    /// Where the charm sees its resources.
    pub resources: PathBuf,
    pub(super) config: Option<Map<String, Value>>,
    pub(super) status: Option<Status>,
    pub(super) leader_settings: Option<BTreeMap<String, String>>,
    pub(super) remote_apps: BTreeMap<u32, Databag>,
    /// The bags of units that are no members of their relation, as first read in this hook.
    pub(super) strangers: BTreeMap<(u32, String), Databag>,
    /// The secrets that the unit may change, once they were asked for.
    pub(super) secrets: Option<BTreeMap<String, Secret>>,
    pub(super) lost_leadership: bool,
    /// Relations that end and had no other unit in them when the hook began.
    broken: BTreeSet<u32>,
}

impl<'a> Session<'a> {
    /// The session of a hook that is about to run.
    pub fn new(model: &'a mut Model, unit: &str, event: &HookEvent) -> Self {
        Self {
            broken: broken(model, unit),
            model,
            unit: unit.to_owned(),
            event: event.clone(),
            pending: Pending::default(),
            root: PathBuf::from("/"),
            resources: PathBuf::new(),
            config: None,
            status: None,
            leader_settings: None,
            remote_apps: BTreeMap::new(),
            strangers: BTreeMap::new(),
            secrets: None,
            lost_leadership: false,
        }
    }

    /// Where a file that the charm sees lies on this machine.
    #[must_use]
    pub fn on_this_machine(&self, seen: &Path) -> PathBuf {
        self.root.join(seen.strip_prefix("/").unwrap_or(seen))
    }

    /// Whether the unit leads; once it did not, it does not for the rest of the hook.
    pub fn claims_leadership(&mut self) -> bool {
        self.lost_leadership |= !self.model.is_leader(&self.unit);
        !self.lost_leadership
    }

    /// The name of the unit's application.
    pub(super) fn application(&self) -> &str {
        application_of(&self.unit)
    }

    /// The unit that runs, as the controller holds it.
    pub(super) fn own(&mut self) -> &mut Unit {
        self.model.units.entry(self.unit.clone()).or_default()
    }

    /// Writes a log line of the charm.
    pub(super) fn log(&mut self, level: &str, text: String) {
        let line = LogLine { level: level.to_owned(), logger: format!("unit.{}.juju-log", self.unit), text };
        self.own().log.push(line);
    }

    /// The relation that the hook is about, if any.
    #[must_use]
    pub fn hook_relation(&self) -> Option<u32> {
        match self.event {
            HookEvent::Relation { relation, .. } => Some(relation),
            _ => None,
        }
    }

    /// The hook's relation as `database:7`.
    #[must_use]
    pub fn relation_name(&self) -> Option<String> {
        let relation = self.model.relations.get(&self.hook_relation()?)?;
        Some(relation.tag(self.application()))
    }

    /// The relation of the flag `-r`, else of the hook.
    ///
    /// # Errors
    /// Neither names a relation that the unit is in.
    pub(super) fn relation_of(&self, arguments: &super::Arguments) -> Result<u32, ToolError> {
        match arguments.value("r") {
            Some(name) => self.named_relation(name).map_err(ToolError::Usage),
            None => self.hook_relation().ok_or_else(|| ToolError::usage("no relation id specified")),
        }
    }

    /// The relation of a name such as `database:7`, in which only the number counts.
    ///
    /// # Errors
    /// It has no number, or the unit is not in that relation.
    pub(super) fn named_relation(&self, name: &str) -> Result<u32, String> {
        let number: i64 =
            name.rsplit(':').next().unwrap_or(name).parse().map_err(|_| "invalid relation id".to_owned())?;
        let id = u32::try_from(number).ok().filter(|id| self.is_in(*id));
        id.ok_or_else(|| "relation not found".to_owned())
    }

    /// Whether a relation is listed: the unit has entered it, and it is not broken. One among peers never is.
    pub(super) fn is_listed(&self, relation: u32) -> bool {
        self.is_in(relation) && !self.broken.contains(&relation)
    }

    /// Whether the unit has entered a relation and it still stands.
    #[must_use]
    pub fn is_in(&self, relation: u32) -> bool {
        self.model.relations.get(&relation).is_some_and(|found| found.unit_bag(&self.unit).is_some())
    }

    pub(super) fn relation(&self, id: u32) -> Result<&Relation, ToolError> {
        self.model.relations.get(&id).ok_or_else(|| ToolError::failed("relation not found"))
    }

    pub(super) fn memory(&mut self, id: u32) -> &mut RelationMemory {
        self.own().memory.relations.entry(id).or_default()
    }

    /// The units at the other end that have joined, the one that is joining among them, the one that leaves not.
    pub(super) fn members(&self, id: u32) -> BTreeSet<String> {
        let memory = self.model.units.get(&self.unit).and_then(|unit| unit.memory.relations.get(&id));
        let mut members: BTreeSet<String> =
            memory.map(|memory| memory.joined.keys().cloned().collect()).unwrap_or_default();
        if let HookEvent::Relation { relation, step, unit: Some(unit), .. } = &self.event
            && *relation == id
        {
            if matches!(step, RelationStep::Departed) {
                members.remove(unit);
            } else {
                members.insert(unit.clone());
            }
        }
        members
    }
}

/// *Source*: Juju 3.6 and 4.0, `internal/worker/uniter/runner/context/contextfactory.go`.
fn broken(model: &Model, unit: &str) -> BTreeSet<u32> {
    let known = model.units.get(unit).map(|unit| &unit.memory.relations);
    let is_left = |id: &u32| known.and_then(|known| known.get(id)).is_none_or(|known| known.joined.is_empty());
    let ending = model.relations.iter().filter(|(_, relation)| relation.life != Life::Alive && !relation.is_peer());
    ending.map(|(id, _)| *id).filter(is_left).collect()
}
