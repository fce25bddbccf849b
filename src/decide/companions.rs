//! The services beside the web server: Sidekiq, where it is one, the metrics forwarder, and what is left of earlier ones.

use crate::{
    decision::{Because, Step},
    discourse::{image::SIDEKIQ_SERVICE, layer},
    status::Reason,
    world::{Chore, Container, Service, World},
};

use super::{wanted::Wanted, when};

/// A service that is not wanted any more is stopped so that no replan brings it back.
///
/// One that does not run is left alone: to retire it would start it. Should a replan do so, it is retired then.
pub(super) fn retire(world: &World, container: &Container, name: &'static str, why: &str) -> Option<Because<Step>> {
    let is_due = container.other(name) != Service::Stopped && !world.history.chores.contains(&Chore::Retire(name));
    when(is_due, Step::Retire(name), why)
}

/// While the web server serves: what was stopped is started, what does not stay up is told.
pub(super) fn tend(
    world: &World,
    wanted: &Wanted,
    container: &Container,
    reasons: &mut Vec<Reason>,
) -> Option<Because<Step>> {
    let are_in = |state: Service| move |name: &String| container.other(name) == state;
    let stopped: Vec<String> = layer::companions(&wanted.environment).filter(are_in(Service::Stopped)).collect();
    if !stopped.is_empty() && !world.history.chores.contains(&Chore::Start) {
        return Some(Because::new(Step::Start(stopped), "services were stopped"));
    }
    let mut lost = layer::companions(&wanted.environment).filter(are_in(Service::Crashed)).chain(stopped);
    if lost.any(|name| name == SIDEKIQ_SERVICE) {
        // Of warnings only the first is shown, and there is none that is more urgent.
        reasons.insert(0, Reason::NoJobs);
    }
    None
}
