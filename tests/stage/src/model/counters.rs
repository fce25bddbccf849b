//! Ids that are never used again.

use super::{Model, Secret};
use serde::{Deserialize, Serialize};

/// The next id of each kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Counters {
    relation: u32,
    secret: usize,
    /// Operations and their tasks share it.
    task: u32,
    storage: u32,
}

impl Model {
    /// The number of a new relation; the first one is 0.
    pub fn mint_relation(&mut self) -> u32 {
        let free = self.relations.keys().next_back().map_or(0, |last| last + 1);
        let id = free.max(self.counters.relation);
        self.counters.relation = id + 1;
        id
    }

    /// The id of a new secret; ids look like Juju's, and the same life mints the same ones.
    pub fn mint_secret(&mut self) -> String {
        loop {
            let id = Secret::mint_id(self.counters.secret);
            self.counters.secret += 1;
            if !self.secrets.contains_key(&id) {
                return id;
            }
        }
    }

    /// The number of a new instance of storage, whatever its name; the first one is 0.
    pub fn mint_storage(&mut self) -> u32 {
        self.counters.storage += 1;
        self.counters.storage - 1
    }

    /// The number of a new task; its operation has the number before.
    pub fn mint_task(&mut self) -> u32 {
        self.counters.task += 2;
        self.counters.task
    }
}
