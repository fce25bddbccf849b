//! What an operator or Kubernetes does: each act changes the model only.

use super::{Stage, StageError};
use crate::{
    charm::Charm,
    model::{Life, Owner, Secret, Unit, UnitRef, names},
    scheduler::notes,
};
use serde_json::Value;
use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
    time::Duration,
};

impl Stage {
    /// `juju config` of the main application: sets options; null resets one.
    ///
    /// # Errors
    /// The charm has no such option, or a value does not fit its type.
    pub fn config<'a>(&mut self, options: impl IntoIterator<Item = (&'a str, Value)>) -> Result<(), StageError> {
        self.main().config(options)
    }

    /// `juju add-unit` of the main application; gives the unit's number.
    pub fn add_unit(&mut self) -> u32 {
        let name = self.main().add_unit();
        names::number_of(&name).unwrap_or_default()
    }

    /// Adds a unit of an application; gives its name.
    pub(super) fn add_unit_of(&mut self, application: &str) -> String {
        let free = (0..u32::MAX).map(|number| format!("{application}/{number}"));
        let name = free.into_iter().find(|name| !self.model.units.contains_key(name)).unwrap_or_default();
        let address = self.free_address();
        self.model.units.insert(name.clone(), Unit::new(address));
        self.model.application_of_mut(application).leader.get_or_insert_with(|| name.clone());
        self.give_storage(&name);
        name
    }

    /// An address that no unit has; a pod brings its own.
    fn free_address(&self) -> IpAddr {
        let all = (17..=u8::MAX).map(|host| IpAddr::V4(Ipv4Addr::new(10, 1, 42, host)));
        let is_free = |address: &IpAddr| self.model.units.values().all(|unit| unit.address != *address);
        all.into_iter().find(is_free).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// `juju add-secret`: a secret of the operator without readers; gives its URI.
    pub fn add_secret(&mut self, content: &[(&str, &str)]) -> String {
        let content = content.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let id = self.model.mint_secret();
        self.model.secrets.insert(id.clone(), Secret::new(Owner::Operator, content));
        format!("secret:{id}")
    }

    /// Time goes by at once, as far as secrets and leaders are concerned: they are rotated and expire, and lose their place.
    pub fn pass(&mut self, time: Duration) {
        self.record_act(|| format!("{} s go by", time.as_secs()));
        if self.clock.drive().is_some() {
            self.clock.pause(time);
            self.keep_time();
        } else {
            self.model.passed += time;
        }
    }

    /// `juju grant-secret`: the main application may read a secret of the operator's.
    ///
    /// # Errors
    /// No such secret.
    pub fn grant_secret(&mut self, uri: &str) -> Result<(), StageError> {
        self.main().grant_secret(uri)
    }

    /// `juju remove-unit`: the unit is about to go.
    ///
    /// # Errors
    /// No such unit.
    pub fn remove_unit(&mut self, unit: impl Into<UnitRef>) -> Result<(), StageError> {
        let name = self.existing(unit)?;
        self.record_act(|| format!("remove-unit {name}"));
        self.existing_mut(name.as_str())?.life = Life::Dying;
        Ok(())
    }

    /// `juju remove-application` of the main application: relations and units are about to go.
    pub fn remove(&mut self) {
        self.main().remove();
    }

    /// The leadership goes to a unit.
    ///
    /// # Errors
    /// No such unit.
    pub fn elect(&mut self, unit: impl Into<UnitRef>) -> Result<(), StageError> {
        let name = self.existing(unit)?;
        self.model.application_of_mut(&name).leader = Some(name.clone());
        self.record_act(|| format!("{name} leads"));
        Ok(())
    }

    /// The node of a unit stands still: its agent runs nothing until it goes on. A leader loses its place after 49 s, as
    /// [`pass`](Stage::pass) tells them.
    ///
    /// # Errors
    /// No such unit.
    pub fn freeze(&mut self, unit: impl Into<UnitRef>) -> Result<(), StageError> {
        let (name, now) = (self.existing(unit)?, self.model.now());
        self.record_act(|| format!("{name} stands still"));
        self.existing_mut(name.as_str())?.frozen = Some(now);
        Ok(())
    }

    /// A unit that stood still goes on.
    ///
    /// # Errors
    /// No such unit.
    pub fn thaw(&mut self, unit: impl Into<UnitRef>) -> Result<(), StageError> {
        let name = self.existing(unit)?;
        self.record_act(|| format!("{name} goes on"));
        self.existing_mut(name.as_str())?.frozen = None;
        Ok(())
    }

    /// `juju trust` of the main application.
    pub fn trust(&mut self) {
        self.main().trust();
    }

    /// `juju refresh` of the main application: it has a new charm, and one image for all its containers.
    ///
    /// # Errors
    /// The charm cannot be read.
    pub fn refresh(&mut self, charm: impl AsRef<Path>, image: impl AsRef<Path>) -> Result<(), StageError> {
        let containers = Charm::at(charm.as_ref()).map_err(StageError::Charm)?.containers.into_keys();
        let images = containers.map(|container| (container, image.as_ref().to_owned())).collect();
        self.main().refresh(charm, images)
    }

    /// `juju refresh` of the main application that keeps its charm and brings one image for all its containers.
    pub fn refresh_image(&mut self, image: impl AsRef<Path>) {
        let containers = self.model.application().charm.containers.keys().cloned();
        let images = containers.map(|container| (container, image.as_ref().to_owned())).collect();
        self.main().refresh_images(images);
    }

    /// `juju resolved`: a hook in error is tried again at once.
    ///
    /// # Errors
    /// No such unit.
    pub fn resolve(&mut self, unit: impl Into<UnitRef>) -> Result<(), StageError> {
        let name = self.existing(unit)?;
        self.record_act(|| format!("resolved {name}"));
        let memory = &mut self.existing_mut(name.as_str())?.memory;
        if let Some(failure) = memory.failed.take() {
            memory.retry(failure);
        }
        Ok(())
    }

    pub(super) fn existing(&self, unit: impl Into<UnitRef>) -> Result<String, StageError> {
        let name = self.model.unit_name(unit);
        let found = self.model.units.contains_key(&name);
        if found { Ok(name) } else { Err(StageError::Missing { kind: "unit", name }) }
    }

    pub(super) fn existing_mut(&mut self, unit: impl Into<UnitRef>) -> Result<&mut Unit, StageError> {
        let name = self.model.unit_name(unit);
        let missing = || StageError::Missing { kind: "unit", name: name.clone() };
        self.model.units.get_mut(&name).ok_or_else(missing)
    }

    /// Marks everything in the model as known to the agent of a unit, as if all hooks had run.
    ///
    /// # Errors
    /// No such unit, or its pod cannot be started.
    pub fn assume_notified(&mut self, unit: impl Into<UnitRef>) -> Result<(), StageError> {
        let name = self.existing(unit)?;
        self.provision()?;
        self.observe();
        notes::catch_up(&mut self.model, &name);
        Ok(())
    }
}
