//! What an operator does to one application, whichever it is.

use super::{Stage, StageError, deployment::read_charm, settings};
use crate::model::{Access, Life, Secret, secret::application_of};
use serde_json::Value;
use std::path::Path;

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

    /// `juju refresh`: the application has a new charm and image, and every pod is replaced, highest number first.
    ///
    /// # Errors
    /// The charm cannot be read.
    pub fn refresh(&mut self, charm: impl AsRef<Path>, image: impl AsRef<Path>) -> Result<(), StageError> {
        self.refresh_charm(charm)?;
        self.take_image(image.as_ref());
        Ok(())
    }

    /// `juju refresh` that keeps the charm and brings another image.
    pub fn refresh_image(&mut self, image: impl AsRef<Path>) {
        self.take_image(image.as_ref());
        let Self { stage, name } = self;
        stage.record_act(|| format!("refresh {name} with another image"));
        stage.roll_out(name);
    }

    /// Pods that start from now on have this image for the charm's first container.
    fn take_image(&mut self, image: &Path) {
        let first = self.stage.model.application_of(&self.name).charm.containers.keys().next().cloned();
        let deployment = self.stage.deployments.entry(self.name.clone()).or_default();
        deployment.images.extend(first.map(|container| (container, image.to_owned())));
    }

    /// `juju refresh` to a charm that keeps its images.
    ///
    /// # Errors
    /// The charm cannot be read.
    pub fn refresh_charm(&mut self, charm: impl AsRef<Path>) -> Result<(), StageError> {
        let Self { stage, name } = self;
        let application = stage.model.application_of_mut(name);
        let revision = application.revision + 1;
        let place = stage.folder.path().join(format!("declared-{name}-{revision}"));
        let old = std::mem::replace(&mut application.charm, read_charm(charm.as_ref(), &place)?);
        application.former.insert(application.revision, old);
        application.revision = revision;
        stage.deployments.entry(name.clone()).or_default().charm = place;
        stage.record_act(|| format!("refresh {name}"));
        stage.relate_peers(name);
        stage.roll_out(name);
        Ok(())
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
