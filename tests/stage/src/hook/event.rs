//! Why the charm is run.

use crate::model::{
    Model,
    names::{self, application_of},
};
use serde::{Deserialize, Serialize};

/// Why the charm is run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum HookEvent {
    /// A hook that is only a name: `install`, `config-changed` and so on; unknown names too.
    Plain {
        /// The name.
        name: String,
    },
    /// `<endpoint>-relation-<step>`.
    Relation {
        /// Number of the relation.
        relation: u32,
        /// What happened.
        step: RelationStep,
        /// The other unit; none if only the application is meant.
        unit: Option<String>,
        /// The unit that leaves, in `departed`.
        departing: Option<String>,
    },
    /// `<container>-pebble-<step>`.
    Workload {
        /// Name of the container.
        container: String,
        /// What happened.
        step: WorkloadStep,
    },
    /// `secret-<step>`.
    Secret {
        /// Bare id.
        id: String,
        /// What happened.
        step: SecretStep,
        /// The revision, in `expired` and `remove`.
        revision: Option<u32>,
    },
    /// `<storage>-storage-<step>`.
    Storage {
        /// `data/0`.
        id: String,
        /// `attached` or `detaching`.
        step: String,
        /// Where it is mounted.
        location: String,
    },
    /// An action.
    Action {
        /// Number.
        id: u32,
        /// Name.
        name: String,
    },
    /// A command of `juju exec`, which is an action without a program of the charm.
    Exec {
        /// Number of the action.
        id: u32,
        /// Program and arguments.
        argv: Vec<String>,
    },
}

/// What happened to a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationStep {
    /// It exists.
    Created,
    /// A unit came.
    Joined,
    /// A databag changed.
    Changed,
    /// A unit went.
    Departed,
    /// It is gone.
    Broken,
}

/// What Pebble reported.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadStep {
    /// It answers, for the first time since it started.
    Ready,
    /// A check went down.
    CheckFailed {
        /// Name of the check.
        check: String,
    },
    /// A check came up again.
    CheckRecovered {
        /// Name of the check.
        check: String,
    },
    /// The workload left a note.
    CustomNotice {
        /// Number of the notice.
        id: String,
        /// Its key.
        key: String,
    },
}

/// What happened to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretStep {
    /// A newer revision is there.
    Changed,
    /// It ought to be changed.
    Rotate,
    /// It ended.
    Expired,
    /// Nobody reads a revision any more.
    Remove,
}

impl HookEvent {
    /// The hook's name with its prefix, as a unit calls it, or the action's name.
    #[must_use]
    pub fn name(&self, model: &Model, unit: &str) -> String {
        match self {
            Self::Plain { name } | Self::Action { name, .. } => name.clone(),
            Self::Relation { relation, step, .. } => {
                let endpoint =
                    model.relations.get(relation).map_or("unknown", |found| found.endpoint(application_of(unit)));
                format!("{endpoint}-relation-{}", step.word())
            }
            Self::Workload { container, step } => format!("{container}-pebble-{}", step.word()),
            Self::Secret { step, .. } => format!("secret-{}", step.word()),
            Self::Storage { id, step, .. } => format!("{}-storage-{step}", names::storage_of(id)),
            Self::Exec { .. } => "juju-exec".to_owned(),
        }
    }

    /// The application that a hook of a relation names.
    ///
    /// *Empty*: it is the broken hook of peers, the hook of no relation, or the relation is not there.
    #[must_use]
    pub fn remote_application<'m>(&self, model: &'m Model, unit: &str) -> &'m str {
        let Self::Relation { relation, step, .. } = self else { return "" };
        let found = model.relations.get(relation);
        let named = found.filter(|found| !(found.is_peer() && *step == RelationStep::Broken));
        named.map_or("", |found| found.other_application(application_of(unit)))
    }

    /// The number of the action that runs.
    ///
    /// *Empty*: a hook runs.
    #[must_use]
    pub const fn action(&self) -> Option<u32> {
        match self {
            Self::Action { id, .. } | Self::Exec { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// A hook that is only a name.
    #[must_use]
    pub fn plain(name: &str) -> Self {
        Self::Plain { name: name.to_owned() }
    }

    /// `config-changed`.
    #[must_use]
    pub fn config_changed() -> Self {
        Self::plain("config-changed")
    }

    /// `update-status`.
    #[must_use]
    pub fn update_status() -> Self {
        Self::plain("update-status")
    }

    /// `<container>-pebble-ready`.
    #[must_use]
    pub fn pebble_ready(container: &str) -> Self {
        Self::Workload { container: container.to_owned(), step: WorkloadStep::Ready }
    }

    /// `secret-changed`.
    #[must_use]
    pub fn secret_changed(id: &str) -> Self {
        Self::Secret { id: id.to_owned(), step: SecretStep::Changed, revision: None }
    }

    /// `<endpoint>-relation-<step>`, of a unit or (none) of the application.
    #[must_use]
    pub fn relation(relation: u32, step: RelationStep, unit: Option<&str>) -> Self {
        Self::Relation { relation, step, unit: unit.map(str::to_owned), departing: None }
    }
}

impl RelationStep {
    /// The word in the hook's name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Joined => "joined",
            Self::Changed => "changed",
            Self::Departed => "departed",
            Self::Broken => "broken",
        }
    }
}

impl SecretStep {
    /// The word in the hook's name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Rotate => "rotate",
            Self::Expired => "expired",
            Self::Remove => "remove",
        }
    }
}

impl WorkloadStep {
    /// The words in the hook's name.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::CheckFailed { .. } => "check-failed",
            Self::CheckRecovered { .. } => "check-recovered",
            Self::CustomNotice { .. } => "custom-notice",
        }
    }
}
