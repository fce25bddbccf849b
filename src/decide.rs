//! The decision: pure and total. No IO, no clock, no randomness; it never fails.

mod attempts;
mod case;
mod data;
mod databags;
mod environment;
mod jobs;
mod known;
mod leaving;
mod log_targets;
mod memory;
mod next;
mod option_secrets;
mod peers;
mod preflight;
mod restore;
mod side_services;
mod start;
mod state;
mod step;
mod target;
#[cfg(test)]
pub(crate) mod tests;
mod turn;
mod unreadable;
mod warnings;

use std::collections::BTreeMap;

use crate::{
    decision::Decision,
    journal::Journal,
    status::{Reason, Status},
    world::World,
};

use case::Case;
use environment::sources;
use jobs::Verdicts;
use step::Plan;
use target::Target;
use warnings::Warnings;

pub use data::Known;
pub use jobs::{AssetUpload, asset_upload};
pub use known::Understanding;
pub use restore::{LOST_AFTER_MINUTES, REQUEST, is_lost, operation_environment};
pub use state::State;
pub use target::could_start;

/// What is to be done in a world, after what this hook has done already.
///
/// In three stages: understand every value once, plan what the workload needs next, decide what is written, done and shown.
#[must_use]
pub fn decide(world: &World, journal: &Journal) -> Decision {
    if world.is_leaving {
        return leaving::decide(world, journal);
    }
    let known = Understanding::of(world);
    let target = Target::of(world, &known);
    let case = target.as_ref().map(|target| Case { world, journal, fleet: &known.fleet, target });
    let plan = step::plan(world, journal, &known, case);
    // What Pebble refused before it went away says more than its absence.
    let is_shown = |reason: &Reason| journal.trouble.is_none() || *reason != Reason::NoPebble;
    let servers = preflight::warnings(preflight::words(world, &known.fleet).as_ref());
    let servers = servers.into_iter().chain(restore::reason(world, &known.fleet));
    let reasons: Vec<Reason> =
        known.reasons().filter(is_shown).chain(plan.next.reasons.iter().cloned()).chain(servers).collect();
    let warnings = Warnings::of(&reasons, known.fleet.memory.warnings.as_ref(), world.names());
    let status = Status::from_reasons(&reasons, world.names());
    let memory = memory::memory(world, journal, &known.fleet, case, &plan, &warnings, &status);
    Decision {
        open_port: databags::port(world, &known.fleet),
        version: databags::version(world, &known.fleet),
        application_status: peers::application_status(world, journal, &known.fleet, &status),
        databags: databags::all(world, journal, &known, &memory, &status),
        keep_secret_key: peers::secret_key(world, journal, &known),
        forget: world.framework_state.clone(),
        complaints: databags::complaints(world),
        warnings: warnings.lines,
        step: plan.next.step,
        reasons,
    }
}

/// How a running server differs from its target.
#[derive(Debug, Default)]
pub struct Differences {
    /// The state of the web server.
    ///
    /// *Empty*: there is no target, or the container cannot be seen.
    pub server: Option<State>,
    /// The variables that differ, with the options and relations that they come from.
    pub variables: BTreeMap<String, String>,
}

/// Compares the running server with the target.
#[must_use]
pub fn differences(world: &World, known: &Understanding) -> Differences {
    let (Ok(container), Some(target)) = (&world.container, Target::of(world, known)) else {
        return Differences::default();
    };
    let case = Case { world, journal: &Journal::default(), fleet: &known.fleet, target: &target };
    let server = Some(State::of(container, &case.attainable_environment(&Verdicts::of(&case))));
    Differences { server, variables: target.environment.changes(&world.running_environment(), sources) }
}
