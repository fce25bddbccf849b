//! Services as they run: one small state machine each.
//!
//! *Source*: Pebble's service manager, v1.26.0.

pub mod backoff;
pub mod exit;
pub mod launch;
pub mod request;
pub mod start;
pub mod stop;
pub mod view;

use crate::{logs::Buffer, plan, timestamp};
use clock::Clock;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use time::OffsetDateTime;
use tokio::sync::oneshot;

/// How long a service must live until its start counts as a success.
pub const OKAY_DELAY: Duration = Duration::from_secs(1);
/// How long a killed process may take to be gone.
pub const FAIL_DELAY: Duration = Duration::from_secs(5);
/// The grace of a service whose plan sets none, for the end of Pebble.
const DEFAULT_GRACE: Duration = Duration::from_secs(5);

/// Where a service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// About to start.
    Initial,
    /// In its first second.
    Starting,
    /// Up.
    Running,
    /// Asked to end.
    Terminating,
    /// Forced to end.
    Killing,
    /// Stopped, or succeeded and left alone.
    Stopped,
    /// Ended, to be started again.
    Backoff,
    /// Ended badly and left alone.
    Exited,
}

/// One service that was started at least once.
#[derive(Debug)]
pub struct Service {
    /// The definition that it runs with, or will at its next restart.
    pub plan: plan::Service,
    /// Where it stands.
    pub phase: Phase,
    /// Its output.
    pub logs: Arc<Buffer>,
    /// When its status last changed.
    pub since: Option<OffsetDateTime>,
    /// How often it was started.
    pub launches: u64,
    /// Its process, which leads its group.
    pid: u32,
    /// Counts phases; a timer that was set in an earlier one does nothing.
    generation: u64,
    /// Whether it ends in order to start again.
    is_restarting: bool,
    /// The last wait before a restart.
    backoff: Option<Duration>,
    /// Who waits for the end of its first second.
    started: Option<oneshot::Sender<Result<(), String>>>,
    /// Who waits for its end.
    stopped: Option<oneshot::Sender<Result<(), String>>>,
}

/// All services that were started at least once.
#[derive(Debug, Default)]
pub struct Services {
    /// By name.
    pub by_name: BTreeMap<String, Service>,
}

impl Phase {
    /// What clients call it.
    #[must_use]
    pub fn status(self) -> &'static str {
        match self {
            Self::Starting | Self::Running => "active",
            Self::Terminating | Self::Killing | Self::Stopped => "inactive",
            Self::Backoff => "backoff",
            Self::Initial | Self::Exited => "error",
        }
    }

    /// What error messages call it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Terminating => "terminating",
            Self::Killing => "killing",
            Self::Stopped => "stopped",
            Self::Backoff => "backoff",
            Self::Exited => "exited",
        }
    }
}

impl Service {
    fn new(plan: plan::Service) -> Self {
        let logs = Arc::new(Buffer::new(&plan.name));
        Self {
            plan,
            phase: Phase::Initial,
            logs,
            since: None,
            launches: 0,
            pid: 0,
            generation: 0,
            is_restarting: false,
            backoff: None,
            started: None,
            stopped: None,
        }
    }

    /// Takes the next phase.
    fn enter(&mut self, clock: Clock, phase: Phase) {
        if self.phase.status() != phase.status() {
            self.since = Some(timestamp::now(clock));
        }
        self.phase = phase;
        self.is_restarting = false;
        self.generation += 1;
    }

    fn tell_started(&mut self, result: Result<(), String>) {
        if let Some(sender) = self.started.take() {
            let _ = sender.send(result);
        }
    }

    fn tell_stopped(&mut self, result: Result<(), String>) {
        if let Some(sender) = self.stopped.take() {
            let _ = sender.send(result);
        }
    }
}

impl Services {
    /// How long the end of all services may take.
    #[must_use]
    pub fn stop_timeout(&self) -> Duration {
        let alive = self
            .by_name
            .values()
            .filter(|service| matches!(service.phase, Phase::Starting | Phase::Running | Phase::Terminating));
        let grace = alive.map(|service| service.plan.grace()).max().unwrap_or_default().max(DEFAULT_GRACE);
        grace + FAIL_DELAY + Duration::from_millis(100)
    }
}
