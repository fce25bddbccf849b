//! The end of a hook that succeeded: secrets first, then the rest in one piece.

use super::{Pending, Session, secret_commit, storage_commit};
use crate::model::{Model, Port, Version, names::application_of};

/// Juju refuses what a hook wrote, which is an error of that hook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A test wants it so.
    #[error("{0}")]
    Injected(String),
    /// A change of secrets.
    #[error("{step}: {cause}")]
    Secrets {
        /// What was done with secrets.
        step: &'static str,
        /// Why not.
        cause: String,
    },
    /// A change of a secret that is somebody else's.
    #[error("{step}: {cause}")]
    Foreign {
        /// What was done with secrets.
        step: &'static str,
        /// Why not.
        cause: String,
    },
    /// Storage that the unit cannot have.
    #[error("{step}: {cause}")]
    Storage {
        /// What was done with storage.
        step: String,
        /// Why not.
        cause: String,
    },
    /// A port of a protocol that Kubernetes does not publish.
    #[error("protocol icmp on caas models not supported")]
    Protocol,
    /// An application databag was written by a unit that no longer leads.
    #[error("checking leadership continuity: leadership was lost")]
    NotLeader,
    /// A databag or the charm state is too large.
    #[error("max allowed size ({0}) exceeded")]
    Quota(usize),
}

const BAG_LIMIT: usize = 16 << 20;
const STATE_LIMIT: usize = 2 << 20;

impl Session<'_> {
    /// Puts what the hook wrote into the model.
    ///
    /// # Errors
    /// Juju refuses something. What happened to secrets before stays; nothing else is kept.
    pub fn commit(&mut self, injected: Option<String>) -> Result<(), CommitError> {
        let pending = std::mem::take(&mut self.pending);
        storage_commit::admit(self.model, &self.unit, &pending.storage)?;
        secret_commit::commit(self.model, &self.unit, &pending.secrets)?;
        if let Some(message) = injected {
            return Err(CommitError::Injected(message));
        }
        check(self.model, &self.unit, &pending)?;
        commit_rest(self.model, &self.unit, pending);
        Ok(())
    }
}

fn check(model: &Model, unit: &str, pending: &Pending) -> Result<(), CommitError> {
    if !pending.app_writes.is_empty() && !model.is_leader(unit) {
        return Err(CommitError::NotLeader);
    }
    let size = |map: &std::collections::BTreeMap<String, String>| -> usize {
        map.iter().map(|(k, v)| k.len() + v.len()).sum()
    };
    let bags = pending.unit_bags.values().chain(pending.app_bags.values());
    if bags.map(size).any(|size| size > BAG_LIMIT) {
        return Err(CommitError::Quota(BAG_LIMIT));
    }
    // Juju 4.0 does not look at it.
    let is_limited = model.juju == Version::V3_6;
    if is_limited && pending.state.as_ref().map(size).is_some_and(|size| size > STATE_LIMIT) {
        return Err(CommitError::Quota(STATE_LIMIT));
    }
    if pending.ports.iter().flat_map(|ports| ports.values()).any(|ports| ports.contains(&Port::icmp())) {
        return Err(CommitError::Protocol);
    }
    storage_commit::check(model, unit, &pending.storage)
}

fn commit_rest(model: &mut Model, name: &str, pending: Pending) {
    storage_commit::keep(model, name, &pending.storage);
    for (id, bag) in pending.unit_bags {
        if let Some(held) = model.relations.get_mut(&id).and_then(|relation| relation.unit_bag_mut(name)) {
            *held = bag;
        }
    }
    for (id, bag) in pending.app_bags {
        let relation = model.relations.get_mut(&id).filter(|_| pending.app_writes.contains(&id));
        if let Some(end) = relation.and_then(|relation| relation.own_mut(application_of(name))) {
            end.app = bag;
        }
    }
    let unit = model.units.entry(name.to_owned()).or_default();
    if let Some(ports) = pending.ports {
        unit.opened_ports = ports;
    }
    if let Some(state) = pending.state {
        unit.state = state;
    }
}
