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
            Self::Missing { endpoint, .. } | Self::Unreadable { endpoint, .. } | Self::Invalid { endpoint, .. } => {
                endpoint
            }
        }
    }
}
