//! What an operator does to one application, whichever it is.

use super::{Stage, StageError, settings};
use crate::{
    charm,
    model::{Access, Life, Secret, names::application_of},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The acts of an operator on one application.
pub struct ApplicationActs<'s> {
    stage: &'s mut Stage,
    name: String,
}

impl Stage {
    /// An application, to act on.
    ///
    /// # Errors
    /// No such application.
    pub fn application(&mut self, name: &str) -> Result<ApplicationActs<'_>, StageError> {
        let found = self.model.applications.contains_key(name);
        let missing = || StageError::Missing { kind: "application", name: name.to_owned() };
        found.then(|| ApplicationActs { stage: self, name: name.to_owned() }).ok_or_else(missing)
    }

    /// The main application, to act on.
    pub(super) fn main(&mut self) -> ApplicationActs<'_> {
        let name = self.model.main.clone();
        ApplicationActs { stage: self, name }
    }
}

impl ApplicationActs<'_> {
    /// `juju config`: sets options; null resets one.
    ///
    /// # Errors
    /// The charm has no such option, or a value does not fit its type.
    pub fn config<'a>(&mut self, options: impl IntoIterator<Item = (&'a str, Value)>) -> Result<(), StageError> {
        let juju = self.stage.model.juju;
        let application = self.stage.model.application_of_mut(&self.name);
        let before = application.config.clone();
        let settings = settings::parse(application, juju, options)?;
        for (name, value) in &settings {
            application.set_option(name, value.clone());
        }
        if application.config != before && self.stage.randomness.config_twice {
            let units = self.stage.model.units.iter_mut().filter(|(unit, _)| application_of(unit) == self.name);
            units.for_each(|(_, unit)| unit.memory.config_twice = true);
        }
        for (name, value) in settings {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.stage.record_act(|| format!("config {} {name}={value}", self.name));
        }
        Ok(())
    }

    /// `juju trust`.
    pub fn trust(&mut self) {
        self.stage.model.application_of_mut(&self.name).trusted = true;
        self.stage.record_act(|| format!("trust {}", self.name));
    }

    /// `juju add-unit`; gives the unit's name.
    pub fn add_unit(&mut self) -> String {
        self.stage.record_act(|| format!("add-unit {}", self.name));
        self.stage.add_unit_of(&self.name)
    }

    /// `juju grant-secret`: the application may read a secret of the operator's.
    ///
    /// # Errors
    /// No such secret.
    pub fn grant_secret(&mut self, uri: &str) -> Result<(), StageError> {
        let missing = || StageError::Missing { kind: "secret", name: uri.to_owned() };
        let secret = self.stage.model.secrets.get_mut(Secret::bare_id(uri)).ok_or_else(missing)?;
        secret.access.push(Access { target: self.name.clone(), relation: None });
        self.stage.record_act(|| format!("grant-secret {uri} {}", self.name));
        Ok(())
    }

    /// `juju refresh`: the application has a new charm, with these images for its containers; every pod is replaced, highest number first.
    ///
    /// *Empty*: a container without a new image keeps the one that it has.
    ///
    /// # Errors
    /// The charm cannot be read, has another name than the former one, or has no container of a name.
    pub fn refresh(&mut self, charm: impl AsRef<Path>, images: BTreeMap<String, PathBuf>) -> Result<(), StageError> {
        let Self { stage, name } = self;
        let revision = stage.model.application_of(name).revision + 1;
        let place = stage.folder.path().join(format!("declared-{name}-{revision}"));
        let new = charm::read_at(charm.as_ref(), &place).map_err(StageError::Charm)?;
        let old = &stage.model.application_of(name).charm.name;
        if new.name != *old {
            return Err(StageError::Refused(format!("cannot refresh {old:?} to {:?}", new.name)));
        }
        if let Some(unknown) = images.keys().find(|container| !new.containers.contains_key(*container)) {
            return Err(StageError::Missing { kind: "container", name: unknown.clone() });
        }
        let deployment = stage.deployments.entry(name.clone()).or_default();
        deployment.images.extend(images);
        deployment.charm = place;
        stage.model.application_of_mut(name).replace_charm(new);
        stage.record_act(|| format!("refresh {name}"));
        stage.relate_peers(name);
        stage.roll_out(name);
        Ok(())
    }

    /// `juju refresh` that keeps the charm, with these images for its containers.
    pub fn refresh_images(&mut self, images: BTreeMap<String, PathBuf>) {
        let Self { stage, name } = self;
        stage.deployments.entry(name.clone()).or_default().images.extend(images);
        stage.record_act(|| format!("refresh {name} with other images"));
        stage.roll_out(name);
    }

    /// `juju remove-application`: its relations and units are about to go, and then it is gone.
    pub fn remove(&mut self) {
        let Self { stage, name } = self;
        stage.record_act(|| format!("remove-application {name}"));
        stage.model.application_of_mut(name).life = Life::Dying;
        let related = stage.model.relations.values_mut().filter(|relation| relation.own(name).is_some());
        related.for_each(|relation| relation.life = Life::Dying);
        let units = stage.model.units.iter_mut().filter(|(unit, _)| application_of(unit) == *name);
        units.for_each(|(_, unit)| unit.life = Life::Dying);
    }
}
