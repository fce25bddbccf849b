//! The unit itself: what Juju and Pebble show.

use crate::{
    discourse::image::{CONTAINER, SERVICE},
    excerpt::Excerpt,
    relations::{ingress, nginx_route},
    status::{Kind, Status},
    world::{Check as PebbleCheck, Container, Service},
};

use super::{Case, Check};

pub(super) fn checks(case: &Case) -> Vec<Check> {
    let container = case.world.container.as_ref().ok();
    let of_container =
        container.into_iter().flat_map(|container| services(case, container).into_iter().chain([readiness(container)]));
    status(case).into_iter().chain(of_container).chain([ingress(case), logs(case)]).collect()
}

/// Every reason for the unit's status, each of which names its remedy; what only a hook finds is in the status that Juju shows.
fn status(case: &Case) -> Vec<Check> {
    let each = Status::each(&case.decision.reasons, case.world.names());
    let is_explained = each.iter().any(|status| status.kind != Kind::Active);
    let shown = case
        .world
        .unwell()
        .filter(|_| !is_explained)
        .map(|text| Check::fail("status", Excerpt::of(text).to_string(), ""));
    let checks: Vec<Check> = shown.into_iter().chain(each.into_iter().map(judged)).collect();
    if checks.is_empty() {
        return vec![Check::ok("status", "nothing is missing or wrong")];
    }
    checks.into_iter().map(|check| Check { remedy: None, ..check }).collect()
}

fn judged(status: Status) -> Check {
    match status.kind {
        Kind::Active => Check::warn("status", status.message, ""),
        Kind::Blocked | Kind::Waiting | Kind::Maintenance => Check::fail("status", status.message, ""),
    }
}

/// The services that the plan starts.
fn services(case: &Case, container: &Container) -> Vec<Check> {
    let enabled = container.plan.services.iter().filter(|(_, service)| service.startup == "enabled");
    let state = |name: &str| if name == SERVICE { container.service } else { container.other(name) };
    let unit = &case.world.unit;
    let checks = enabled.map(|(name, _)| match state(name) {
        Service::Running(_) => Check::ok("services", format!("{name} runs")),
        Service::Stopped | Service::Crashed => {
            let logs = format!("juju ssh --container {CONTAINER} {unit} pebble logs {name}");
            Check::fail("services", format!("{name} does not run"), logs)
        }
    });
    checks.collect()
}

fn readiness(container: &Container) -> Check {
    match (container.gate, container.ready) {
        (PebbleCheck::Stopped, PebbleCheck::Up) => Check::ok("readiness", "Discourse answers, and the pod is ready"),
        (PebbleCheck::Stopped, PebbleCheck::Unproven) => Check::ok("readiness", "Discourse is about to be asked"),
        (PebbleCheck::Stopped, _) => Check::fail("readiness", "Discourse does not answer", "see the service's log"),
        _ => {
            Check::fail("readiness", "the pod gets no requests", "wait until Discourse has started, or see its status")
        }
    }
}

fn ingress(case: &Case) -> Check {
    let is_related = |name| case.world.relations.has(name);
    let (route, ingress) = (nginx_route::ENDPOINT.name, ingress::ENDPOINT.name);
    if is_related(route) || is_related(ingress) {
        return Check::ok("ingress", "the forum is announced to an ingress");
    }
    let app = &case.world.unit.application;
    let command = format!("juju integrate {app}:{route} nginx-ingress-integrator:{route}");
    Check::warn("ingress", "nobody outside of the cluster reaches the forum", command)
}

fn logs(case: &Case) -> Check {
    match case.known.log_targets.len() {
        0 => Check::ok("logs", "they stay in the pod: no relation logging"),
        number => Check::ok("logs", format!("they are forwarded to {number} targets")),
    }
}
