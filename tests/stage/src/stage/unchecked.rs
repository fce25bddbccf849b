//! Changes that Juju would refuse or that no operator makes: what an older charm, another tool or a bug may have left behind.

use super::{Stage, StageError};
use crate::model::{Databag, Model, Secret, UnitRef};
use serde_json::Value;

/// A secret that a test changes, whatever its owner.
pub struct SecretEdit<'s> {
    model: &'s mut Model,
    uri: String,
}

impl Stage {
    /// Sets options of the main application without a look at the charm's schema; null resets one.
    pub fn set_config_unchecked<'a>(&mut self, options: impl IntoIterator<Item = (&'a str, Value)>) {
        for (name, value) in options {
            self.model.application_mut().set_option(name, value);
        }
    }

    /// Removes a key from what a unit publishes on an endpoint.
    ///
    /// # Errors
    /// The endpoint has no relation, or the unit has not entered it.
    pub fn forget(&mut self, endpoint: &str, unit: impl Into<UnitRef>, key: &str) -> Result<(), StageError> {
        self.unit_bag_mut(endpoint, unit)?.remove(key);
        Ok(())
    }

    /// Writes a key into what a unit publishes on an endpoint.
    ///
    /// # Errors
    /// The endpoint has no relation, or the unit has not entered it.
    pub fn write_unit_bag(
        &mut self,
        endpoint: &str,
        unit: impl Into<UnitRef>,
        key: &str,
        value: &str,
    ) -> Result<(), StageError> {
        self.unit_bag_mut(endpoint, unit)?.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    /// The secret with this URI, to be changed.
    pub fn secret(&mut self, uri: &str) -> SecretEdit<'_> {
        SecretEdit { model: &mut self.model, uri: uri.to_owned() }
    }

    fn unit_bag_mut(&mut self, endpoint: &str, unit: impl Into<UnitRef>) -> Result<&mut Databag, StageError> {
        let name = self.model.unit_name(unit);
        let missing = || StageError::Missing { kind: "relation", name: endpoint.to_owned() };
        let relation = self.model.relation_mut(endpoint).ok_or_else(missing)?;
        relation.unit_bag_mut(&name).ok_or(StageError::Missing { kind: "unit", name })
    }
}

impl<'s> SecretEdit<'s> {
    /// Adds a revision, unless the content stays the same.
    ///
    /// # Errors
    /// No such secret.
    pub fn update(self, content: &[(&str, &str)]) -> Result<(), StageError> {
        let content = content.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.existing()?.update(content);
        Ok(())
    }

    /// Takes every permission to read it away.
    ///
    /// # Errors
    /// No such secret.
    pub fn revoke(self) -> Result<(), StageError> {
        self.existing()?.access.clear();
        Ok(())
    }

    /// Removes it with all its revisions; nothing happens if it is not there.
    pub fn remove(self) {
        self.model.secrets.remove(Secret::bare_id(&self.uri));
    }

    /// Puts it back as it was earlier, even if it was removed.
    pub fn restore(self, earlier: &Secret) {
        self.model.secrets.insert(Secret::bare_id(&self.uri).to_owned(), earlier.clone());
    }

    fn existing(self) -> Result<&'s mut Secret, StageError> {
        let missing = || StageError::Missing { kind: "secret", name: self.uri.clone() };
        self.model.secrets.get_mut(Secret::bare_id(&self.uri)).ok_or_else(missing)
    }
}
