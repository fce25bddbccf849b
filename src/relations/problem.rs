//! What keeps the data of a relation from being used.

use serde::Serialize;

/// Data of a relation that cannot be used; its text quotes nothing that came over the relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// It is not there yet: the provider will write it.
    #[error("waiting for {what} in the relation {endpoint}")]
    Missing {
        /// The name of our endpoint.
        endpoint: &'static str,
        /// The key, or what else is missing.
        what: String,
    },
    /// The secret that a key names is not granted to us, or does not exist.
    #[error("waiting for a readable {key} in the relation {endpoint}")]
    Ungranted {
        /// The name of our endpoint.
        endpoint: &'static str,
        /// The key.
        key: &'static str,
        /// The remote application.
        provider: String,
        /// Whether the provider may hand on a secret of the operator's.
        may_be_users: bool,
    },
    /// Juju did not show the relation: the next hook reads it again.
    #[error("{endpoint} cannot be read: {why}")]
    Unreadable {
        /// The name of our endpoint.
        endpoint: &'static str,
        /// What failed.
        why: String,
    },
    /// It can never be used: somebody must correct it.
    #[error("{endpoint}: {why}: {remedy}")]
    Invalid {
        /// The name of our endpoint.
        endpoint: &'static str,
        /// The key and the form that its value must have.
        why: String,
        /// What to do.
        remedy: String,
    },
}

impl Problem {
    /// The name of the endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        match self {
            Self::Missing { endpoint, .. }
            | Self::Ungranted { endpoint, .. }
            | Self::Unreadable { endpoint, .. }
            | Self::Invalid { endpoint, .. } => endpoint,
        }
    }

    /// The text for an operator, with what there is to do; the name of our application is for commands.
    #[must_use]
    pub fn text(&self, app: &str) -> String {
        let Self::Ungranted { key, provider, may_be_users, .. } = self else { return self.to_string() };
        let command = format!("juju grant-secret <{key}> {app}");
        if *may_be_users {
            format!("{self}: {command}; if {provider} owns the secret, {provider} must grant it")
        } else {
            format!("{self}: {provider} must grant the secret; if it is a user secret, {command}")
        }
    }
}
