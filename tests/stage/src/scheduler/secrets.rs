//! Hooks of secrets.

use crate::{
    hook::{HookEvent, SecretStep},
    model::{Memory, Model, Owner, Secret, Version, names::application_of},
};
use std::time::Duration;

/// How long an agent waits until it tells again of a secret that has ended.
const EXPIRED_AGAIN: Duration = Duration::from_mins(5);

/// `secret-changed` for readers of an older revision (Juju 3: for all who read a secret that has more than one), then, for owners, `secret-rotate`, `secret-expired` and `secret-remove` of a revision without readers.
pub fn due(model: &Model, name: &str, memory: &Memory) -> Option<HookEvent> {
    let changed = model.secrets.iter().find(|(id, secret)| is_news(model, name, memory, id, secret));
    let changed = changed.map(|(id, _)| HookEvent::secret_changed(id));
    changed.or_else(|| {
        let mut owned = model.secrets.iter().filter(|(_, secret)| manages(model, name, secret));
        owned.find_map(|(id, secret)| overdue(model, memory, id, secret).or_else(|| unread(memory, id, secret)))
    })
}

/// A secret that ought to change is told once, one that has ended every five minutes until somebody acts.
fn overdue(model: &Model, memory: &Memory, id: &str, secret: &Secret) -> Option<HookEvent> {
    let now = model.now();
    let event = |step, revision| Some(HookEvent::Secret { id: id.to_owned(), step, revision });
    if secret.is_due_for_rotation(now) {
        return event(SecretStep::Rotate, None);
    }
    let was_told = memory.expired.get(id).is_some_and(|told| *told + EXPIRED_AGAIN > now);
    if secret.is_expired(now) && !was_told { event(SecretStep::Expired, Some(secret.latest())) } else { None }
}

fn is_news(model: &Model, name: &str, memory: &Memory, id: &str, secret: &Secret) -> bool {
    let latest = secret.latest();
    let Some(consumer) = secret.consumers.get(name) else { return false };
    let is_told = match model.juju {
        Version::V3_6 => latest > 1,
        Version::V4_0 => consumer.revision < latest && !manages(model, name, secret),
    };
    is_told && memory.secrets.get(id).is_none_or(|seen| *seen < latest)
}

fn manages(model: &Model, name: &str, secret: &Secret) -> bool {
    match &secret.owner {
        Owner::Unit(owner) => owner == name,
        Owner::Operator => false,
        Owner::Application(owner) => owner == application_of(name) && model.is_leader(name),
    }
}

fn unread(memory: &Memory, id: &str, secret: &Secret) -> Option<HookEvent> {
    let latest = secret.latest();
    let is_free = |revision: &&u32| {
        **revision < latest
            && secret.consumers.values().all(|consumer| consumer.revision != **revision)
            && !memory.obsolete.contains(&format!("{id}/{revision}"))
    };
    let revision = secret.revisions.keys().find(is_free)?;
    Some(HookEvent::Secret { id: id.to_owned(), step: SecretStep::Remove, revision: Some(*revision) })
}
