//! The decision: pure and total. No IO, no clock, no randomness; it never fails.

mod bags;
mod companions;
mod forward;
mod identity;
mod jobs;
mod mail;
mod offers;
mod service;
mod settings;
#[cfg(test)]
mod tests;
mod wanted;

use crate::{
    decision::{Because, Decision},
    status::{Names, Reason, Status},
    world::World,
};

use wanted::Wanted;

/// What is to be done in a world.
#[must_use]
pub fn decide(world: &World) -> Decision {
    // Of warnings only the first is shown: those of a relation are the rarer ones.
    let mut reasons: Vec<Reason> = forward::warnings(world).into_iter().map(Reason::Warning).collect();
    let wanted = Wanted::of(world, &mut reasons);
    let verdict = jobs::Verdicts::of(world, wanted.as_ref());
    let step = service::next_step(world, wanted.as_ref(), &verdict, &mut reasons).or_else(|| forward::next_step(world));
    Decision {
        bags: bags::differences(world, &verdict),
        open_port: bags::port(world),
        version: bags::version(world),
        application_status: bags::application_status(world),
        step,
        complaints: forward::complaints(world),
        status: status(world, &reasons),
    }
}

fn status(world: &World, reasons: &[Reason]) -> Status {
    let unit = world.unit.to_string();
    Status::from_reasons(reasons, Names { app: &world.unit.application, unit: &unit })
}

/// A part of a decision, if its condition holds.
fn when<T>(condition: bool, what: T, why: &str) -> Option<Because<T>> {
    condition.then(|| Because::new(what, why))
}
