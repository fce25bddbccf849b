//! The endpoint `nginx-route`: interface `nginx-route`. The other side answers nothing.
//!
//! *Source*: charmhub.io/nginx-ingress-integrator, library `nginx_route` version 0.7.

use crate::relations::{Changes, Databag, difference};

/// The endpoint's name.
pub const ENDPOINT: &str = "nginx-route";

/// Keys that the interface knows and that we do not use.
const UNUSED: [&str; 12] = [
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
];

/// What the route leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route<'a> {
    /// The host name of requests, in lower case.
    pub hostname: &'a str,
    /// Our application, which is the Kubernetes service.
    pub app: &'a str,
    /// Our model, which is the Kubernetes namespace.
    pub model: &'a str,
    /// The port of the service.
    pub port: u16,
}

impl Route<'_> {
    /// What the leader must write into our application bag.
    #[must_use]
    pub fn request(&self, own_app: &Databag) -> Changes {
        let text = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let mut wanted = Databag::from([
            text("service-hostname", self.hostname),
            text("service-name", self.app),
            text("service-namespace", self.model),
            text("service-port", &self.port.to_string()),
            text("session-cookie-max-age", "3600"),
        ]);
        wanted.extend(UNUSED.iter().map(|key| text(key, "")));
        wanted.insert("tls-secret-name".to_owned(), String::new());
        difference(own_app, &wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: Route<'_> = Route { hostname: "forum.example.com", app: "forum", model: "prod", port: 3000 };

    #[test]
    fn the_route_is_written_whole_and_then_left_alone() {
        let written = ROUTE.request(&Databag::new());
        let expected = [
            ("service-hostname", "forum.example.com"),
            ("service-name", "forum"),
            ("service-namespace", "prod"),
            ("service-port", "3000"),
            ("session-cookie-max-age", "3600"),
        ];
        assert_eq!(written, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        assert_eq!(ROUTE.request(&written), Changes::new());
    }

    #[test]
    fn keys_that_we_do_not_set_are_deleted() {
        let mut own = ROUTE.request(&Databag::new());
        own.insert("max-body-size".to_owned(), "20".to_owned());
        assert_eq!(ROUTE.request(&own), Changes::from([("max-body-size".to_owned(), String::new())]));
    }
}
