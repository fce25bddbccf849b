//! What a unit's agent remembers between hooks.

use super::Databag;
use crate::hook::HookEvent;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// The agent's own notes; from them and from the model follows the next hook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent notes, each of its own hook")]
pub struct Memory {
    /// `install` was committed.
    pub installed: bool,
    /// `start` was committed, in this or an earlier agent process.
    pub started: bool,
    /// `start` was committed in this agent process, hence the readiness probe passes.
    pub ready: bool,
    /// `stop` was committed.
    pub stopped: bool,
    /// The agent process is new: `start` is due again.
    pub restarted: bool,
    /// The unit knows that it leads.
    pub leads: bool,
    /// `leader-settings-changed` was committed in this agent process, and the unit has not led since.
    pub heard_of_leader: bool,
    /// The change of an option is told twice.
    pub config_twice: bool,
    /// The charm has set a status itself.
    pub status_set: bool,
    /// The charm that is unpacked; none before install.
    pub revision: Option<u32>,
    /// The charm's folder is new: `upgrade-charm` is due even if the revision is the same.
    pub unpacked_again: bool,
    /// Digest of config, trust and address when `config-changed` last began.
    pub config: Option<String>,
    /// A hook that must come next, whatever else is due.
    pub queued: Option<HookEvent>,
    /// How often the queued hook has failed before.
    pub attempts: u32,
    /// A hook that failed.
    pub failed: Option<Failure>,
    /// Storage that `storage-attached` was committed for.
    #[serde(default)]
    pub storage: BTreeSet<String>,
    /// Relations by number.
    pub relations: BTreeMap<u32, RelationMemory>,
    /// Pebble's boot id per container for which `pebble-ready` was committed.
    pub boots: BTreeMap<String, String>,
    /// Check events and notices that came and were not delivered yet, oldest first.
    pub notices: Vec<HookEvent>,
    /// The newest revision of a secret that `secret-changed` ran for.
    pub secrets: BTreeMap<String, u32>,
    /// When `secret-expired` last ran for a secret, by its id.
    pub expired: BTreeMap<String, OffsetDateTime>,
    /// Revisions that `secret-remove` ran for, as `id/revision`.
    pub obsolete: BTreeSet<String>,
}

impl Memory {
    /// Whether a hook of this relation is queued or in error.
    #[must_use]
    pub fn waits_in(&self, relation: u32) -> bool {
        let waiting = self.queued.iter().chain(self.failed.iter().map(|failure| &failure.hook));
        waiting.into_iter().any(|event| matches!(event, HookEvent::Relation { relation: id, .. } if *id == relation))
    }

    /// Puts a failed hook first in the queue; its count of attempts goes on.
    pub fn retry(&mut self, failure: Failure) {
        self.attempts = failure.attempts;
        self.queued = Some(failure.hook);
        self.failed = None;
    }
}

/// A hook in error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// What failed.
    pub hook: HookEvent,
    /// How often it was tried.
    pub attempts: u32,
    /// It is tried again without an error; other hooks go on meanwhile.
    pub quiet: bool,
}

/// What an agent remembers of one relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct RelationMemory {
    /// `relation-created` was committed.
    pub created: bool,
    /// `relation-broken` was committed.
    pub broken: bool,
    /// The other application's bag that `relation-changed` last ran for.
    pub app: Databag,
    /// Units that have joined, with the bag that `relation-changed` last ran for; none before the first.
    pub joined: BTreeMap<String, Option<Databag>>,
    /// The bags of other units as first read since their last joined or changed hook.
    pub cache: BTreeMap<String, Databag>,
}
