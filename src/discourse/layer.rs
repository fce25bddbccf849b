//! The one Pebble layer: the service, the check that asks it, and the gate.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    discourse::{
        environment::Environment,
        image::{
            GATE_CHECK, LAUNCH, METRICS_FORWARDER, METRICS_SERVICE, PORT, READY_CHECK, SERVICE, SIDEKIQ,
            SIDEKIQ_SERVICE, USER,
        },
    },
    pebble::{Check, ExecCheck, HttpCheck, Layer, Plan, Service},
};

/// The label of the layer: the Python charm's, so that there is never a second one.
pub const LABEL: &str = "discourse";

/// The time between TERM and KILL; Kubernetes gives a pod 30 seconds in all.
const KILL_DELAY: Duration = Duration::from_secs(25);

/// The layer for an environment.
#[must_use]
pub fn layer(environment: &Environment) -> Layer {
    Layer { services: services(environment), checks: checks(), ..Layer::default() }
}

/// The services beside the web server.
pub fn companions(environment: &Environment) -> impl Iterator<Item = String> + use<> {
    services(environment).into_keys().filter(|name| name != SERVICE)
}

/// A service that no replan starts again, once Pebble took note of this and stopped it.
#[must_use]
pub fn retired(service: &Service) -> Service {
    Service { startup: "disabled".to_owned(), environment: BTreeMap::new(), ..service.clone() }
}

/// Whether the merged plan is what the layer would make of it.
#[must_use]
pub fn is_current(plan: &Plan, environment: &Environment) -> bool {
    let has_checks = checks().iter().all(|(name, check)| plan.checks.get(name) == Some(check));
    has_checks && services(environment).iter().all(|(name, service)| plan.services.get(name) == Some(service))
}

/// The options and relations behind what differs from the plan, by name; never a value.
#[must_use]
pub fn changed_origins(plan: &Plan, environment: &Environment) -> Vec<String> {
    let nothing = Service::default();
    let running = plan.services.get(SERVICE).unwrap_or(&nothing);
    let mut origins: Vec<String> =
        environment.changed_names(&running.environment).iter().map(|name| origin(name)).collect();
    let same_environment = Service { environment: running.environment.clone(), ..service(environment) };
    if origins.is_empty() || same_environment != *running {
        origins.push("the charm's layer".to_owned());
    }
    origins.sort();
    origins.dedup();
    origins
}

fn services(environment: &Environment) -> BTreeMap<String, Service> {
    let sidekiq = Service { command: SIDEKIQ.to_owned(), ..service(environment) };
    let sidekiq = environment.has_sidekiq_apart().then_some((SIDEKIQ_SERVICE, sidekiq));
    let always = [(SERVICE, service(environment)), (METRICS_SERVICE, forwarder())];
    always.into_iter().chain(sidekiq).map(|(name, service)| (name.to_owned(), service)).collect()
}

/// Discourse's own collector takes orders from whoever reaches it, so it stays where only this program does.
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

/// The same fields and the same override words as in the image's own layer: else posting them would start the checks anew.
fn checks() -> BTreeMap<String, Check> {
    let check = |period: u64, threshold: u64| Check {
        level: "ready".to_owned(),
        period: Some(Duration::from_secs(period)),
        threshold: Some(threshold),
        ..Check::default()
    };
    let url = format!("http://localhost:{PORT}/srv/status");
    let ready = Check { http: Some(HttpCheck { url, ..HttpCheck::default() }), ..check(5, 3) };
    let gate = Check { exec: Some(ExecCheck { command: "false".to_owned(), ..ExecCheck::default() }), ..check(1, 1) };
    BTreeMap::from([(READY_CHECK.to_owned(), ready), (GATE_CHECK.to_owned(), gate)])
}

/// Where a variable comes from, in words of the operator.
fn origin(variable: &str) -> String {
    const OPTIONS: [(&str, &str); 13] = [
        ("DISCOURSE_SAML_", "the relation saml"),
        ("DISCOURSE_ENABLE_LOCAL_LOGINS", "force_saml_login"),
        ("DISCOURSE_OPENID_CONNECT_", "the relation oauth"),
        ("DISCOURSE_DB_", "the relation database"),
        ("DISCOURSE_REDIS_", "the relation redis"),
        ("DISCOURSE_HOSTNAME", "external_hostname"),
        ("DISCOURSE_MAX_CATEGORY_NESTING", "max_category_nesting"),
        ("DISCOURSE_MAX_", "throttle_level"),
        ("DISCOURSE_SMTP_USER_NAME", "smtp_username"),
        ("DISCOURSE_BACKUP_LOCATION", "s3_backup_bucket"),
        ("UNICORN_SIDEKIQ_MAX_RSS", "sidekiq_max_memory"),
        ("UNICORN_SIDEKIQS", "sidekiq_as_service"),
        ("DISCOURSE_", ""),
    ];
    if variable.to_lowercase().ends_with("_proxy") {
        return "the model's proxy".to_owned();
    }
    match OPTIONS.iter().find_map(|(prefix, origin)| variable.strip_prefix(prefix).map(|rest| (*origin, rest))) {
        Some(("", rest)) => rest.to_lowercase(),
        Some((origin, _)) => origin.to_owned(),
        None => "the charm's layer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_has_an_origin_that_an_operator_knows() {
        for (variable, expected) in [
            ("DISCOURSE_DB_HOST", "the relation database"),
            ("DISCOURSE_REDIS_PORT", "the relation redis"),
            ("DISCOURSE_HOSTNAME", "external_hostname"),
            ("DISCOURSE_FORCE_HTTPS", "force_https"),
            ("DISCOURSE_CORS_ORIGIN", "cors_origin"),
            ("DISCOURSE_SMTP_PASSWORD", "smtp_password"),
            ("DISCOURSE_SMTP_USER_NAME", "smtp_username"),
            ("DISCOURSE_MAX_REQS_PER_IP_MODE", "throttle_level"),
            ("DISCOURSE_MAX_CATEGORY_NESTING", "max_category_nesting"),
            ("DISCOURSE_S3_BUCKET", "s3_bucket"),
            ("UNICORN_SIDEKIQ_MAX_RSS", "sidekiq_max_memory"),
            ("UNICORN_SIDEKIQS", "sidekiq_as_service"),
            ("DISCOURSE_SAML_TARGET_URL", "the relation saml"),
            ("DISCOURSE_ENABLE_LOCAL_LOGINS", "force_saml_login"),
            ("DISCOURSE_OPENID_CONNECT_CLIENT_ID", "the relation oauth"),
            ("HTTP_PROXY", "the model's proxy"),
            ("no_proxy", "the model's proxy"),
            ("RAILS_ENV", "the charm's layer"),
        ] {
            assert_eq!(origin(variable), expected, "{variable}");
        }
    }

    #[test]
    fn a_plan_that_holds_the_layer_is_current() {
        let environment = Environment::default().with("DISCOURSE_HOSTNAME", "forum");
        let Layer { services, checks, log_targets } = layer(&environment);
        let plan = Plan { services, checks, log_targets };
        assert!(is_current(&plan, &environment));
        let other = environment.with("DISCOURSE_HOSTNAME", "other");
        assert!(!is_current(&plan, &other));
        assert_eq!(changed_origins(&plan, &other), ["external_hostname"]);
        assert_eq!(changed_origins(&Plan::default(), &other), ["external_hostname", "the charm's layer"]);
    }
}
