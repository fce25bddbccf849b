//! What the container may use.

use crate::discourse::sizing::Sizing;

use super::{Case, Check, Probe};

/// The free disk that deserves a look, and that is too little. *Units*: MiB.
const LITTLE_DISK: u64 = 2048;
const TOO_LITTLE_DISK: u64 = 256;

pub(super) fn checks(case: &Case) -> Vec<Check> {
    match &case.found.probe {
        Ok(probe) => vec![disk(probe), memory(case, probe)],
        Err(complaint) => {
            vec![Check::fail("container", format!("nothing can be run in it: {complaint}"), "see juju status")]
        }
    }
}

fn disk(probe: &Probe) -> Check {
    let Some(free) = probe.free_kib.map(|free| free >> 10) else {
        return Check::warn("disk", "its free space is unknown", "look at it in the pod");
    };
    let fact = format!("{free} MiB are free for backups and uploads");
    let remedy = "free some, or give the node more";
    match free {
        ..TOO_LITTLE_DISK => Check::fail("disk", fact, remedy),
        TOO_LITTLE_DISK..LITTLE_DISK => Check::warn("disk", fact, remedy),
        _ => Check::ok("disk", fact),
    }
}

fn memory(case: &Case, probe: &Probe) -> Check {
    let sizing = Sizing::of(&case.environment.exposed());
    let wanted = format!("{} workers may come to {} MiB", sizing.workers, sizing.memory());
    let Some(limit) = probe.memory.map(|limit| limit >> 20) else {
        return Check::ok("memory", format!("there is no limit; {wanted}"));
    };
    let fact = format!("the limit is {limit} MiB; {wanted}");
    if limit < sizing.memory() { Check::warn("memory", fact, "raise the limit") } else { Check::ok("memory", fact) }
}
