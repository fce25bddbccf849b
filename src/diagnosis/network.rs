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
}

/// The servers in an environment, by the names of their checks.
#[must_use]
pub fn targets(environment: &Environment) -> BTreeMap<&'static str, Target> {
    let get = |name| environment.get(name);
    let named = |host, port, tls| {
        let host = Some(get(host)).filter(|host| !host.is_empty())?;
        Some(Target { host: host.to_owned(), port: get(port).parse().ok()?, tls })
    };
    let targets = [
        ("database-network", named("DISCOURSE_DB_HOST", "DISCOURSE_DB_PORT", false)),
        ("redis-network", named("DISCOURSE_REDIS_HOST", "DISCOURSE_REDIS_PORT", false)),
        (
            "mail-network",
            named("DISCOURSE_SMTP_ADDRESS", "DISCOURSE_SMTP_PORT", get("DISCOURSE_SMTP_FORCE_TLS") == "true"),
        ),
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
    Some(Target { host: host.as_str().to_owned(), port: port.unwrap_or(if tls { 443 } else { 80 }), tls })
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
