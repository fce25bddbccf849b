//! A relation between the application under test and another, or among its own units.

use super::Databag;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether a thing lives, leaves or is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Life {
    /// It is there.
    #[default]
    Alive,
    /// It is about to go.
    Dying,
    /// It is gone.
    Dead,
}

/// Both sides of a relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Relation {
    /// Number.
    pub id: u32,
    /// Endpoint of the application under test.
    pub endpoint: String,
    /// Interface that both ends speak.
    pub interface: String,
    /// Whether it joins the application's own units.
    pub peer: bool,
    /// Whether it is being removed.
    pub life: Life,
    /// The application at the other end; its own name for a peer relation.
    pub remote_app: String,
    /// The other side's model; this model if `None`.
    pub remote_model_uuid: Option<String>,
    /// What the application publishes.
    pub local_app: Databag,
    /// What its units publish, by unit name; a unit that has not entered the relation is missing.
    pub local_units: BTreeMap<String, Databag>,
    /// What the other application publishes; unused in a peer relation.
    pub remote_app_bag: Databag,
    /// What its units publish, by unit name; unused in a peer relation.
    pub remote_units: BTreeMap<String, Databag>,
}

impl Relation {
    /// `database:7`.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("{}:{}", self.endpoint, self.id)
    }

    /// The bags of the units that a unit of the application under test sees at the other end; a peer does not see itself.
    #[must_use]
    pub fn others(&self, unit: &str) -> BTreeMap<&str, &Databag> {
        let units = if self.peer { &self.local_units } else { &self.remote_units };
        units.iter().filter(|(name, _)| name.as_str() != unit).map(|(name, bag)| (name.as_str(), bag)).collect()
    }

    /// The application bag at the other end: for peers it is their own.
    #[must_use]
    pub fn other_app(&self) -> &Databag {
        if self.peer { &self.local_app } else { &self.remote_app_bag }
    }
}
