//! What a hook wrote and Juju keeps only if the hook succeeds.

use super::secret_changes::SecretChanges;
use crate::model::{Databag, OpenPorts};
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
    /// Storage by its name, and how many new instances each call asked for.
    pub storage: Vec<(String, u64)>,
    /// What becomes of secrets.
    pub secrets: SecretChanges,
    /// What `action-set` gave.
    pub results: Map<String, Value>,
    /// The message of `action-fail`.
    pub failure: Option<String>,
}
