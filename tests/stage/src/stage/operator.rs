//! What an operator or Kubernetes does: each act changes the model only.

use super::{RemoteApp, Stage, StageError};
use crate::{
    announcement::{Remote, RemoteError},
    charm::{self, Charm, Role},
    model::{Access, Life, Owner, Relation, Secret, Unit, databag},
    scheduler::notes,
};
use serde_json::Value;
use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
};

impl Stage {
    /// `juju deploy`: the application's units and its peer relations are there.
    pub fn deploy(&mut self) {
        let peers: Vec<(String, String)> = (self.model.application.charm.endpoints.iter())
            .filter(|(_, endpoint)| endpoint.role == Role::Peer)
            .map(|(name, endpoint)| (name.clone(), endpoint.interface.clone()))
            .collect();
        let own = self.model.application.name.clone();
        for (endpoint, interface) in peers {
            self.add_relation(Relation {
                endpoint,
                interface,
                peer: true,
                remote_app: own.clone(),
                ..Relation::default()
            });
        }
        for _ in 0..self.units {
            self.add_unit();
        }
    }

    /// `juju integrate`: relates an endpoint to a remote application; gives the relation's number.
    ///
    /// # Errors
    /// The charm has no such endpoint, or the remote application failed.
    pub fn relate(&mut self, endpoint: &str, mut remote: impl Remote + 'static) -> Result<u32, StageError> {
        if !self.model.application.charm.endpoints.contains_key(endpoint) {
            return Err(StageError::Missing { kind: "endpoint", name: endpoint.to_owned() });
        }
        let id = self.add_relation(Relation {
            endpoint: endpoint.to_owned(),
            interface: remote.endpoint().1.to_owned(),
            remote_app: remote.application().to_owned(),
            ..Relation::default()
        });
        let sandbox = self.world()?;
        remote.deployed(&sandbox).map_err(|source| failed(&remote, source))?;
        let relation = self.model.relations.entry(id).or_default();
        for number in 0..remote.units() {
            let address = IpAddr::V4(Ipv4Addr::new(10, 1, 200, u8::try_from(number + 1).unwrap_or(u8::MAX)));
            relation.remote_units.insert(format!("{}/{number}", relation.remote_app), databag::seed(address));
        }
        self.remotes.push(RemoteApp { relation: id, remote: Box::new(remote), seen: None });
        self.ask_remote(id)?;
        Ok(id)
    }

    /// `juju remove-relation`: every relation of an endpoint is about to go.
    ///
    /// # Errors
    /// The endpoint has no relation.
    pub fn unrelate(&mut self, endpoint: &str) -> Result<(), StageError> {
        let mut found = false;
        for relation in self.model.relations.values_mut().filter(|relation| relation.endpoint == endpoint) {
            relation.life = Life::Dying;
            found = true;
        }
        if found { Ok(()) } else { Err(StageError::Missing { kind: "relation", name: endpoint.to_owned() }) }
    }

    /// `juju config`: sets options; null resets one.
    ///
    /// # Errors
    /// The charm has no such option.
    pub fn config<'a>(&mut self, options: impl IntoIterator<Item = (&'a str, Value)>) -> Result<(), StageError> {
        for (name, value) in options {
            if !self.model.application.charm.options.contains_key(name) {
                return Err(StageError::Missing { kind: "option", name: name.to_owned() });
            }
            self.model.application.set_option(name, value);
        }
        Ok(())
    }

    /// `juju add-unit`; gives the unit's number.
    pub fn add_unit(&mut self) -> u32 {
        let number =
            (0..u32::MAX).find(|n| !self.model.units.contains_key(&self.model.unit_name(*n))).unwrap_or_default();
        let name = self.model.unit_name(number);
        let address = IpAddr::V4(Ipv4Addr::new(10, 1, 42, u8::try_from(number + 17).unwrap_or(u8::MAX)));
        self.model.units.insert(name.clone(), Unit::new(address));
        self.model.application.leader.get_or_insert(name);
        number
    }

    /// `juju add-secret`: a secret of the operator without readers; gives its URI.
    pub fn add_secret(&mut self, content: &[(&str, &str)]) -> String {
        let content = content.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let id = self.model.next_secret();
        self.model.secrets.insert(id.clone(), Secret::new(Owner::Operator, content));
        format!("secret:{id}")
    }

    /// `juju grant-secret`: the application may read a secret of the operator's.
    ///
    /// # Errors
    /// No such secret.
    pub fn grant_secret(&mut self, uri: &str) -> Result<(), StageError> {
        let target = self.model.application.name.clone();
        let missing = || StageError::Missing { kind: "secret", name: uri.to_owned() };
        let secret = self.model.secrets.get_mut(Secret::bare_id(uri)).ok_or_else(missing)?;
        secret.access.push(Access { target, relation: None });
        Ok(())
    }

    /// `juju remove-unit`: the unit is about to go.
    ///
    /// # Errors
    /// No such unit.
    pub fn remove_unit(&mut self, number: u32) -> Result<(), StageError> {
        self.existing_mut(number)?.life = Life::Dying;
        Ok(())
    }

    /// `juju remove-application`: relations and units are about to go.
    pub fn remove(&mut self) {
        self.model.relations.values_mut().for_each(|relation| relation.life = Life::Dying);
        self.model.units.values_mut().for_each(|unit| unit.life = Life::Dying);
    }

    /// The leadership goes to the unit with this number.
    ///
    /// # Errors
    /// No such unit.
    pub fn elect(&mut self, number: u32) -> Result<(), StageError> {
        let name = self.existing(number)?;
        self.model.application.leader = Some(name);
        Ok(())
    }

    /// `juju trust`.
    pub fn trust(&mut self) {
        self.model.application.trusted = true;
    }

    /// `juju refresh`: the application has a new charm and image, and every pod is replaced, highest number first.
    ///
    /// # Errors
    /// The charm cannot be read.
    pub fn refresh(&mut self, charm: impl AsRef<Path>, image: impl AsRef<Path>) -> Result<(), StageError> {
        self.refresh_charm(charm)?;
        let first = self.model.application.charm.containers.keys().next().cloned();
        self.images.extend(first.map(|name| (name, image.as_ref().to_owned())));
        Ok(())
    }

    /// `juju refresh` to a charm that keeps its images.
    ///
    /// # Errors
    /// The charm cannot be read.
    pub fn refresh_charm(&mut self, charm: impl AsRef<Path>) -> Result<(), StageError> {
        let revision = self.model.application.revision + 1;
        let unpacked = self.folder.path().join(format!("declared-{revision}"));
        charm::unpack(charm.as_ref(), &unpacked).map_err(StageError::Charm)?;
        let new = Charm::read(&unpacked).map_err(StageError::Charm)?;
        let old = std::mem::replace(&mut self.model.application.charm, new);
        self.model.application.former.insert(self.model.application.revision, old);
        self.model.application.revision = revision;
        charm.as_ref().clone_into(&mut self.charm);
        self.roll_out();
        Ok(())
    }

    /// `juju resolved`: a hook in error is tried again at once.
    ///
    /// # Errors
    /// No such unit.
    pub fn resolve(&mut self, number: u32) -> Result<(), StageError> {
        let memory = &mut self.existing_mut(number)?.memory;
        if let Some(failure) = memory.failed.take() {
            memory.retry(failure);
        }
        Ok(())
    }

    pub(super) fn existing(&self, number: u32) -> Result<String, StageError> {
        let name = self.model.unit_name(number);
        let found = self.model.units.contains_key(&name);
        if found { Ok(name) } else { Err(StageError::Missing { kind: "unit", name }) }
    }

    pub(super) fn existing_mut(&mut self, number: u32) -> Result<&mut Unit, StageError> {
        let name = self.model.unit_name(number);
        let missing = || StageError::Missing { kind: "unit", name: name.clone() };
        self.model.units.get_mut(&name).ok_or_else(missing)
    }

    /// Marks everything in the model as known to the agent of the unit with this number, as if all hooks had run.
    ///
    /// # Errors
    /// No such unit, or its pod cannot be started.
    pub fn assume_notified(&mut self, number: u32) -> Result<(), StageError> {
        let name = self.existing(number)?;
        self.provision()?;
        self.observe();
        notes::catch_up(&mut self.model, &name);
        Ok(())
    }

    fn add_relation(&mut self, mut relation: Relation) -> u32 {
        relation.id = self.model.next_relation();
        let id = relation.id;
        self.model.relations.insert(id, relation);
        id
    }
}

fn failed(remote: &impl Remote, source: RemoteError) -> StageError {
    StageError::Remote { application: remote.application().to_owned(), source }
}
