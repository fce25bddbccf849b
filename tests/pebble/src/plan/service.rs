//! A service of the plan.

use super::{Override, or_default};
use std::{collections::BTreeMap, fmt, time::Duration};

/// What happens when a service ends or its check fails.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Action {
    /// Nothing is written, which means restart.
    #[default]
    Unset,
    /// Start it again after a delay.
    Restart,
    /// Leave it.
    Ignore,
    /// End Pebble, with success or failure as the service had.
    Shutdown,
    /// End Pebble with failure, though the service succeeded.
    FailureShutdown,
    /// End Pebble with success, though the service failed.
    SuccessShutdown,
    /// Any other word; no layer with it is accepted.
    Unknown(String),
}

/// One service as layers define it; two are equal if their definitions are, written defaults included.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Service {
    /// Its name, the key in the layer.
    pub name: String,
    /// One line.
    pub summary: String,
    /// More words.
    pub description: String,
    /// `enabled`, or anything else, which means disabled.
    pub startup: String,
    /// Which definition counts.
    pub overriding: Override,
    /// The command line.
    pub command: String,
    /// Starts after these, if in the same lane.
    pub after: Vec<String>,
    /// Starts before these, if in the same lane.
    pub before: Vec<String>,
    /// Cannot run without these.
    pub requires: Vec<String>,
    /// Laid over Pebble's own environment; an empty one differs from none.
    pub environment: Option<BTreeMap<String, String>>,
    /// Whom it runs as.
    pub user: super::context::Account,
    /// Where it runs.
    pub working_dir: String,
    /// When it ends with 0.
    pub on_success: Action,
    /// When it ends with anything else.
    pub on_failure: Action,
    /// By name of the check.
    pub on_check_failure: Option<BTreeMap<String, Action>>,
    /// *Empty*: 500 ms.
    pub backoff_delay: Option<Duration>,
    /// *Empty*: 2.
    pub backoff_factor: Option<f64>,
    /// *Empty*: 30 s.
    pub backoff_limit: Option<Duration>,
    /// *Empty*: 5 s.
    pub kill_delay: Option<Duration>,
}

impl Action {
    /// Reads the word of a layer.
    #[must_use]
    pub fn read(word: &str) -> Self {
        match word {
            "" => Self::Unset,
            "restart" => Self::Restart,
            "ignore" => Self::Ignore,
            "shutdown" => Self::Shutdown,
            "failure-shutdown" => Self::FailureShutdown,
            "success-shutdown" => Self::SuccessShutdown,
            other => Self::Unknown(other.to_owned()),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unset => "",
            Self::Restart => "restart",
            Self::Ignore => "ignore",
            Self::Shutdown => "shutdown",
            Self::FailureShutdown => "failure-shutdown",
            Self::SuccessShutdown => "success-shutdown",
            Self::Unknown(word) => word,
        })
    }
}

impl Service {
    /// Whether it starts with Pebble and at each replan.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.startup == "enabled"
    }

    /// The first wait before a restart.
    #[must_use]
    pub fn first_backoff(&self) -> Duration {
        or_default(self.backoff_delay, 500)
    }

    /// The longest wait before a restart.
    #[must_use]
    pub fn longest_backoff(&self) -> Duration {
        or_default(self.backoff_limit, 30_000)
    }

    /// How long it may take to end after SIGTERM.
    #[must_use]
    pub fn grace(&self) -> Duration {
        or_default(self.kill_delay, 5_000)
    }

    /// What to do when it ended.
    #[must_use]
    pub fn action_at_end(&self, succeeded: bool) -> Action {
        match if succeeded { &self.on_success } else { &self.on_failure } {
            Action::Unset => Action::Restart,
            action => action.clone(),
        }
    }

    /// Lays a later definition over this one.
    pub fn merge(&mut self, later: &Self) {
        overlay(&mut self.summary, &later.summary);
        overlay(&mut self.description, &later.description);
        overlay(&mut self.startup, &later.startup);
        overlay(&mut self.command, &later.command);
        overlay(&mut self.working_dir, &later.working_dir);
        self.user.merge(&later.user);
        self.after.extend_from_slice(&later.after);
        self.before.extend_from_slice(&later.before);
        self.requires.extend_from_slice(&later.requires);
        extend(&mut self.environment, later.environment.as_ref());
        extend(&mut self.on_check_failure, later.on_check_failure.as_ref());
        overlay(&mut self.on_success, &later.on_success);
        overlay(&mut self.on_failure, &later.on_failure);
        self.backoff_delay = later.backoff_delay.or(self.backoff_delay);
        self.backoff_factor = later.backoff_factor.or(self.backoff_factor);
        self.backoff_limit = later.backoff_limit.or(self.backoff_limit);
        self.kill_delay = later.kill_delay.or(self.kill_delay);
    }
}

/// Puts a later value over an older one, unless the later is empty.
pub(super) fn overlay<T: Default + Clone + PartialEq>(older: &mut T, later: &T) {
    if *later != T::default() {
        older.clone_from(later);
    }
}

/// Puts later entries over older ones; no entries change nothing.
pub(super) fn extend<V: Clone>(older: &mut Option<BTreeMap<String, V>>, later: Option<&BTreeMap<String, V>>) {
    if let Some(later) = later.filter(|later| !later.is_empty()) {
        older.get_or_insert_default().extend(later.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}
