//! What the controller makes of changed secrets at the end of a hook: each kind of change after the other.

use super::{CommitError, quote::quoted, secret_changes::SecretChanges};
use crate::model::{Access, Consumer, Model, Owner, Secret, Version};

type Result<T = ()> = std::result::Result<T, CommitError>;

/// Puts the changes into the model.
///
/// # Errors
/// The first change that is refused; those before it stay.
pub fn commit(model: &mut Model, unit: &str, changes: &SecretChanges) -> Result {
    create(model, unit, changes)?;
    update(model, unit, changes)?;
    track(model, unit, changes);
    grant(model, unit, changes)?;
    revoke(model, unit, changes)?;
    remove(model, unit, changes)
}

/// The unit reads the newest revision from now on.
fn track(model: &mut Model, unit: &str, changes: &SecretChanges) {
    for id in &changes.refreshed {
        if let Some(secret) = model.secrets.get_mut(id) {
            let revision = secret.latest();
            secret.consumers.entry(unit.to_owned()).or_insert(Consumer { label: None, revision }).revision = revision;
        }
    }
}

fn refused<T>(step: &'static str, cause: String) -> Result<T> {
    Err(CommitError::Secrets { step, cause })
}

fn create(model: &mut Model, unit: &str, changes: &SecretChanges) -> Result {
    for (id, secret) in &changes.created {
        if matches!(secret.owner, Owner::Application(_)) && !model.is_leader(unit) {
            return refused("creating secrets", denied(model, unit));
        }
        let step = if model.juju == Version::V3_6 { "creating secrets" } else { "create secrets" };
        check_label(model, step, id, secret)?;
        let mut secret = secret.clone();
        secret.schedule_rotation(model.now());
        model.secrets.insert(id.clone(), secret);
    }
    Ok(())
}

fn update(model: &mut Model, unit: &str, changes: &SecretChanges) -> Result {
    for (id, change) in &changes.updated {
        let mut secret = match managed(model, unit, id, "updating secrets")? {
            Some(secret) => secret.clone(),
            None => return refused("updating secrets", not_found(model, id)),
        };
        change.apply(&mut secret);
        if change.rotate.is_some() {
            secret.schedule_rotation(model.now());
        }
        let step = if model.juju == Version::V3_6 { "updating secrets" } else { "update secrets" };
        check_label(model, step, id, &secret)?;
        model.secrets.insert(id.clone(), secret);
    }
    Ok(())
}

/// What is not there need not be removed.
fn remove(model: &mut Model, unit: &str, changes: &SecretChanges) -> Result {
    for (id, revisions) in &changes.removed {
        let Some(secret) = managed(model, unit, id, "removing secrets")? else { continue };
        match revisions {
            Some(revisions) => secret.revisions.retain(|revision, _| !revisions.contains(revision)),
            None => secret.revisions.clear(),
        }
        if secret.revisions.is_empty() {
            model.secrets.remove(id);
        }
    }
    Ok(())
}

fn grant(model: &mut Model, unit: &str, changes: &SecretChanges) -> Result {
    for (id, targets) in &changes.granted {
        let step = "granting secrets access";
        let Some(secret) = managed(model, unit, id, step)? else { return refused(step, not_found(model, id)) };
        for (relation, target) in targets {
            let access = Access { target: target.clone(), relation: Some(*relation) };
            if !secret.access.contains(&access) {
                secret.access.push(access);
            }
        }
    }
    Ok(())
}

fn revoke(model: &mut Model, unit: &str, changes: &SecretChanges) -> Result {
    for (id, targets) in &changes.revoked {
        let (step, juju) = ("revoking secrets access", model.juju);
        match managed(model, unit, id, step)? {
            Some(secret) => secret.access.retain(|access| !targets.contains(&access.target)),
            None if juju == Version::V3_6 => return refused(step, not_found(model, id)),
            None => {}
        }
    }
    Ok(())
}

/// A secret that the unit may change.
///
/// *Empty*: it is not there.
fn managed<'m>(model: &'m mut Model, unit: &str, id: &str, step: &'static str) -> Result<Option<&'m mut Secret>> {
    let (leads, denied) = (model.is_leader(unit), denied(model, unit));
    let Some(secret) = model.secrets.get_mut(id) else { return Ok(None) };
    let is_allowed = secret.is_owned_by(unit) && (leads || !matches!(secret.owner, Owner::Application(_)));
    if is_allowed { Ok(Some(secret)) } else { Err(CommitError::Foreign { step, cause: denied }) }
}

fn denied(model: &Model, unit: &str) -> String {
    match model.juju {
        Version::V3_6 => "permission denied".to_owned(),
        Version::V4_0 => format!("{} is not allowed to manage this secret", quoted(unit)),
    }
}

fn not_found(model: &Model, id: &str) -> String {
    match model.juju {
        Version::V3_6 => format!("secret {} not found", quoted(&format!("secret:{id}"))),
        Version::V4_0 => "secret not found".to_owned(),
    }
}

fn check_label(model: &Model, step: &'static str, id: &str, secret: &Secret) -> Result {
    let Some(label) = &secret.label else { return Ok(()) };
    let is_same = |(other, held): (&String, &Secret)| {
        other != id && held.owner == secret.owner && held.label.as_ref() == Some(label)
    };
    if model.secrets.iter().any(is_same) {
        return refused(step, format!("secret with label {} already exists", quoted(label)));
    }
    Ok(())
}
