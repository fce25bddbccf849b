//! What Juju's controller and the unit agents know: one value, which tests fill and read directly.

mod action;
mod application;
pub mod databag;
mod memory;
mod relation;
pub mod secret;
mod status;
mod unit;
mod version;

pub use action::{Action, ActionStatus};
pub use application::Application;
pub use databag::Databag;
pub use memory::{Failure, Memory, RelationMemory};
pub use relation::{Life, Relation};
pub use secret::{Access, Consumer, Owner, Secret};
pub use status::{Status, StatusEntry, StatusKind};
pub use unit::{LogLine, Unit};
pub use version::{UnknownVersion, Version};

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
};

/// A Juju model with one application under test and what it is related to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Model {
    /// Name, which is the Kubernetes namespace too.
    pub name: String,
    /// Identity.
    pub uuid: String,
    /// The Juju that this is.
    pub juju: Version,
    /// Model options `juju-http-proxy` and the like, by the charm's variable: `JUJU_CHARM_HTTP_PROXY`.
    pub proxies: BTreeMap<String, String>,
    /// Where pods find the API of Kubernetes.
    pub kubernetes: IpAddr,
    /// The span around every hook, where Juju itself is traced.
    pub span: Option<Span>,
    /// Whether failed hooks are run again by themselves (`automatically-retry-hooks`).
    pub retries_hooks: bool,
    /// What becomes of a `pebble-*` hook that failed.
    pub pebble_failures: PebbleFailures,
    /// The application under test.
    pub application: Application,
    /// Its units by name.
    pub units: BTreeMap<String, Unit>,
    /// Relations by number, peer relations among them.
    pub relations: BTreeMap<u32, Relation>,
    /// Secrets of both sides by their bare id.
    pub secrets: BTreeMap<String, Secret>,
    /// Actions by number.
    pub actions: BTreeMap<u32, Action>,
}

/// A span of a trace, by its identifiers in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The trace.
    pub trace: String,
    /// The span.
    pub id: String,
}

/// What becomes of a `pebble-*` hook that failed: its source and reports about it differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum PebbleFailures {
    /// An error of the unit, tried again later, as any other hook.
    #[default]
    Ordinary,
    /// No error: check events and notices are lost, `pebble-ready` is offered again after five seconds.
    Skipped,
}

impl Model {
    /// A model that holds one application without units.
    #[must_use]
    pub fn new(application: Application) -> Self {
        Self {
            name: "forum".to_owned(),
            uuid: "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14".to_owned(),
            juju: Version::default(),
            proxies: BTreeMap::from([("JUJU_CHARM_NO_PROXY".to_owned(), "127.0.0.1,localhost,::1".to_owned())]),
            kubernetes: IpAddr::V4(Ipv4Addr::new(10, 152, 183, 1)),
            span: None,
            retries_hooks: true,
            pebble_failures: PebbleFailures::default(),
            application,
            units: BTreeMap::new(),
            relations: BTreeMap::new(),
            secrets: BTreeMap::new(),
            actions: BTreeMap::new(),
        }
    }

    /// The name of the application's unit with this number.
    #[must_use]
    pub fn unit_name(&self, number: u32) -> String {
        format!("{}/{number}", self.application.name)
    }

    /// Whether a unit holds the leadership.
    #[must_use]
    pub fn is_leader(&self, unit: &str) -> bool {
        self.application.leader.as_deref() == Some(unit)
    }

    /// The first relation of an endpoint, dying ones among them.
    #[must_use]
    pub fn relation(&self, endpoint: &str) -> Option<&Relation> {
        self.relations.values().find(|relation| relation.endpoint == endpoint)
    }

    /// The first relation of an endpoint, to change it.
    pub fn relation_mut(&mut self, endpoint: &str) -> Option<&mut Relation> {
        self.relations.values_mut().find(|relation| relation.endpoint == endpoint)
    }

    /// A secret by its URI or bare id.
    #[must_use]
    pub fn secret(&self, uri: &str) -> Option<&Secret> {
        self.secrets.get(Secret::bare_id(uri))
    }

    /// The number for the next relation.
    #[must_use]
    pub fn next_relation(&self) -> u32 {
        self.relations.keys().next_back().map_or(0, |last| last + 1)
    }

    /// An id for the next secret; ids look like Juju's, and the same life mints the same ones.
    #[must_use]
    pub fn next_secret(&self) -> String {
        (self.secrets.len()..usize::MAX)
            .map(Secret::mint_id)
            .find(|id| !self.secrets.contains_key(id))
            .unwrap_or_default()
    }
}
