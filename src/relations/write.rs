//! What is written to the relations of an endpoint, and who we are in it.

use serde::Serialize;

use crate::{address::Authority, juju::UnitName};

use super::{Changes, topology::Topology};

/// Whose databag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The application's; only the leader writes it.
    App,
    /// The unit's.
    Unit,
}

/// Changes of one of our databags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Write {
    /// Whose databag.
    pub owner: Owner,
    /// The new values; the empty text deletes a key.
    pub changes: Changes,
    /// Why.
    pub why: &'static str,
}

/// Who we are, in the databags that we write.
#[derive(Debug, Clone)]
pub struct Identity<'a> {
    /// This unit.
    pub unit: &'a UnitName,
    /// The model, which is the Kubernetes namespace.
    pub model: &'a str,
    /// Our names in monitoring.
    pub topology: Topology,
    /// The name of this unit's pod in the cluster.
    pub fqdn: String,
    /// The address of this unit's pod.
    ///
    /// *Empty*: no relation needs it, or Juju does not know it yet.
    pub address: Option<&'a str>,
    /// Host and port at which people reach the forum.
    ///
    /// *Empty*: the options cannot be used.
    pub forum: Option<&'a Authority>,
    /// The name of the bucket in the option `s3_bucket`, or an empty text if it names none.
    ///
    /// *Empty*: the option cannot be used, so the request for a bucket stays as it is.
    pub bucket: Option<String>,
    /// The port on which every unit serves its metrics.
    pub metrics_port: u16,
}

impl Write {
    /// Changes of our application databag.
    #[must_use]
    pub fn app(changes: Changes, why: &'static str) -> Self {
        Self { owner: Owner::App, changes, why }
    }

    /// Changes of our unit databag.
    #[must_use]
    pub fn unit(changes: Changes, why: &'static str) -> Self {
        Self { owner: Owner::Unit, changes, why }
    }
}

/// The identity of the examples.
#[cfg(test)]
pub(super) fn identity() -> Identity<'static> {
    use std::sync::LazyLock;
    static UNIT: LazyLock<UnitName> = LazyLock::new(|| "discourse-k8s/0".parse().unwrap());
    static FORUM: LazyLock<Authority> = LazyLock::new(|| Authority::parse("forum.example.com").unwrap());
    Identity {
        unit: &UNIT,
        model: "forum-prod",
        topology: super::topology::example(),
        fqdn: "discourse-k8s-0.discourse-k8s-endpoints.forum-prod.svc.cluster.local".to_owned(),
        address: Some("10.1.42.17"),
        forum: Some(&FORUM),
        bucket: Some(String::new()),
        metrics_port: 9394,
    }
}
