//! The server behind a database, as far as an operator must configure it.
//!
//! *Source*: charmhub.io/postgresql-k8s, `config.yaml` of the tracks 14 and 16; charmhub.io/pgbouncer-k8s.

use crate::address::Host;

use super::super::{Relation, databag::non_empty};

/// The extensions that the charms of PostgreSQL have an option for.
const WITH_OPTION: [&str; 4] = ["hstore", "pg_trgm", "unaccent", "vector"];

/// The first version of PostgreSQL whose charms have hyphens in the names of their options.
const HYPHENS_SINCE: u32 = 16;

/// The version of the charms that speak the legacy interface.
const LEGACY: u32 = 14;

/// The usual port of a pooler.
const POOLER_PORT: u16 = 6432;

/// The server behind a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    application: String,
    /// The major version of PostgreSQL.
    ///
    /// *Empty*: unknown.
    major: Option<u32>,
    /// Whether the application is a pooler, in front of a PostgreSQL that we do not see.
    is_pooler: bool,
    /// The namespace of the application's own service.
    ///
    /// *Empty*: the host is no such service, so the application may be one that another model offers.
    namespace: Option<String>,
}

impl Server {
    /// The server that a provider announces at a host and port.
    pub(in super::super) fn of(relation: &Relation, provider: &str, host: &Host, port: u16) -> Self {
        let service = service(provider, host);
        let is_pooler = is_pooler(provider)
            || port == POOLER_PORT
            || service.is_some_and(|(name, _)| name == "-service")
            || super::is_subordinated(&relation.bag);
        let namespace = service.map(|(_, namespace)| namespace.to_owned());
        Self { application: provider.to_owned(), major: major(relation), is_pooler, namespace }
    }

    /// The server that has not answered over the legacy interface yet.
    pub(in super::super) fn silent(provider: &str) -> Self {
        let application = provider.to_owned();
        Self { application, major: Some(LEGACY), is_pooler: is_pooler(provider), namespace: None }
    }

    /// What an operator does to enable extensions; without a model of our own, the application may be in any.
    #[must_use]
    pub fn remedy(&self, extensions: &[&str], model: Option<&str>) -> String {
        let Self { application, is_pooler, .. } = self;
        let place = if *is_pooler { "at the PostgreSQL server behind" } else { "in" };
        if !extensions.iter().all(|name| WITH_OPTION.contains(name)) {
            return format!("enable it {place} {application}");
        }
        let settings = |separator| extensions.iter().map(|name| setting(name, separator)).collect::<Vec<_>>().join(" ");
        let Some(major) = self.major else {
            let (older, newer) = (settings('_'), settings('-'));
            return format!("set {older} (from PostgreSQL {HYPHENS_SINCE} on {newer}) {place} {application}");
        };
        let settings = settings(if major < HYPHENS_SINCE { '_' } else { '-' });
        let is_here = model.is_some() && self.namespace.as_deref() == model;
        match (is_pooler, is_here) {
            (true, _) => format!("set {settings} {place} {application}"),
            (false, true) => format!("juju config {application} {settings}"),
            (false, false) => format!(
                "juju config {application} {settings}; if {application} is an offer, for its application in its model"
            ),
        }
    }
}

/// The value of the option for an extension.
fn setting(extension: &str, separator: char) -> String {
    format!("plugin_{extension}_enable").replace('_', separator.encode_utf8(&mut [0; 4])) + "=true"
}

/// The major version; the provider writes that of PostgreSQL, such as `14.15`, also if it is a pooler.
fn major(relation: &Relation) -> Option<u32> {
    let is_legacy = relation.endpoint != super::ENDPOINT.name;
    let version = non_empty(&relation.bag, "version").map(str::trim).unwrap_or_default();
    let end = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version.get(..end).and_then(|digits| digits.parse().ok()).or(is_legacy.then_some(LEGACY))
}

fn is_pooler(provider: &str) -> bool {
    provider.contains("pgbouncer")
}

/// The rest of the name, and the namespace, of a service that begins with the application's name.
fn service<'a>(provider: &str, host: &'a Host) -> Option<(&'a str, &'a str)> {
    let mut labels = host.as_str().split('.');
    let (name, namespace) = (labels.next()?.strip_prefix(provider)?, labels.next()?);
    (name.starts_with('-') && labels.next() == Some("svc")).then_some((name, namespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::databag::bag;

    const HERE: &str = "pg-primary.prod.svc.cluster.local";

    fn server(provider: &str, version: &str, host: &str, port: u16) -> Server {
        let relation = Relation { endpoint: "database", bag: bag(&[("version", version)]), ..Relation::default() };
        Server::of(&relation, provider, &Host::parse(host).unwrap(), port)
    }

    fn remedy(provider: &str, version: &str, host: &str, port: u16) -> String {
        server(provider, version, host, port).remedy(&["pg_trgm"], Some("prod"))
    }

    #[test]
    fn the_command_has_the_name_that_the_option_has_in_the_version_of_the_server() {
        for (version, option) in [
            ("14.15", "plugin_pg_trgm_enable"),
            (" 15\n", "plugin_pg_trgm_enable"),
            ("16.4", "plugin-pg-trgm-enable"),
            ("17beta1", "plugin-pg-trgm-enable"),
        ] {
            assert_eq!(remedy("pg", version, HERE, 5432), format!("juju config pg {option}=true"), "{version}");
        }
    }

    #[test]
    fn without_a_version_the_options_are_named_and_no_command() {
        let expected = "set plugin_pg_trgm_enable=true (from PostgreSQL 16 on plugin-pg-trgm-enable=true) in pg";
        for version in ["", "unknown", "99999999999"] {
            assert_eq!(remedy("pg", version, HERE, 5432), expected);
        }
    }

    #[test]
    fn a_pooler_refers_to_the_server_behind_it() {
        let behind =
            |provider: &str| format!("set plugin_pg_trgm_enable=true at the PostgreSQL server behind {provider}");
        for (provider, host, port) in [
            ("pgbouncer-k8s", "10.0.0.1", 30_123),
            ("pool", "10.0.0.1", 6432),
            ("pool", "pool-service.prod.svc.cluster.local", 7000),
        ] {
            assert_eq!(remedy(provider, "14.15", host, port), behind(provider));
        }
        let unknown = "enable it at the PostgreSQL server behind pool";
        assert_eq!(server("pool", "14.15", HERE, 6432).remedy(&["postgis"], None), unknown);
    }

    #[test]
    fn an_application_that_may_be_of_another_model_is_not_taken_for_one_of_ours() {
        let expected = "juju config pg plugin_pg_trgm_enable=true; if pg is an offer, for its application in its model";
        for host in ["10.0.0.1", "pg-primary", "pg-primary.other.svc.cluster.local", "other-primary.prod.svc"] {
            assert_eq!(remedy("pg", "14.15", host, 5432), expected, "{host}");
        }
    }

    #[test]
    fn an_extension_without_an_option_has_no_command() {
        assert_eq!(server("pg", "14.15", HERE, 5432).remedy(&["postgis"], Some("prod")), "enable it in pg");
    }
}
