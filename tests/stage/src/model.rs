//! What Juju's controller and the unit agents know: one value, which tests fill and read directly.

mod action;
mod application;
mod counters;
pub mod databag;
mod host;
mod memory;
pub mod names;
pub mod ports;
mod reference;
mod relation;
pub mod secret;
mod status;
mod storage;
mod unit;
mod version;

pub use action::{Action, ActionStatus};
pub use application::Application;
pub use counters::Counters;
pub use databag::Databag;
pub use host::Host;
pub use memory::{Failure, Memory, RelationMemory};
pub use ports::{OpenPorts, Port};
pub use reference::UnitRef;
pub use relation::{End, Life, Relation};
pub use secret::{Access, Consumer, Owner, Secret};
pub use status::{Status, StatusEntry, StatusKind};
pub use storage::Storage;
pub use unit::{LogLine, Unit};
pub use version::{UnknownVersion, Version};

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};
use time::OffsetDateTime;

/// A Juju model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Model {
    /// Name, which is the Kubernetes namespace too.
    pub name: String,
    /// Identity.
    pub uuid: String,
    /// The Juju that this is.
    pub juju: Version,
    /// Where the agents run.
    pub host: Host,
    /// The time at which Juju's clock stands; it goes with this machine's if there is none.
    pub stopped_clock: Option<OffsetDateTime>,
    /// How much time went by at once, as [`pass`](crate::Stage::pass) says, besides that of this machine.
    pub passed: Duration,
    /// Model options `juju-http-proxy` and the like, by the charm's variable: `JUJU_CHARM_HTTP_PROXY`.
    pub proxies: BTreeMap<String, String>,
    /// Where pods find the API of Kubernetes.
    pub kubernetes: IpAddr,
    /// The span around every hook, where Juju itself is traced.
    pub span: Option<Span>,
    /// Whether failed hooks are run again by themselves (`automatically-retry-hooks`).
    pub retries_hooks: bool,
    /// Whether storage that a charm adds is taken note of, as Juju 3.6 does though no pod ever gets it, or refused, as 4.0 does.
    pub notes_storage: bool,
    /// Applications by name; those that a stand-in plays are only the ends of relations.
    pub applications: BTreeMap<String, Application>,
    /// Name of the application that the stage was built for.
    pub main: String,
    /// The units of all applications by name.
    pub units: BTreeMap<String, Unit>,
    /// Relations by number, peer relations among them.
    pub relations: BTreeMap<u32, Relation>,
    /// Secrets of all applications by their bare id.
    pub secrets: BTreeMap<String, Secret>,
    /// Whether a new secret's URI names the model, as it does in Juju 4.
    pub names_model_in_secrets: bool,
    /// Instances of storage by id: `data/0`.
    pub storage: BTreeMap<String, Storage>,
    /// Actions by number.
    pub actions: BTreeMap<u32, Action>,
    /// Where the ids of new things begin.
    pub counters: Counters,
}

/// A span of a trace, by its identifiers in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The trace.
    pub trace: String,
    /// The span.
    pub id: String,
}

impl Model {
    /// The time that Juju has.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.stopped_clock.unwrap_or_else(OffsetDateTime::now_utc) + self.passed
    }

    /// A model that holds one application without units.
    #[must_use]
    pub fn new(application: Application) -> Self {
        Self {
            name: "forum".to_owned(),
            uuid: "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14".to_owned(),
            juju: Version::default(),
            host: Host::default(),
            stopped_clock: None,
            passed: Duration::ZERO,
            proxies: BTreeMap::from([("JUJU_CHARM_NO_PROXY".to_owned(), "127.0.0.1,localhost,::1".to_owned())]),
            kubernetes: IpAddr::V4(Ipv4Addr::new(10, 152, 183, 1)),
            span: None,
            retries_hooks: true,
            notes_storage: true,
            main: application.name.clone(),
            applications: [(application.name.clone(), application)].into(),
            units: BTreeMap::new(),
            relations: BTreeMap::new(),
            secrets: BTreeMap::new(),
            names_model_in_secrets: false,
            storage: BTreeMap::new(),
            actions: BTreeMap::new(),
            counters: Counters::default(),
        }
    }

    /// The main application; one without a charm once it is gone.
    #[must_use]
    pub fn application(&self) -> &Application {
        self.application_of(&self.main)
    }

    /// The main application, to change it.
    pub fn application_mut(&mut self) -> &mut Application {
        let name = self.main.clone();
        self.application_of_mut(&name)
    }

    /// The application of a unit, or with this name; one without a charm if it is not there.
    #[must_use]
    pub fn application_of(&self, unit: &str) -> &Application {
        self.applications.get(names::application_of(unit)).unwrap_or(&application::NONE)
    }

    /// The application of a unit, or with this name, to change it.
    pub fn application_of_mut(&mut self, unit: &str) -> &mut Application {
        let name = names::application_of(unit);
        let new = || Application::new(name, crate::charm::Charm::default());
        self.applications.entry(name.to_owned()).or_insert_with(new)
    }

    /// The units of an application by name.
    pub fn units_of<'m>(&'m self, application: &'m str) -> impl Iterator<Item = (&'m String, &'m Unit)> {
        self.units.iter().filter(move |(name, _)| names::application_of(name) == application)
    }

    /// Whether a unit holds the leadership of its application.
    #[must_use]
    pub fn is_leader(&self, unit: &str) -> bool {
        self.application_of(unit).leader.as_deref() == Some(unit)
    }

    /// The first relation of an endpoint, dying ones among them; `app:endpoint` names one of another application than the main one.
    #[must_use]
    pub fn relation(&self, endpoint: &str) -> Option<&Relation> {
        let (application, endpoint) = self.place(endpoint);
        self.relations.values().find(|relation| is_at(relation, application, endpoint))
    }

    /// The first relation of an endpoint, to change it.
    pub fn relation_mut(&mut self, endpoint: &str) -> Option<&mut Relation> {
        let (application, endpoint) = self.place(endpoint);
        let (application, endpoint) = (application.to_owned(), endpoint.to_owned());
        self.relations.values_mut().find(|relation| is_at(relation, &application, &endpoint))
    }

    /// The URI of a new secret: `secret:ID`, or `secret://MODEL/ID`.
    #[must_use]
    pub fn secret_uri(&self, id: &str) -> String {
        if self.names_model_in_secrets { format!("secret://{}/{id}", self.uuid) } else { format!("secret:{id}") }
    }

    /// A secret by its URI or bare id.
    #[must_use]
    pub fn secret(&self, uri: &str) -> Option<&Secret> {
        self.secrets.get(Secret::bare_id(uri))
    }
}

fn is_at(relation: &Relation, application: &str, endpoint: &str) -> bool {
    relation.own(application).is_some_and(|end| end.endpoint == endpoint)
}
