//! An application of the model.

use super::{Life, Status, StatusEntry};
use crate::charm::Charm;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::LazyLock,
};

/// An application: a charm, its configuration and who leads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Application {
    /// Name, which need not be the charm's.
    pub name: String,
    /// Whether it is being removed.
    pub life: Life,
    /// What the newest charm declares.
    pub charm: Charm,
    /// How often the charm was replaced; a unit that runs an older one is upgraded.
    pub revision: u32,
    /// What earlier charms declared, by revision; units run them until their pods are replaced.
    pub former: BTreeMap<u32, Charm>,
    /// Options that the operator set, defaults apart.
    pub config: Map<String, Value>,
    /// Whether `juju trust` was given.
    pub trusted: bool,
    /// What `leader-set` wrote, which Juju 3.6 has.
    pub leader_settings: BTreeMap<String, String>,
    /// The address of its service, at which one of its units answers.
    pub service: IpAddr,
    /// The unit that leads.
    pub leader: Option<String>,
    /// Status of the whole application.
    pub status: Status,
    /// Every status that was set, oldest first.
    pub status_history: Vec<StatusEntry>,
}

/// What an application that is not there reads as.
pub(super) static NONE: LazyLock<Application> = LazyLock::new(|| Application::new("", Charm::default()));

impl Application {
    /// A newly deployed application.
    #[must_use]
    pub fn new(name: &str, charm: Charm) -> Self {
        Self {
            name: name.to_owned(),
            life: Life::Alive,
            charm,
            revision: 0,
            former: BTreeMap::new(),
            config: Map::new(),
            trusted: false,
            leader_settings: BTreeMap::new(),
            service: IpAddr::V4(Ipv4Addr::new(10, 152, 183, 40)),
            leader: None,
            status: Status::unknown(),
            status_history: Vec::new(),
        }
    }

    /// Sets an option; null resets it to its default.
    pub fn set_option(&mut self, name: &str, value: Value) {
        if value.is_null() {
            self.config.remove(name);
        } else {
            self.config.insert(name.to_owned(), value);
        }
    }

    /// The charm is another one, of the next revision; the former one is kept for units that still run it.
    pub fn replace_charm(&mut self, charm: Charm) {
        let former = std::mem::replace(&mut self.charm, charm);
        self.former.insert(self.revision, former);
        self.revision += 1;
    }

    /// The charm of a revision; the newest if it is not known.
    #[must_use]
    pub fn charm_of(&self, revision: Option<u32>) -> &Charm {
        revision.and_then(|revision| self.former.get(&revision)).unwrap_or(&self.charm)
    }

    /// Every option that the charm of a revision declares, with its value.
    #[must_use]
    pub fn config_of(&self, revision: Option<u32>) -> Map<String, Value> {
        let value = |name: &String, default: &Option<Value>| {
            self.config.get(name).cloned().or_else(|| default.clone()).unwrap_or(Value::Null)
        };
        self.charm_of(revision)
            .options
            .iter()
            .map(|(name, option)| (name.clone(), value(name, &option.default)))
            .collect()
    }
}
