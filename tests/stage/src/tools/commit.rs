//! The end of a hook that succeeded: secrets first, then the rest in one piece.

use super::{Pending, Session};
use crate::model::{Model, Owner, Secret, secret::application_of};

/// Juju refuses what a hook wrote, which is an error of that hook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A test wants it so.
    #[error("{0}")]
    Injected(String),
    /// A changed secret is not there.
    #[error("secret {0:?} not found")]
    NoSecret(String),
    /// A changed secret belongs to someone else, or its owner no longer leads.
    #[error("permission denied")]
    Denied,
    /// A new secret takes the name of another.
    #[error("secret with label {0:?} already exists")]
    LabelTaken(String),
    /// An application databag was written by a unit that no longer leads.
    #[error("checking leadership continuity: leadership was lost")]
    NotLeader,
    /// A databag or the charm state is too large.
    #[error("quota limit exceeded")]
    Quota,
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
        commit_secrets(self.model, &self.unit, &pending)?;
        if let Some(message) = injected {
            return Err(CommitError::Injected(message));
        }
        check(self.model, &self.unit, &pending)?;
        commit_rest(self.model, &self.unit, pending);
        Ok(())
    }
}

fn commit_secrets(model: &mut Model, unit: &str, pending: &Pending) -> Result<(), CommitError> {
    for (id, revision) in &pending.removed {
        let secret = managed(model, unit, id)?;
        match revision {
            Some(revision) => drop(secret.revisions.remove(revision)),
            None => secret.revisions.clear(),
        }
        if secret.revisions.is_empty() {
            model.secrets.remove(id);
        }
    }
    for (id, secret) in &pending.created {
        let taken =
            |other: &Secret| secret.label.is_some() && other.label == secret.label && other.owner == secret.owner;
        if model.secrets.values().any(taken) {
            return Err(CommitError::LabelTaken(secret.label.clone().unwrap_or_default()));
        }
        if matches!(secret.owner, Owner::Application(_)) && !model.is_leader(unit) {
            return Err(CommitError::Denied);
        }
        model.secrets.insert(id.clone(), secret.clone());
    }
    for (id, change) in &pending.updated {
        change.apply(managed(model, unit, id)?);
    }
    commit_access(model, unit, pending)
}

fn commit_access(model: &mut Model, unit: &str, pending: &Pending) -> Result<(), CommitError> {
    for (id, access) in &pending.granted {
        let secret = managed(model, unit, id)?;
        if !secret.access.contains(access) {
            secret.access.push(access.clone());
        }
    }
    for (id, access) in &pending.revoked {
        managed(model, unit, id)?.access.retain(|other| !other.is_covered_by(access));
    }
    for id in &pending.refreshed {
        if let Some(secret) = model.secrets.get_mut(id) {
            let latest = secret.latest();
            secret.consumers.entry(unit.to_owned()).or_default().revision = latest;
        }
    }
    Ok(())
}

fn managed<'m>(model: &'m mut Model, unit: &str, id: &str) -> Result<&'m mut Secret, CommitError> {
    let leads = model.is_leader(unit);
    let secret = model.secrets.get_mut(id).ok_or_else(|| CommitError::NoSecret(id.to_owned()))?;
    let denied = !secret.is_owned_by(unit) || (matches!(secret.owner, Owner::Application(_)) && !leads);
    if denied { Err(CommitError::Denied) } else { Ok(secret) }
}

fn check(model: &Model, unit: &str, pending: &Pending) -> Result<(), CommitError> {
    if !pending.app_writes.is_empty() && !model.is_leader(unit) {
        return Err(CommitError::NotLeader);
    }
    let size = |map: &std::collections::BTreeMap<String, String>| -> usize {
        map.iter().map(|(k, v)| k.len() + v.len()).sum()
    };
    let bags = pending.unit_bags.values().chain(pending.app_bags.values());
    let too_large = bags.map(size).any(|size| size > BAG_LIMIT);
    if too_large || pending.state.as_ref().map(size).is_some_and(|size| size > STATE_LIMIT) {
        return Err(CommitError::Quota);
    }
    Ok(())
}

fn commit_rest(model: &mut Model, name: &str, pending: Pending) {
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
