//! The services beside the web server: Sidekiq, where it is one, and the metrics forwarder.

use crate::{
    decision::{Because, Step},
    discourse::{image::SIDEKIQ_SERVICE, layer},
    status::Reason,
    world::{Chore, Container, Service, World},
};

use super::{wanted::Wanted, when};

/// Before anything else is started: Unicorn is to do the jobs again, and no replan may bring the other one back.
pub(super) fn retire(world: &World, wanted: &Wanted, container: &Container) -> Option<Because<Step>> {
    let is_enabled = container.plan.services.get(SIDEKIQ_SERVICE).is_some_and(|it| it.startup == "enabled");
    let is_left_over = is_enabled || container.other(SIDEKIQ_SERVICE) != Service::Stopped;
    let is_due = is_left_over
        && !wanted.environment.has_sidekiq_apart()
        && !world.history.chores.contains(&Chore::Retire(SIDEKIQ_SERVICE));
    when(is_due, Step::Retire(SIDEKIQ_SERVICE), "sidekiq_as_service is off")
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
