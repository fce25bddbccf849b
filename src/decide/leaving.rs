//! A unit that is being removed: it serves until its pod ends, while the ingress turns to the others.

use crate::{
    decision::{DatabagWrite, Decision, Step, StepKind},
    journal::Journal,
    relations::{Changes, Write, restart},
    status::{AmongOthers, Reason},
    world::{Check, Service, World},
};

use super::next::Next;

/// Shuts the gate, tells the peers, and changes nothing else.
pub(super) fn decide(world: &World, journal: &Journal) -> Decision {
    Decision {
        databags: world.peers().map(|relation| announcement(relation.id)).into_iter().collect(),
        step: shut_gate(world, journal).step,
        reasons: vec![Reason::AmongOthers(AmongOthers::Leaving)],
        ..Decision::default()
    }
}

fn announcement(relation: u32) -> DatabagWrite {
    let changes = Changes::from([(restart::LEAVING.to_owned(), "yes".to_owned())]);
    let write = Write::unit(changes, "peers do not wait for a unit that leaves");
    DatabagWrite { endpoint: restart::ENDPOINT.name, relation, write }
}

fn shut_gate(world: &World, journal: &Journal) -> Next {
    let is_open = world
        .container
        .as_ref()
        .is_ok_and(|container| container.gate == Check::Stopped && container.service != Service::Stopped);
    Next::step_if(is_open && !journal.has(StepKind::ShutGate), Step::ShutGate, "the unit leaves")
}
