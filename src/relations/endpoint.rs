//! What an endpoint is: what is read of its relations, what they give, and what is written to them.

use serde::Serialize;

use crate::{
    discourse::{
        environment::Variables,
        settings::{Mistake, Settings},
    },
    juju::UnitName,
};

use super::{Changes, Databag, Problem, Relation, topology::Topology};

/// An endpoint of `metadata.yaml`.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// Its name.
    pub name: &'static str,
    /// Its interface.
    pub interface: &'static str,
    /// Our side of its relations.
    pub role: Role,
    /// Whether it has one relation at most.
    pub has_limit: bool,
    /// Whether the forum can do without it.
    pub need: Need,
    /// What is read of its relations.
    pub reads: Reads,
    /// The variables that only its relations set, or the beginnings of their names.
    ///
    /// Those of an incomplete relation stay as they run.
    pub variables: &'static [&'static str],
    /// What options must be, with and without a relation; the application's name is for commands.
    pub check: fn(is_related: bool, settings: &Settings, app: &str) -> Vec<Mistake>,
    /// What a relation gives.
    pub gives: Option<Gives>,
    /// What we write to a relation.
    pub writes: fn(&Relation, &Identity) -> Vec<Write>,
}

/// Reads what a relation gives; the settings decide how it is used.
pub type Gives = fn(&Relation, &Settings) -> Result<Given, Problem>;

/// Our side of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// We provide.
    Provider,
    /// We require.
    Requirer,
    /// The units of our own application.
    Peer,
}

/// Whether the forum can do without a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Without it nothing runs: the name of an application that usually provides it.
    Required(&'static str),
    /// A forum starts without it, but once related only with its data.
    WhenRelated,
    /// A forum starts without its data.
    Optional,
    /// Juju makes it.
    Given,
}

/// What is read of a relation.
#[derive(Debug, Clone, Copy)]
pub struct Reads {
    /// The databag of the remote application.
    pub remote_app: RemoteApp,
    /// The databags of the remote units.
    pub units: Units,
    /// The secrets that the databag of the remote application may name.
    pub secrets: &'static [SecretKey],
    /// Our application databag.
    pub own_app: OwnApp,
    /// Whether our unit databag is read.
    pub own_unit: bool,
    /// Whether Juju is asked for the remote application's model, judged by our application databag.
    pub asks_for_model: Option<fn(&Databag) -> bool>,
    /// Whether the address of our pod is needed.
    pub address: bool,
}

/// When the databag of the remote application is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteApp {
    /// Never: it says nothing of use.
    Never,
    /// In every hook.
    Always,
    /// In the relation's own hooks only: it holds complaints, which are logged once.
    OwnHooks,
}

/// When the databags of the remote units are read.
#[derive(Debug, Clone, Copy)]
pub enum Units {
    /// Never.
    Never,
    /// In every hook.
    Always,
    /// If the databag of the remote application asks for it.
    If(fn(&Databag) -> bool),
}

/// Who reads our application databag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnApp {
    /// Nobody: nothing is written to it.
    Nobody,
    /// The leader.
    Leader,
    /// Every unit: it is the databag of a peer relation.
    Everyone,
}

/// A key that names a secret.
#[derive(Debug, Clone, Copy)]
pub struct SecretKey {
    /// The key.
    pub key: &'static str,
    /// A word for the label of the secret.
    pub label: &'static str,
    /// A key that holds the same in clear text, and takes precedence.
    pub unless: Option<&'static str>,
}

/// What a relation gives to the forum.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// Variables of the workload.
    pub variables: Variables,
    /// Certificates in PEM that the workload must trust besides the usual ones.
    pub certificates: Vec<String>,
    /// What deserves a warning although the data can be used.
    pub warnings: Vec<String>,
    /// Where the provider is reached, for people: a host, and a port if there is one.
    pub address: Option<String>,
}

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
    /// The host name of the forum.
    ///
    /// *Empty*: the options cannot be used.
    pub hostname: Option<&'a str>,
    /// The bucket that the option `s3_bucket` names.
    pub bucket: String,
    /// The port on which every unit serves its metrics.
    pub metrics_port: u16,
}

impl Endpoint {
    /// A provides-endpoint with any number of relations, which are neither read nor written.
    #[must_use]
    pub const fn provider(name: &'static str, interface: &'static str) -> Self {
        Self {
            name,
            interface,
            role: Role::Provider,
            has_limit: false,
            need: Need::Optional,
            reads: Reads::NOTHING,
            variables: &[],
            check: |_, _, _| Vec::new(),
            gives: None,
            writes: |_, _| Vec::new(),
        }
    }

    /// The same for an endpoint that requires something, with one relation at most.
    #[must_use]
    pub const fn requirer(name: &'static str, interface: &'static str) -> Self {
        Self { role: Role::Requirer, has_limit: true, ..Self::provider(name, interface) }
    }
}

impl Reads {
    /// Whether the remote units must be listed: for their databags, or to learn the remote application.
    #[must_use]
    pub fn asks_for_units(&self) -> bool {
        self.remote_app == RemoteApp::Always || !matches!(self.units, Units::Never)
    }

    /// How many hook tool calls it takes the leader to read one relation that has one remote unit and says nothing new.
    #[must_use]
    pub fn calls(&self) -> usize {
        let is_always = [
            self.asks_for_units(),
            self.remote_app == RemoteApp::Always,
            matches!(self.units, Units::Always),
            self.own_app != OwnApp::Nobody,
            self.own_unit,
        ];
        is_always.into_iter().filter(|is_read| *is_read).count() + self.secrets.len()
    }

    /// Nothing but the relation itself.
    pub const NOTHING: Self = Self {
        remote_app: RemoteApp::Never,
        units: Units::Never,
        secrets: &[],
        own_app: OwnApp::Nobody,
        own_unit: false,
        asks_for_model: None,
        address: false,
    };

    /// The databag of the remote application.
    pub const REMOTE: Self = Self { remote_app: RemoteApp::Always, ..Self::NOTHING };

    /// Our application databag, and what the remote application complains of.
    pub const COMPLAINTS: Self = Self { remote_app: RemoteApp::OwnHooks, own_app: OwnApp::Leader, ..Self::NOTHING };
}

impl SecretKey {
    /// The label under which this unit reads the secret of a relation.
    #[must_use]
    pub fn label(&self, endpoint: &str, id: u32) -> String {
        format!("{endpoint}.{id}.{}.secret", self.label)
    }

    /// The URI of the secret that a databag names.
    ///
    /// *Empty*: it names none, or holds the value in clear text.
    #[must_use]
    pub fn uri<'a>(&self, bag: &'a Databag) -> Option<&'a str> {
        let filled = |key: &str| bag.get(key).map(|value| value.trim()).filter(|value| !value.is_empty());
        if self.unless.and_then(filled).is_some() { None } else { filled(self.key) }
    }
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
    static UNIT: std::sync::LazyLock<UnitName> = std::sync::LazyLock::new(|| "discourse-k8s/0".parse().unwrap());
    Identity {
        unit: &UNIT,
        model: "forum-prod",
        topology: super::topology::example(),
        fqdn: "discourse-k8s-0.discourse-k8s-endpoints.forum-prod.svc.cluster.local".to_owned(),
        address: Some("10.1.42.17"),
        hostname: Some("forum.example.com"),
        bucket: String::new(),
        metrics_port: 9394,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::databag::bag;

    #[test]
    fn a_value_in_clear_text_takes_precedence_over_a_secret() {
        let key = SecretKey { key: "password_id", label: "password", unless: Some("password") };
        assert_eq!(key.uri(&bag(&[("password_id", " secret:x ")])), Some("secret:x"));
        assert_eq!(key.uri(&bag(&[("password_id", "secret:x"), ("password", "p")])), None);
        assert_eq!(key.uri(&bag(&[("password_id", " ")])), None);
        assert_eq!(key.label("smtp", 7), "smtp.7.password.secret");
    }
}
