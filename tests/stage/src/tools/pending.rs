//! What a hook wrote and Juju keeps only if the hook succeeds.

use crate::model::{Access, Databag, OpenPorts, Secret};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The buffer of one hook.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pending {
    /// The unit's own bags as the hook sees them, by relation.
    pub unit_bags: BTreeMap<u32, Databag>,
    /// The application's own bags as the hook sees them, by relation.
    pub app_bags: BTreeMap<u32, Databag>,
    /// Relations whose application bag was written.
    pub app_writes: BTreeSet<u32>,
    /// Charm state as the hook sees it, once it was read or written.
    pub state: Option<BTreeMap<String, String>>,
    /// Open ports as the hook sees them, once they changed.
    pub ports: Option<OpenPorts>,
    /// New secrets by id.
    pub created: BTreeMap<String, Secret>,
    /// Changes of secrets by id, in the order of the calls.
    pub updated: Vec<(String, SecretChange)>,
    /// Removed secrets by id; one revision or all.
    pub removed: Vec<(String, Option<u32>)>,
    /// Permissions given.
    pub granted: Vec<(String, Access)>,
    /// Permissions taken.
    pub revoked: Vec<(String, Access)>,
    /// The unit's pin of its own secrets after `--refresh`.
    pub refreshed: BTreeSet<String>,
    /// What `action-set` gave.
    pub results: Map<String, Value>,
    /// The message of `action-fail`.
    pub failure: Option<String>,
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
