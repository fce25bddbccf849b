//! The relations that a forum can do without, or has in place of others.

use std::collections::BTreeMap;

use crate::relations::{Databag, Remote, SecretContent, db};

/// Relations beside `database`, `redis`, `nginx-route` and `restart`, and what belongs to them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Integrations {
    /// The relation `db`, if there is one.
    pub db: Option<db::Relation>,
    /// The relation `ingress`, if there is one.
    pub ingress: Option<Remote>,
    /// The relation `saml`, if there is one.
    pub saml: Option<Remote>,
    /// The relation `oauth`, if there is one.
    pub oauth: Option<Remote>,
    /// The relation `smtp`, if there is one.
    pub smtp: Option<Remote>,
    /// The relation `s3`, if there is one.
    pub s3: Option<Remote>,
    /// The relations `metrics-endpoint`.
    pub metrics_endpoint: Vec<Consumer>,
    /// The relations `grafana-dashboard`.
    pub grafana_dashboard: Vec<Consumer>,
    /// The relations `logging`.
    pub logging: Vec<Consumer>,
    /// The secret that the option `smtp_credentials` names.
    pub smtp_credentials: SecretContent,
    /// The secret that the option `s3_credentials` names.
    pub s3_credentials: SecretContent,
    /// The address of this unit's pod.
    ///
    /// *Empty*: nobody needs it, or Juju does not know it yet.
    pub address: Option<String>,
}

/// A relation of an endpoint that may have several, whose other side takes what we offer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consumer {
    /// The number of the relation.
    pub id: u32,
    /// What the other application says of what it got; read in the relation's own hooks only.
    pub remote: Databag,
    /// What its units wrote, by name; read where something of theirs is needed.
    pub units: BTreeMap<String, Databag>,
    /// Our application bag; only the leader can see it.
    pub own_app: Option<Databag>,
    /// Our unit bag; read where something of ours belongs there.
    pub own_unit: Databag,
}
