//! Actions that an operator asked for.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How far an action has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum ActionStatus {
    /// Not begun.
    #[default]
    Pending,
    /// The charm works on it.
    Running,
    /// Done.
    Completed,
    /// The charm called `action-fail`, or died.
    Failed,
    /// Cancelled.
    Aborted,
    /// Refused by the agent; the charm never saw it.
    Error,
}

/// One run of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Action {
    /// Name as in actions.yaml.
    pub name: String,
    /// The unit that runs it.
    pub unit: String,
    /// Parameters with the defaults in them.
    pub parameters: Map<String, Value>,
    /// How far it has come.
    pub status: ActionStatus,
    /// Why it failed; else empty.
    pub message: String,
    /// What `action-set` gave, and what Juju adds: `return-code`, `stdout`, `stderr`.
    pub results: Map<String, Value>,
    /// Lines of `action-log`.
    pub log: Vec<String>,
}
