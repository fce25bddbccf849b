//! The Pebble layer of the charm: services, the readiness check and the gate.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    discourse::{
        environment::{Environment, Origin},
        image::{
            GATE_CHECK, LAUNCH, METRICS_FORWARDER, METRICS_SERVICE, PORT, READY_CHECK, SERVICE, SIDEKIQ,
            SIDEKIQ_SERVICE, USER,
        },
        variables::changed_cors_options,
    },
    pebble::{Check, ExecCheck, HttpCheck, Layer, Plan, Service},
};

/// The label of the layer, which is that of the Python charm, so that a refresh does not add a second layer.
pub const LABEL: &str = "discourse";

/// The time between SIGTERM and SIGKILL; Kubernetes gives the whole pod 30 seconds.
const KILL_DELAY: Duration = Duration::from_secs(25);

/// The layer for an environment.
#[must_use]
pub fn layer(environment: &Environment) -> Layer {
    Layer { services: services(environment), checks: checks(), ..Layer::default() }
}

/// The names of all services but the web server.
pub fn side_services(environment: &Environment) -> impl Iterator<Item = String> + use<> {
    services(environment).into_keys().filter(|name| name != SERVICE)
}

/// A copy of a service that no replan starts, once it has been added to the plan and stopped.
#[must_use]
pub fn disabled(service: &Service) -> Service {
    Service { startup: "disabled".to_owned(), environment: BTreeMap::new(), ..service.clone() }
}

/// Copies of the services of the plan that have an environment, disabled and without it.
#[must_use]
pub fn without_environment(plan: &Plan) -> BTreeMap<String, Service> {
    let ours = [SERVICE, SIDEKIQ_SERVICE].into_iter().filter_map(|name| plan.services.get_key_value(name));
    let left = ours.filter(|(_, service)| !service.environment.is_empty());
    left.map(|(name, service)| (name.clone(), disabled(service))).collect()
}

/// Whether the charm has started the web server in this container: the image defines none.
#[must_use]
pub fn was_started(plan: &Plan) -> bool {
    plan.services.contains_key(SERVICE)
}

/// The checks that the plan has not, or has otherwise.
#[must_use]
pub fn missing_checks(plan: &Plan) -> BTreeMap<String, Check> {
    let mut checks = checks();
    checks.retain(|name, check| plan.checks.get(name) != Some(check));
    checks
}

/// Whether the plan already contains the layer.
#[must_use]
pub fn is_current(plan: &Plan, environment: &Environment) -> bool {
    missing_checks(plan).is_empty()
        && services(environment).iter().all(|(name, service)| plan.services.get(name) == Some(service))
}

/// The names of the options and relations in which the layer differs from the plan, without values.
///
/// A variable that is no longer set has no origin; `sources` returns those that may have set it.
#[must_use]
pub fn changed_origins(plan: &Plan, environment: &Environment, sources: impl Fn(&str) -> Vec<Origin>) -> Vec<String> {
    let nothing = Service::default();
    let running = plan.services.get(SERVICE).unwrap_or(&nothing);
    let mut origins: BTreeSet<String> = environment.changes(&running.environment, sources).into_values().collect();
    if origins.remove("cors_origin") {
        let options = changed_cors_options(&running.environment, &environment.exposed());
        origins.extend(options.into_iter().map(str::to_owned));
    }
    let same_environment = Service { environment: running.environment.clone(), ..service(environment) };
    if origins.is_empty() || same_environment != *running {
        origins.insert(Origin::Charm.to_string());
    }
    origins.into_iter().collect()
}

fn services(environment: &Environment) -> BTreeMap<String, Service> {
    let sidekiq = Service { command: SIDEKIQ.to_owned(), ..service(environment) };
    let sidekiq = environment.has_sidekiq_service().then_some((SIDEKIQ_SERVICE, sidekiq));
    let always = [(SERVICE, service(environment)), (METRICS_SERVICE, forwarder())];
    always.into_iter().chain(sidekiq).map(|(name, service)| (name.to_owned(), service)).collect()
}

/// Discourse's own collector accepts messages from every client, so it listens on the loopback, and this forwarder reads from it.
fn forwarder() -> Service {
    Service {
        startup: "enabled".to_owned(),
        command: METRICS_FORWARDER.to_owned(),
        user: USER.to_owned(),
        ..Service::default()
    }
}

fn service(environment: &Environment) -> Service {
    Service {
        startup: "enabled".to_owned(),
        command: LAUNCH.to_owned(),
        environment: environment.exposed(),
        user: USER.to_owned(),
        kill_delay: Some(KILL_DELAY),
        ..Service::default()
    }
}

/// The same fields and override policies as in the layer of the image, but disabled.
///
/// Pebble starts enabled checks whenever a layer is added or services are replanned. The image has them enabled, so that a container
/// starts with the gate shut. This layer leaves a running check as it is, and once one is stopped, only the charm starts it again.
fn checks() -> BTreeMap<String, Check> {
    let check = |period: u64, threshold: u64| Check {
        level: "ready".to_owned(),
        startup: "disabled".to_owned(),
        period: Some(Duration::from_secs(period)),
        threshold: Some(threshold),
        ..Check::default()
    };
    let url = format!("http://localhost:{PORT}/srv/status");
    let ready = Check { http: Some(HttpCheck { url, ..HttpCheck::default() }), ..check(5, 3) };
    let gate = Check { exec: Some(ExecCheck { command: "false".to_owned(), ..ExecCheck::default() }), ..check(1, 1) };
    BTreeMap::from([(READY_CHECK.to_owned(), ready), (GATE_CHECK.to_owned(), gate)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discourse::environment::Variable;

    fn environment(hostname: &str) -> Environment {
        let mut environment = Environment::default();
        let hostname = Variable::plain(hostname, Origin::Option("external_hostname"));
        environment.extend([("DISCOURSE_HOSTNAME", hostname)]);
        environment
    }

    #[test]
    fn a_check_that_the_plan_has_otherwise_is_missing() {
        let enabled = |(name, check): (String, Check)| (name, Check { startup: "enabled".to_owned(), ..check });
        let image = Plan { checks: checks().into_iter().map(enabled).collect(), ..Plan::default() };
        assert_eq!(missing_checks(&image), checks());
        assert_eq!(missing_checks(&Plan { checks: checks(), ..image }), BTreeMap::new());
    }

    #[test]
    fn the_checks_are_those_of_the_image_but_disabled() {
        let image: Plan = serde_yaml::from_str(include_str!("../../discourse_rock/rockcraft.yaml")).unwrap();
        let disabled = |check: Check| Check { startup: "disabled".to_owned(), ..check };
        let disabled: BTreeMap<_, _> = image.checks.into_iter().map(|(name, check)| (name, disabled(check))).collect();
        assert_eq!(checks(), disabled);
    }

    #[test]
    fn a_plan_that_contains_the_layer_is_current() {
        let wanted = environment("forum");
        let Layer { services, checks, log_targets } = layer(&wanted);
        let plan = Plan { services, checks, log_targets };
        assert!(is_current(&plan, &wanted));
        let other = environment("other");
        assert!(!is_current(&plan, &other));
        assert_eq!(changed_origins(&plan, &other, |_| vec![]), ["external_hostname"]);
        let origins = changed_origins(&Plan::default(), &other, |_| vec![]);
        assert_eq!(origins, ["external_hostname", "the charm's layer"]);
    }
}
