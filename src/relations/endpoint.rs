//! What an endpoint is: what is read of its relations, what they give, and what is written to them.

use crate::discourse::{environment::Variables, mistake::Findings, settings::Settings};

use super::{Identity, Problem, Reads, Relation, Write, replica::Replicas};

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
    /// The variables that its relations set, or the beginnings of their names; one named like the first is set by every relation.
    pub variables: &'static [&'static str],
    /// The beginnings of the names of other variables that depend on the relation.
    ///
    /// They and those above stay as they run while its data is missing or invalid.
    pub dependent_variables: &'static [&'static str],
    /// What options must be, with and without a relation; the application's name is for commands.
    pub check: fn(is_related: bool, settings: &Settings, app: &str) -> Findings,
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
    /// Without it, or the other endpoint for the same, nothing runs.
    Alternative,
    /// A forum starts without it; once related, nothing is started without its data, and a running server goes on with what it has.
    WhenRelated,
    /// A forum starts without its data, but not with invalid data; a running server goes on.
    Optional,
    /// A forum starts whatever its data: nobody who uses the forum would notice.
    Observability,
    /// Juju makes it: the relation of the units with each other.
    Automatic,
}

/// What a relation gives to the forum.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// Variables of the workload.
    pub variables: Variables,
    /// Servers to read from while the provider's primary does not answer.
    pub replicas: Option<Replicas>,
    /// Certificates in PEM that the workload must trust besides the usual ones.
    pub certificates: Vec<String>,
    /// What deserves a warning although the data can be used.
    pub warnings: Vec<String>,
    /// Where the provider is reached, for people: a host, and a port if there is one.
    pub address: Option<String>,
}

impl Need {
    /// Whether a forum runs without the relation, so that nothing else may wait for it.
    #[must_use]
    pub fn can_be_missed(self) -> bool {
        matches!(self, Self::WhenRelated | Self::Optional | Self::Observability)
    }
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
            dependent_variables: &[],
            check: |_, _, _| Findings::default(),
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
