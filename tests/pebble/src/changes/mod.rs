//! Changes and their tasks: what was asked for, how far it is, and what came of it.
//!
//! *Source*: Pebble's state engine, v1.26.0: statuses, lanes and the way an error spreads in a change.

pub mod abort;
pub mod outcome;
pub mod prune;
pub mod runner;
pub mod status;
pub mod transition;
pub mod view;

pub use outcome::Outcome;
pub use runner::Runner;
pub use status::Status;

use crate::{checks::details::Details, timestamp};
use clock::Clock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use tokio::sync::watch;

/// Entries that a task's log keeps.
const LOG_ENTRIES: usize = 10;

/// What was asked for, as one or more tasks.
#[derive(Debug, Serialize, Deserialize)]
pub struct Change {
    /// Its number.
    pub id: u64,
    /// `start`, `stop`, `restart`, `autostart`, `replan`, `exec`, `perform-check` or `recover-check`.
    pub kind: String,
    /// One line.
    pub summary: String,
    /// Set only where it does not follow from the tasks.
    #[serde(default)]
    pub forced: Option<Status>,
    /// Its tasks, in order.
    pub tasks: Vec<u64>,
    /// Services named in the request.
    #[serde(default)]
    pub services: Option<Vec<String>>,
    /// What its notices carry besides its kind.
    #[serde(default)]
    pub notice_data: BTreeMap<String, String>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub spawned: OffsetDateTime,
    /// When it was over.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub readied: Option<OffsetDateTime>,
    /// The status that its last notice reported.
    #[serde(default)]
    pub noticed: Option<Status>,
    /// Whether it is over; clients wait for that.
    #[serde(skip, default = "unready")]
    pub ready: watch::Sender<bool>,
}

/// One piece of work.
#[derive(Debug, Serialize, Deserialize)]
pub struct Task {
    /// Its number.
    pub id: u64,
    /// Its change.
    pub change: u64,
    /// What it does, with what it needs for that.
    pub work: Work,
    /// One line.
    pub summary: String,
    /// How far it is.
    pub status: Status,
    /// Tasks that must be done before.
    pub waits: Vec<u64>,
    /// Tasks that wait for this one.
    pub halts: Vec<u64>,
    /// An error spreads along lanes. *Empty*: the common lane.
    pub lanes: Vec<u64>,
    /// What happened, with time and level.
    pub log: Vec<String>,
    /// What clients can read of its result.
    #[serde(default)]
    pub exit_code: Option<i32>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub spawned: OffsetDateTime,
    /// When it was over.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub readied: Option<OffsetDateTime>,
}

/// What a task does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Starts a service.
    Start {
        /// Its name.
        service: String,
        /// Whether that was tried already, by a Pebble that ended meanwhile.
        tried: bool,
    },
    /// Stops a service.
    Stop {
        /// Its name.
        service: String,
    },
    /// Runs a command.
    Exec,
    /// Runs a check that is up.
    PerformCheck(Details),
    /// Runs a check that is down.
    RecoverCheck(Details),
}

/// All changes and tasks.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Changes {
    /// By number.
    pub changes: BTreeMap<u64, Change>,
    /// By number.
    pub tasks: BTreeMap<u64, Task>,
    last_change: u64,
    last_task: u64,
    last_lane: u64,
}

/// A level of a task's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// `INFO`.
    Info,
    /// `ERROR`.
    Error,
}

fn unready() -> watch::Sender<bool> {
    watch::Sender::new(false)
}

impl Work {
    /// The word for it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Stop { .. } => "stop",
            Self::Exec => "exec",
            Self::PerformCheck(_) => "perform-check",
            Self::RecoverCheck(_) => "recover-check",
        }
    }

    /// The details of a check's task.
    #[must_use]
    pub fn check(&self) -> Option<&Details> {
        match self {
            Self::PerformCheck(details) | Self::RecoverCheck(details) => Some(details),
            _ => None,
        }
    }
}

impl Task {
    /// Adds an entry to its log, which keeps the last ten.
    pub fn note(&mut self, clock: Clock, severity: Severity, text: &str) {
        let level = match severity {
            Severity::Info => "INFO",
            Severity::Error => "ERROR",
        };
        if self.log.len() >= LOG_ENTRIES {
            self.log.drain(..=self.log.len() - LOG_ENTRIES);
        }
        self.log.push(format!("{} {level} {text}", timestamp::format_seconds(timestamp::now(clock))));
    }
}

impl Changes {
    /// A new lane.
    pub fn new_lane(&mut self) -> u64 {
        self.last_lane += 1;
        self.last_lane
    }

    /// Makes a task that belongs to no change yet.
    pub fn new_task(&mut self, clock: Clock, work: Work, summary: String) -> u64 {
        self.last_task += 1;
        let task = Task {
            id: self.last_task,
            change: 0,
            work,
            summary,
            status: Status::Do,
            waits: Vec::new(),
            halts: Vec::new(),
            lanes: Vec::new(),
            log: Vec::new(),
            exit_code: None,
            spawned: timestamp::now(clock),
            readied: None,
        };
        self.tasks.insert(task.id, task);
        self.last_task
    }

    /// Makes a change of these tasks.
    pub fn new_change(&mut self, clock: Clock, kind: &str, summary: &str, tasks: Vec<u64>) -> u64 {
        self.last_change += 1;
        for task in &tasks {
            if let Some(task) = self.tasks.get_mut(task) {
                task.change = self.last_change;
            }
        }
        let change = Change {
            id: self.last_change,
            kind: kind.to_owned(),
            summary: summary.to_owned(),
            forced: None,
            tasks,
            services: None,
            notice_data: BTreeMap::new(),
            spawned: timestamp::now(clock),
            readied: None,
            noticed: None,
            ready: unready(),
        };
        self.changes.insert(change.id, change);
        self.last_change
    }

    /// Makes one task wait for another.
    pub fn make_wait(&mut self, task: u64, other: u64) {
        if let Some(task) = self.tasks.get_mut(&task).filter(|task| !task.waits.contains(&other)) {
            task.waits.push(other);
        }
        if let Some(other) = self.tasks.get_mut(&other).filter(|other| !other.halts.contains(&task)) {
            other.halts.push(task);
        }
    }

    /// The tasks of a change.
    pub fn tasks_of(&self, change: u64) -> impl Iterator<Item = &Task> {
        let ids = self.changes.get(&change).into_iter().flat_map(|change| &change.tasks);
        ids.filter_map(|id| self.tasks.get(id))
    }

    /// How far a change is, by its tasks.
    #[must_use]
    pub fn status(&self, change: u64) -> Status {
        let forced = self.changes.get(&change).and_then(|change| change.forced);
        forced
            .or_else(|| self.tasks_of(change).map(|task| task.status).min_by_key(Status::rank))
            .unwrap_or(Status::Hold)
    }

    /// After reading them from a file: wakes nobody, but lets waiters of changes that are over go.
    pub fn revive(&mut self) {
        let over: Vec<u64> = self.changes.keys().filter(|change| self.status(**change).is_ready()).copied().collect();
        for change in over.iter().filter_map(|id| self.changes.get(id)) {
            change.ready.send_replace(true);
        }
    }
}
