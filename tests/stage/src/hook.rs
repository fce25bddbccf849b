//! Hooks by their kind, and what a run of one cost and brought.

use crate::model::{LogLine, Model, Status};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

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

/// How a run of `dispatch` ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It never ran: the charm has no such program, which counts as success.
    Skipped,
    /// It ended well, but Juju could not keep what it wrote.
    CommitFailed(String),
}

/// One call of a hook tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Tool name and arguments.
    pub argv: Vec<String>,
    /// What it read from its standard input, if it did.
    pub stdin: Option<String>,
    /// Exit code.
    pub exit: i32,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// How long the agent worked on it.
    pub millis: f64,
}

/// One request to Pebble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PebbleRequest {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Path with the query.
    pub path: String,
    /// Answer; none if the connection ended before.
    pub status: Option<u16>,
    /// How long it took.
    pub millis: f64,
}

/// One start of a command of the workload, from its journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Boot {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Who ran it.
    pub user: String,
    /// The journal's whole line.
    pub entry: serde_json::Value,
}

/// One run of the charm: what it did and what it cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookRun {
    /// The unit.
    pub unit: String,
    /// The hook's name with its prefix: `database-relation-changed`; an action's name for actions.
    pub hook: String,
    /// Why it ran.
    pub event: HookEvent,
    /// How it ended.
    pub exit: Exit,
    /// Hook tools, in the order of their calls.
    pub tools: Vec<ToolCall>,
    /// Requests to Pebble, in order.
    pub requests: Vec<PebbleRequest>,
    /// Commands of the workload that began meanwhile.
    pub boots: Vec<Boot>,
    /// Time from start to end.
    pub wall: Duration,
    /// Processor time of `dispatch` alone, its children apart.
    pub cpu: Duration,
    /// Most memory in use at once, in KiB.
    pub peak_kib: u64,
    /// The unit's status before.
    pub before: Status,
    /// The unit's status after.
    pub after: Status,
    /// Log lines that it wrote.
    pub log: Vec<LogLine>,
}

impl HookRun {
    /// Whether the hook ended well and was committed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self.exit, Exit::Code(0) | Exit::Skipped)
    }

    /// The calls of one tool.
    #[must_use]
    pub fn calls(&self, tool: &str) -> Vec<&ToolCall> {
        self.tools.iter().filter(|call| call.argv.first().is_some_and(|name| name == tool)).collect()
    }
}

impl HookEvent {
    /// The hook's name with its prefix, or the action's name.
    #[must_use]
    pub fn name(&self, model: &Model) -> String {
        match self {
            Self::Plain { name } | Self::Action { name, .. } => name.clone(),
            Self::Relation { relation, step, .. } => {
                let endpoint = model.relations.get(relation).map_or("unknown", |found| found.endpoint.as_str());
                format!("{endpoint}-relation-{}", step.word())
            }
            Self::Workload { container, step } => format!("{container}-pebble-{}", step.word()),
            Self::Secret { step, .. } => format!("secret-{}", step.word()),
            Self::Storage { id, step, .. } => format!("{}-storage-{step}", id.split('/').next().unwrap_or_default()),
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

impl fmt::Display for Exit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(formatter, "exit {code}"),
            Self::Signal(signal) => write!(formatter, "signal {signal}"),
            Self::Skipped => formatter.write_str("skipped"),
            Self::CommitFailed(cause) => write!(formatter, "commit failed: {cause}"),
        }
    }
}
