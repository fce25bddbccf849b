//! The services besides the web server: Sidekiq, where it is one, the metrics forwarder, and what is left of earlier ones.

use crate::{
    decision::{Because, Step, StepKind},
    discourse::{environment::Environment, image::SIDEKIQ_SERVICE, layer},
    journal::Journal,
    status::Reason,
    world::{Container, Service},
};

use super::next::Next;

/// Stops a service that is not wanted any more, so that no replan brings it back.
///
/// One that does not run is left alone: to disable it would start it. Should a replan do so, it is disabled then.
pub(super) fn disable(
    container: &Container,
    journal: &Journal,
    name: &'static str,
    why: &str,
) -> Option<Because<Step>> {
    let is_due = container.other(name) != Service::Stopped && !journal.has(StepKind::DisableService(name));
    Because::when(is_due, Step::DisableService(name), why)
}

/// While the web server serves: starts stopped side services and warns about a crashing Sidekiq.
pub(super) fn next(container: &Container, journal: &Journal, environment: &Environment) -> Next {
    let are_in = |state: Service| move |name: &String| container.other(name) == state;
    let stopped: Vec<String> = layer::side_services(environment).filter(are_in(Service::Stopped)).collect();
    if !stopped.is_empty() && !journal.has(StepKind::StartServices) {
        return Next::step(Step::StartServices(stopped), "services were stopped");
    }
    let mut down = layer::side_services(environment).filter(are_in(Service::Crashed)).chain(stopped);
    if down.any(|name| name == SIDEKIQ_SERVICE) { Next::reason(Reason::NoJobs) } else { Next::default() }
}
