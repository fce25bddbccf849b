//! The turn of this unit among those that restart while they serve.

use crate::{
    decision::{Step, StepKind},
    status::{AmongOthers, Reason},
    world::{Check, Container, Service},
};

use super::{Plan, case::Case, next::Next, state::State};

/// What a unit that serves waits for before it restarts; one that is down, or does not answer, restarts at once.
///
/// All units follow a rotation of the secret key together: while their keys differ, people bounce between logged in and logged out.
///
/// *Empty*: it may restart.
pub(super) fn obstacle(case: &Case, container: &Container) -> Option<Reason> {
    let is_serving = matches!(container.service, Service::Running(_)) && is_ready(container);
    let is_for_the_key = case.fleet.is_key_rotated() && case.world.secret_key.is_some();
    let may_restart = is_for_the_key || case.fleet.may_restart();
    (is_serving && !may_restart).then(|| Reason::AmongOthers(wait(case)))
}

/// Whether this unit asks for its turn, or keeps the one that it has until it serves again.
pub(super) fn is_asked_for(case: Option<Case>, container: Option<&Container>, plan: &Plan) -> bool {
    let is_waiting = plan.next.reasons.iter().any(|reason| matches!(reason, Reason::AmongOthers(it) if it.is_turn()));
    let (Some(case), Some(container)) = (case, container) else { return false };
    let is_holder = case.fleet.holder() == Some(case.fleet.own);
    let has_come_back = State::of(container, &case.attainable_environment(&plan.verdicts)) == State::Serving;
    is_waiting || is_holder && !(has_come_back && is_ready(container))
}

/// The next unit in turn may be the only other one that serves: the turn is kept until requests come to this one again.
pub(super) fn end(case: &Case, container: &Container) -> Next {
    let (fleet, journal) = (case.fleet, case.journal);
    let is_last = fleet.serving_peers() < 2 && !fleet.peers.is_empty();
    let is_due = is_last && fleet.holder() == Some(fleet.own) && is_ready(container) && journal.has(StepKind::OpenGate);
    let why = "the next unit is to restart once requests come to this one again";
    Next::step_if(is_due && !journal.has(StepKind::AwaitRequests), Step::AwaitRequests, why)
}

fn is_ready(container: &Container) -> bool {
    container.gate == Check::Stopped && !matches!(container.ready, Check::Down | Check::Stopped)
}

fn wait(case: &Case) -> AmongOthers {
    let name = |number: u32| format!("{}/{number}", case.world.unit.application);
    let others = case.fleet.holder().filter(|number| *number != case.fleet.own);
    match (others, case.fleet.other_image()) {
        (Some(number), _) => AmongOthers::After(name(number)),
        (None, Some(number)) => AmongOthers::OtherImage(name(number)),
        (None, None) => AmongOthers::Turn,
    }
}
