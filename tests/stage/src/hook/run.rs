//! What a run of the charm did, and what it cost.

use super::HookEvent;
use crate::{
    agent::TreeCost,
    model::{LogLine, Status},
    tools,
};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};
use time::OffsetDateTime;

/// How a run of `dispatch` ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// By the limit for hooks, with all its processes; it was at this command then.
    TimedOut(String),
    /// It never ran: the charm has no such program, which counts as success.
    Skipped,
    /// It never ran: the charm's program for it is none that can be run.
    NotStarted(String),
    /// It succeeded, but Juju could not keep what it wrote.
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
    /// When it began.
    pub began: OffsetDateTime,
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
    /// When it began.
    pub began: OffsetDateTime,
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
    /// When it began.
    pub began: OffsetDateTime,
    /// Time from start to end.
    pub wall: Duration,
    /// Processor time of `dispatch` alone, its children apart.
    pub cpu: Duration,
    /// Most memory that `dispatch` alone used at once, in KiB.
    pub peak_kib: u64,
    /// What `dispatch` and its children used together.
    pub tree: TreeCost,
    /// The unit's status before.
    pub before: Status,
    /// The unit's status after.
    pub after: Status,
    /// Log lines that it wrote.
    pub log: Vec<LogLine>,
}

/// The signals that Go names, by number from 1.
const SIGNALS: [&str; 15] = [
    "hangup",
    "interrupt",
    "quit",
    "illegal instruction",
    "trace/breakpoint trap",
    "aborted",
    "bus error",
    "floating point exception",
    "killed",
    "user defined signal 1",
    "segmentation fault",
    "user defined signal 2",
    "broken pipe",
    "alarm clock",
    "terminated",
];

impl Exit {
    /// Juju's words for what went wrong.
    ///
    /// *Empty*: nothing did.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        match self {
            Self::Code(0) | Self::Skipped => None,
            Self::Code(code) => Some(format!("exit status {code}")),
            Self::Signal(9 | 15) => Some("terminated".to_owned()),
            Self::Signal(number) => {
                let place = usize::try_from(*number).ok().and_then(|number| number.checked_sub(1));
                let name = place.and_then(|place| SIGNALS.get(place).copied());
                Some(name.map_or_else(|| format!("signal: signal {number}"), |name| format!("signal: {name}")))
            }
            Self::TimedOut(_) => Some(self.to_string()),
            Self::NotStarted(cause) | Self::CommitFailed(cause) => Some(cause.clone()),
        }
    }
}

impl ToolCall {
    /// Whether the tool changes something, at the controller or in a log.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.argv.first().is_some_and(|tool| tools::is_writer(tool))
    }
}

impl HookRun {
    /// Whether the hook succeeded and was committed.
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

impl fmt::Display for Exit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(formatter, "exit {code}"),
            Self::Signal(signal) => write!(formatter, "signal {signal}"),
            Self::TimedOut(doing) => write!(formatter, "killed at the limit for hooks, in `{doing}`"),
            Self::Skipped => formatter.write_str("skipped"),
            Self::NotStarted(cause) => write!(formatter, "not started: {cause}"),
            Self::CommitFailed(cause) => write!(formatter, "commit failed: {cause}"),
        }
    }
}
