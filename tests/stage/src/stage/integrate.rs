//! Relations that come and go.

use super::{
    RemoteApp, Stage, StageError,
    endpoints::{self, Pair},
};
use crate::{
    announcement::{Remote, RemoteError},
    charm::Role,
    model::{End, Life, Relation, databag, names},
};
use std::net::{IpAddr, Ipv4Addr};

impl Stage {
    /// `juju integrate`: relates two applications, each named alone or as `app:endpoint`; gives the relation's number.
    ///
    /// # Errors
    /// Juju refuses it: one of them is not there, the endpoints do not fit, or they have too many relations.
    pub fn integrate(&mut self, one: &str, other: &str) -> Result<u32, StageError> {
        let Pair { ends, interface } = endpoints::infer(&self.model, [one, other])?;
        Ok(self.add_relation(&interface, ends.to_vec()))
    }

    /// `juju integrate`: relates an endpoint to a remote application; gives the relation's number.
    ///
    /// # Errors
    /// The charm has no such endpoint, Juju refuses the relation, or the remote application failed.
    pub fn relate(&mut self, endpoint: &str, remote: impl Remote + 'static) -> Result<u32, StageError> {
        let (application, endpoint) = self.model.place(endpoint);
        let missing = || StageError::Missing { kind: "endpoint", name: endpoint.to_owned() };
        let declared = self.model.application_of(application).charm.endpoints.get(endpoint).ok_or_else(missing)?;
        let ours = (End::new(application, endpoint), declared.clone());
        let (name, (their_endpoint, interface)) = (remote.application().to_owned(), remote.endpoint());
        let mut theirs = End::new(&name, their_endpoint);
        for number in 0..remote.units() {
            let address = IpAddr::V4(Ipv4Addr::new(10, 1, 200, u8::try_from(number + 1).unwrap_or(u8::MAX)));
            theirs.units.insert(format!("{name}/{number}"), databag::seed(address));
        }
        let Pair { ends, interface } = endpoints::admit(&self.model, &ours, theirs, interface)?;
        let id = self.add_relation(&interface, ends.to_vec());
        self.hear(id, remote)?;
        Ok(id)
    }

    /// A remote application speaks from now on for one of the two in a relation: the one of its name, which is deployed without units.
    ///
    /// # Errors
    /// It is not in such a relation, or it failed.
    pub fn stand_in(&mut self, relation: u32, remote: impl Remote + 'static) -> Result<(), StageError> {
        let name = remote.application();
        let ends = self.model.relations.get_mut(&relation).map(|relation| relation.ends.as_mut_slice());
        match ends {
            Some([_, other]) if other.application == name => {}
            Some([one, other]) if one.application == name => std::mem::swap(one, other),
            _ => return Err(StageError::Missing { kind: "relation", name: format!("{relation} of {name}") }),
        }
        self.hear(relation, remote)
    }

    /// What a remote application has to say in a relation, now and whenever something has changed.
    fn hear(&mut self, relation: u32, mut remote: impl Remote + 'static) -> Result<(), StageError> {
        let sandbox = self.world()?;
        remote.deployed(&sandbox).map_err(|source| failed(&remote, source))?;
        self.remotes.push(RemoteApp { relation, remote: Box::new(remote), seen: None });
        self.ask_remote(relation)
    }

    /// `juju remove-relation`: every relation of an endpoint is about to go.
    ///
    /// # Errors
    /// The endpoint has no relation.
    pub fn unrelate(&mut self, endpoint: &str) -> Result<(), StageError> {
        self.end_relations(endpoint, endpoint, |_| true)
    }

    /// `juju remove-relation`: the relation of an endpoint with one other application, named alone or with its endpoint, is about to go.
    ///
    /// # Errors
    /// They are not related.
    pub fn unrelate_from(&mut self, endpoint: &str, other: &str) -> Result<(), StageError> {
        let (application, wanted) = names::ends_of(other);
        let fits = |end: &End| end.application == application && wanted.is_none_or(|wanted| end.endpoint == wanted);
        self.end_relations(endpoint, &format!("{endpoint} {other}"), fits)
    }

    fn end_relations(&mut self, endpoint: &str, shown: &str, fits: impl Fn(&End) -> bool) -> Result<(), StageError> {
        let (application, name) = self.model.place(endpoint);
        let (application, name) = (application.to_owned(), name.to_owned());
        let is_meant = |relation: &&mut Relation| {
            relation.own(&application).is_some_and(|end| end.endpoint == name)
                && relation.other(&application).is_none_or(&fits)
        };
        let ended: Vec<String> = self
            .model
            .relations
            .values_mut()
            .filter(is_meant)
            .map(|relation| {
                relation.life = Life::Dying;
                relation.ends.iter().map(End::name).collect::<Vec<_>>().join(" ")
            })
            .collect();
        if ended.is_empty() {
            return Err(StageError::Missing { kind: "relation", name: shown.to_owned() });
        }
        for ends in ended {
            self.record_act(|| format!("remove-relation {ends}"));
        }
        Ok(())
    }

    /// The peer relations that the newest charm of an application declares and that are not there yet.
    pub(super) fn relate_peers(&mut self, application: &str) {
        let endpoints = self.model.application_of(application).charm.endpoints.clone();
        for (name, endpoint) in endpoints.iter().filter(|(_, endpoint)| endpoint.role == Role::Peer) {
            if self.model.relation(&format!("{application}:{name}")).is_none() {
                self.add_relation(&endpoint.interface, vec![End::new(application, name)]);
            }
        }
    }

    fn add_relation(&mut self, interface: &str, ends: Vec<End>) -> u32 {
        if let [one, other] = ends.as_slice() {
            self.record_act(|| format!("integrate {} {}", one.name(), other.name()));
        }
        let id = self.model.mint_relation();
        let relation = Relation { id, interface: interface.to_owned(), life: Life::Alive, ends };
        self.model.relations.insert(id, relation);
        id
    }
}

fn failed(remote: &impl Remote, source: RemoteError) -> StageError {
    StageError::Remote { application: remote.application().to_owned(), source }
}
