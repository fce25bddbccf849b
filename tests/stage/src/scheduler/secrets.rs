//! Hooks of secrets.

use crate::{
    hook::{HookEvent, SecretStep},
    model::{Memory, Model, Owner, Secret, Version, secret::application_of},
};

/// `secret-changed` for readers of an older revision (Juju 3: for all who read a secret that has more than one), then `secret-remove` for owners of one without readers.
pub fn due(model: &Model, name: &str, memory: &Memory) -> Option<HookEvent> {
    let changed = model.secrets.iter().find(|(id, secret)| is_news(model, name, memory, id, secret));
    let changed = changed.map(|(id, _)| HookEvent::secret_changed(id));
    changed.or_else(|| {
        let mut owned = model.secrets.iter().filter(|(_, secret)| manages(model, name, secret));
        owned.find_map(|(id, secret)| unread(memory, id, secret))
    })
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
