//! The servers that the workload talks to, as they are reached from its container.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    address::{Authority, WebAddress},
    discourse::environment::Environment,
};

use super::{Case, Check};

/// A server to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    host: String,
    port: u16,
    /// Whether TLS begins with the connection.
    tls: bool,
    /// Whether the server's certificate must be valid.
    verify: bool,
}

/// The servers in an environment, by the names of their checks.
#[must_use]
pub fn targets(environment: &Environment) -> BTreeMap<&'static str, Target> {
    let get = |name| environment.get(name);
    let named = |host, port, tls| {
        let host = Some(get(host)).filter(|host| !host.is_empty())?;
        Some(Target { host: host.to_owned(), port: get(port).parse().ok()?, tls, verify: true })
    };
    let mail = named("DISCOURSE_SMTP_ADDRESS", "DISCOURSE_SMTP_PORT", get("DISCOURSE_SMTP_FORCE_TLS") == "true");
    let verify = get("DISCOURSE_SMTP_OPENSSL_VERIFY_MODE") != "none";
    let targets = [
        ("database-network", named("DISCOURSE_DB_HOST", "DISCOURSE_DB_PORT", false)),
        ("redis-network", named("DISCOURSE_REDIS_HOST", "DISCOURSE_REDIS_PORT", false)),
        ("mail-network", mail.map(|mail| Target { verify, ..mail })),
        ("storage-network", storage(environment)),
    ];
    targets.into_iter().filter_map(|(name, target)| Some((name, target?))).collect()
}

/// The object storage, unless a proxy stands before it.
fn storage(environment: &Environment) -> Option<Target> {
    let get = |name| environment.get(name);
    if get("DISCOURSE_S3_BUCKET").is_empty() || !get("https_proxy").is_empty() || !get("http_proxy").is_empty() {
        return None;
    }
    let usual = || format!("https://s3.{}.amazonaws.com", get("DISCOURSE_S3_REGION"));
    let endpoint = Some(get("DISCOURSE_S3_ENDPOINT").to_owned()).filter(|it| !it.is_empty()).unwrap_or_else(usual);
    let origin = WebAddress::parse(&endpoint)?.origin();
    let (scheme, authority) = origin.split_once("://")?;
    let Authority { host, port } = Authority::parse(authority)?;
    let tls = scheme == "https";
    let port = port.unwrap_or(if tls { 443 } else { 80 });
    Some(Target { host: host.as_str().to_owned(), port, tls, verify: true })
}

pub(super) fn checks(case: &Case) -> Vec<Check> {
    let Ok(probe) = &case.found.probe else { return Vec::new() };
    let of = |(name, target): (&'static str, Target)| {
        let place = format!("{}:{}", target.host, target.port);
        match probe.servers.get(name).and_then(Option::as_ref) {
            None => Check::ok(name, format!("{place} is reached{}", if target.tls { " over TLS" } else { "" })),
            Some(what) => Check::fail(name, format!("{place} is not reached: {}", shown(what)), remedy(name)),
        }
    };
    targets(case.environment).into_iter().map(of).collect()
}

/// What stopped a connection, as one line.
fn shown(what: &str) -> String {
    crate::excerpt::Excerpt::of(what).to_string()
}

fn remedy(name: &str) -> &'static str {
    match name {
        "mail-network" => "see smtp_address, smtp_port and smtp_force_tls, or the relation smtp",
        "storage-network" => "see s3_endpoint and s3_region, or the relation s3",
        _ => "see juju status, and the network between the pods",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discourse::environment::{Origin, Variable};

    #[test]
    fn a_certificate_of_the_mail_server_counts_only_where_the_forum_looks_at_it() {
        for (mode, verify) in [("none", false), ("peer", true)] {
            let mut environment = Environment::default();
            for (name, value) in [
                ("DISCOURSE_SMTP_ADDRESS", "mail.example.com"),
                ("DISCOURSE_SMTP_PORT", "465"),
                ("DISCOURSE_SMTP_FORCE_TLS", "true"),
                ("DISCOURSE_SMTP_OPENSSL_VERIFY_MODE", mode),
            ] {
                environment.extend([(name, Variable::plain(value, Origin::Charm))]);
            }
            let mail = Target { host: "mail.example.com".to_owned(), port: 465, tls: true, verify };
            assert_eq!(targets(&environment), BTreeMap::from([("mail-network", mail)]));
        }
    }
}
