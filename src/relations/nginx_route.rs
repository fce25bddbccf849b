//! The endpoint `nginx-route`: interface `nginx-route`. The provider answers nothing.
//!
//! *Source*: charmhub.io/nginx-ingress-integrator, library `nginx_route` version 0.7.

use crate::{
    address::is_label,
    discourse::{image::PORT, mistake::Findings, settings::Settings},
};

use super::{Changes, Databag, Endpoint, Identity, OwnApp, Reads, Relation, Write, difference};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    reads: Reads { own_app: OwnApp::Leader, ..Reads::NOTHING },
    check,
    writes,
    ..Endpoint::requirer("nginx-route", "nginx-route")
};

/// Keys that the interface knows and that we do not use.
const UNUSED: [&str; 13] = [
    "additional-hostnames",
    "backend-protocol",
    "enable-access-log",
    "limit-rps",
    "limit-whitelist",
    "max-body-size",
    "owasp-modsecurity-crs",
    "owasp-modsecurity-custom-rules",
    "path-routes",
    "retry-errors",
    "rewrite-enabled",
    "rewrite-target",
    "tls-secret-name",
];

/// What neither the provider nor Kubernetes routes to. A port is no reason: something in front of the route may listen on it.
fn check(is_related: bool, settings: &Settings, app: &str) -> Findings {
    let host = &settings.address.authority.host;
    let is_name = !host.is_address() && host.as_str().split('.').all(is_label);
    let why = "external_hostname must be a name of letters, digits and hyphens, with dots between them";
    let warning = format!("nginx-route: {why}: juju config {app} external_hostname=<name>");
    let warnings = if is_related && !is_name { vec![warning] } else { Vec::new() };
    Findings { warnings, ..Findings::default() }
}

/// A route that would follow mistaken options is left as it is.
fn writes(relation: &Relation, identity: &Identity) -> Vec<Write> {
    let (Some(own), Some(forum)) = (&relation.own_app, identity.forum) else { return Vec::new() };
    vec![Write::app(route(own, identity, forum.host.as_str()), "the route differs from the options")]
}

fn route(own_app: &Databag, identity: &Identity, hostname: &str) -> Changes {
    let port = PORT.to_string();
    let wanted = [
        ("service-hostname", hostname),
        ("service-name", &identity.unit.application),
        ("service-namespace", identity.model),
        ("service-port", &port),
        ("session-cookie-max-age", "3600"),
    ];
    let wanted = wanted.into_iter().chain(UNUSED.map(|key| (key, "")));
    difference(own_app, &wanted.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        discourse::settings::Context,
        relations::{databag::bag, write::identity},
    };

    fn written(own: Databag) -> Changes {
        let relation = Relation { endpoint: ENDPOINT.name, own_app: Some(own), ..Relation::default() };
        writes(&relation, &identity()).swap_remove(0).changes
    }

    #[test]
    fn the_route_is_written_whole_and_then_left_alone() {
        let expected = bag(&[
            ("service-hostname", "forum.example.com"),
            ("service-name", "discourse-k8s"),
            ("service-namespace", "forum-prod"),
            ("service-port", "3000"),
            ("session-cookie-max-age", "3600"),
        ]);
        assert_eq!(written(Databag::new()), expected);
        assert_eq!(written(expected), Changes::new());
    }

    fn warnings(is_related: bool, hostname: &str) -> Vec<String> {
        let options = [("external_hostname".to_owned(), hostname.into())].into_iter().collect();
        check(is_related, &Settings::check(&options, Context::ALONE).settings, "forum").warnings
    }

    #[test]
    fn a_host_that_cannot_be_routed_to_is_warned_about() {
        for hostname in ["forum.example.com", "forum.example.com:8443", "a-b.c1.io", "föhn.example", ""] {
            assert_eq!(warnings(true, hostname), [""; 0], "{hostname}");
        }
        let warning = "nginx-route: external_hostname must be a name of letters, digits and hyphens, with dots between \
                       them: juju config forum external_hostname=<name>";
        for hostname in ["a_b.example.com", "forum.example.com.", "-a.io", "a-.io", "10.0.0.1", "fd00::1"] {
            assert_eq!(warnings(true, hostname), [warning], "{hostname}");
            assert_eq!(warnings(false, hostname), [""; 0], "{hostname}");
        }
    }

    #[test]
    fn keys_that_we_do_not_set_are_deleted() {
        let mut own = written(Databag::new());
        own.insert("max-body-size".to_owned(), "20".to_owned());
        assert_eq!(written(own), bag(&[("max-body-size", "")]));
    }

    #[test]
    fn nothing_is_written_while_the_options_are_mistaken() {
        let relation = Relation { own_app: Some(Databag::new()), ..Relation::default() };
        assert_eq!(writes(&relation, &Identity { forum: None, ..identity() }), Vec::new());
    }
}
