//! What a hook changes about secrets, gathered until it succeeds.

use crate::model::{Secret, names::application_of};
use std::collections::{BTreeMap, BTreeSet};

/// The changes of one hook by bare id; several changes of one secret become one.
///
/// *Source*: Juju 3.6 and 4.0, `internal/worker/uniter/runner/context/secrets.go`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SecretChanges {
    /// New secrets; without a policy of rotation if none was given.
    pub created: BTreeMap<String, Secret>,
    /// Changed secrets, even such as belong to others or are not there.
    pub updated: BTreeMap<String, SecretChange>,
    /// Removed secrets with their revisions.
    ///
    /// *Empty*: `None` is the whole secret.
    pub removed: BTreeMap<String, Option<BTreeSet<u32>>>,
    /// Who may read, by secret and relation.
    pub granted: BTreeMap<String, BTreeMap<u32, String>>,
    /// Applications and units that may read no longer, whatever the relation.
    pub revoked: BTreeMap<String, BTreeSet<String>>,
    /// Own secrets whose new content the unit reads from now on.
    pub refreshed: BTreeSet<String>,
}

/// What `secret-set` changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretChange {
    /// The new content.
    pub content: Option<BTreeMap<String, String>>,
    /// The owner's new name for it.
    pub label: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// How often it ought to change.
    pub rotate: Option<String>,
    /// When it ends.
    pub expire: Option<String>,
}

impl SecretChanges {
    /// Whether a new secret has this label.
    pub fn has_label(&self, label: Option<&String>) -> bool {
        label.is_some() && self.created.values().any(|secret| secret.label.as_ref() == label)
    }

    /// Notes a change.
    pub fn update(&mut self, id: &str, change: SecretChange) {
        self.removed.remove(id);
        if let Some(secret) = self.created.get_mut(id) {
            if let Some(content) = &change.content {
                secret.revisions = BTreeMap::from([(1, content.clone())]);
            }
            SecretChange { content: None, ..change }.apply(secret);
            return;
        }
        let held = self.updated.entry(id.to_owned()).or_default();
        held.content = change.content.or_else(|| held.content.take());
        held.label = change.label.or_else(|| held.label.take());
        held.description = change.description.or_else(|| held.description.take());
        held.rotate = change.rotate.or_else(|| held.rotate.take());
        held.expire = change.expire.or_else(|| held.expire.take());
    }

    /// Notes a removal, of one revision or of all; what else was to become of the secret is forgotten.
    pub fn remove(&mut self, id: &str, revision: Option<u32>) {
        self.created.remove(id);
        self.updated.remove(id);
        self.granted.remove(id);
        self.revoked.remove(id);
        self.refreshed.remove(id);
        let removed = self.removed.entry(id.to_owned()).or_insert_with(|| Some(BTreeSet::new()));
        match (removed, revision) {
            (Some(revisions), Some(revision)) => drop(revisions.insert(revision)),
            (removed, None) => *removed = None,
            (None, Some(_)) => {}
        }
    }

    /// Notes who may read in a relation; the last one counts.
    pub fn grant(&mut self, id: &str, relation: u32, target: &str) {
        self.granted.entry(id.to_owned()).or_default().insert(relation, target.to_owned());
    }

    /// Notes who may read no longer.
    pub fn revoke(&mut self, id: &str, target: &str) {
        let revoked = self.revoked.entry(id.to_owned()).or_default();
        if !revoked.contains(application_of(target)) {
            revoked.insert(target.to_owned());
        }
    }
}

impl SecretChange {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Changes a secret.
    pub fn apply(&self, secret: &mut Secret) {
        if let Some(content) = &self.content {
            secret.update(content.clone());
        }
        let fields = [
            (&self.label, &mut secret.label),
            (&self.description, &mut secret.description),
            (&self.rotate, &mut secret.rotate),
            (&self.expire, &mut secret.expire),
        ];
        for (new, old) in fields {
            if new.is_some() {
                old.clone_from(new);
            }
        }
    }
}
