//! The application under test.

use super::{Status, StatusEntry};
use crate::charm::Charm;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An application: a charm, its configuration and who leads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Application {
    /// Name, which need not be the charm's.
    pub name: String,
    /// What the newest charm declares.
    pub charm: Charm,
    /// How often the charm was replaced; a unit that runs an older one is upgraded.
    pub revision: u32,
    /// Options that the operator set, defaults apart.
    pub config: Map<String, Value>,
    /// Whether `juju trust` was given.
    pub trusted: bool,
    /// The unit that leads.
    pub leader: Option<String>,
    /// Status of the whole application.
    pub status: Status,
    /// Every status that was set, oldest first.
    pub status_history: Vec<StatusEntry>,
}

impl Application {
    /// A newly deployed application.
    #[must_use]
    pub fn new(name: &str, charm: Charm) -> Self {
        Self {
            name: name.to_owned(),
            charm,
            revision: 0,
            config: Map::new(),
            trusted: false,
            leader: None,
            status: Status::unknown(),
            status_history: Vec::new(),
        }
    }

    /// Every option with its value: what was set, else the default, else null.
    #[must_use]
    pub fn effective_config(&self) -> Map<String, Value> {
        let value = |name: &String, default: &Option<Value>| {
            self.config.get(name).cloned().or_else(|| default.clone()).unwrap_or(Value::Null)
        };
        self.charm.options.iter().map(|(name, option)| (name.clone(), value(name, &option.default))).collect()
    }
}
