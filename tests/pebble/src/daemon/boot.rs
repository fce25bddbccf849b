//! The boot id: the machine's, but new for each Pebble that is process 1.

use std::{fs, process};
use uuid::Uuid;

/// The boot id of this run.
#[must_use]
pub fn boot_id() -> String {
    let machine = fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned());
    match machine {
        Ok(id) if process::id() != 1 => id,
        _ => Uuid::new_v4().to_string(),
    }
}
