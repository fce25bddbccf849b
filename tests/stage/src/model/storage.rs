//! Storage of units.

use super::{Life, Model, Unit, names};
use crate::{charm, hook::HookEvent};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// One instance of a storage that a unit has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// The unit that it is attached to.
    pub unit: String,
    /// Which of the unit's instances of this name it is, from 0.
    pub index: u32,
    /// Where the charm sees it.
    pub location: String,
    /// Whether it was added to a unit that was there, whose pod has the volumes that it was deployed with.
    #[serde(default)]
    pub is_pending: bool,
}

/// Where the instance with this index is seen by every unit: pods of one set have the same mounts.
///
/// *Source*: Juju 3.6 and 4.0, `FilesystemMountPoint`.
fn location(name: &str, declared: &charm::Storage, index: u32) -> String {
    let parent = declared.location.as_deref();
    match parent {
        Some(location) if declared.most == Some(1) => location.to_owned(),
        _ => format!("{}/{name}/{index}", parent.unwrap_or("/var/lib/juju/storage")),
    }
}

impl Model {
    /// Gives a new unit so many instances of a storage as its charm declares.
    pub fn add_storage(&mut self, unit: &str, name: &str, count: u32) {
        self.mint_storages(unit, name, 0..count, false);
    }

    /// Gives a unit that is there so many more instances, which its pod never sees.
    pub fn note_storage(&mut self, unit: &str, name: &str, count: u32) {
        let held = self.storage_of(unit).filter(|(id, _)| names::storage_of(id) == name).count();
        let first = u32::try_from(held).unwrap_or(u32::MAX);
        self.mint_storages(unit, name, first..first.saturating_add(count), true);
    }

    fn mint_storages(&mut self, unit: &str, name: &str, indices: Range<u32>, is_pending: bool) {
        let Some(declared) = self.application_of(unit).charm.storage.get(name).cloned() else { return };
        for index in indices {
            let location = location(name, &declared, index);
            let id = format!("{name}/{}", self.mint_storage());
            self.storage.insert(id, Storage { unit: unit.to_owned(), index, location, is_pending });
        }
    }

    /// The instances of a unit by their id.
    pub fn storage_of<'m>(&'m self, unit: &'m str) -> impl Iterator<Item = (&'m String, &'m Storage)> {
        self.storage.iter().filter(move |(_, storage)| storage.unit == unit)
    }

    /// The hook that storage of a unit waits for: every instance is attached once, and detached before its unit goes.
    #[must_use]
    pub fn storage_hook(&self, name: &str, unit: &Unit) -> Option<HookEvent> {
        let leaves = unit.life == Life::Dying;
        let due = |(id, _): &(&String, &Storage)| unit.memory.storage.contains(*id) == leaves;
        let step = if leaves { "detaching" } else { "attached" };
        let event = |(id, storage): (&String, &Storage)| HookEvent::Storage {
            id: id.clone(),
            step: step.to_owned(),
            location: storage.location.clone(),
        };
        self.storage_of(name).filter(|(_, storage)| !storage.is_pending).find(due).map(event)
    }
}
