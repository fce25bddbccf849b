//! Relations: one file holds all that an endpoint is. What it reads, what that means, what is missing or wrong in it, what it gives
//! to the workload, and what we write.
//!
//! All of it is pure: a [`Relation`] as read comes in, typed values and changes of our databags go out.

#[cfg(test)]
pub(crate) mod arbitrary;
mod databag;
pub mod database;
pub mod db;
mod endpoint;
mod event;
pub mod grafana_dashboard;
pub mod ingress;
mod json;
pub mod logging;
pub mod metrics_endpoint;
pub mod nginx_route;
pub mod oauth;
mod problem;
mod reads;
pub mod redis;
mod relation;
pub mod replica;
pub mod restart;
pub(crate) mod rules;
pub mod s3;
pub mod saml;
mod shared_secrets;
pub mod smtp;
pub mod topology;
pub mod tracing;
mod write;

pub use databag::{Changes, Databag, difference, non_empty};
pub use endpoint::{Endpoint, Given, Need, Role};
pub use problem::Problem;
pub use reads::{OwnApp, Reads, RemoteApp, SecretKey, Units};
pub use relation::{Relation, Relations};
pub use shared_secrets::{shared_secrets, withhold_shared_secrets};
pub use write::{Identity, Owner, Write};

/// Every endpoint of `metadata.yaml`; problems are shown in this order.
pub const ENDPOINTS: [&Endpoint; 14] = [
    &database::ENDPOINT,
    &db::ENDPOINT,
    &redis::ENDPOINT,
    &nginx_route::ENDPOINT,
    &ingress::ENDPOINT,
    &smtp::ENDPOINT,
    &s3::ENDPOINT,
    &saml::ENDPOINT,
    &oauth::ENDPOINT,
    &metrics_endpoint::ENDPOINT,
    &grafana_dashboard::ENDPOINT,
    &logging::ENDPOINT,
    &tracing::ENDPOINT,
    &restart::ENDPOINT,
];

/// The endpoint of a name.
///
/// *Empty*: there is none.
#[must_use]
pub fn endpoint(name: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.into_iter().find(|endpoint| endpoint.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;

    /// The endpoints of a role, without what they say about themselves.
    fn declared(role: &str) -> BTreeMap<String, Value> {
        let metadata: Value = serde_yaml::from_str(include_str!("../metadata.yaml")).unwrap();
        let mut endpoints = metadata[role].as_object().unwrap().clone();
        for (_, endpoint) in &mut endpoints {
            endpoint.as_object_mut().unwrap().remove("description");
        }
        endpoints.into_iter().collect()
    }

    #[test]
    fn the_table_and_metadata_yaml_declare_the_same_endpoints() {
        for (role, section) in [(Role::Provider, "provides"), (Role::Requirer, "requires"), (Role::Peer, "peers")] {
            let known = ENDPOINTS.into_iter().filter(|endpoint| endpoint.role == role).map(|endpoint| {
                let is_optional = endpoint.need.can_be_missed() || endpoint.need == Need::Alternative;
                let mut declaration = json!({"interface": endpoint.interface, "optional": is_optional});
                if endpoint.has_limit {
                    declaration["limit"] = json!(1);
                }
                (endpoint.name.to_owned(), declaration)
            });
            assert_eq!(known.collect::<BTreeMap<_, _>>(), declared(section), "{section}");
        }
    }

    /// The hook tool calls of a steady hook: options, leadership, status, goal state, pod address; then the endpoints' own.
    fn calls(endpoints: &[&Endpoint]) -> usize {
        let address = usize::from(endpoints.iter().any(|endpoint| endpoint.reads.address));
        // A peer relation without peers has no unit to read.
        let absent = endpoints.iter().filter(|endpoint| endpoint.role == Role::Peer).count();
        4 + address + endpoints.iter().map(|endpoint| 1 + endpoint.reads.calls()).sum::<usize>() - absent
    }

    #[test]
    fn a_steady_hook_makes_20_calls_and_one_with_every_relation_55_at_most() {
        assert_eq!(calls(&[&database::ENDPOINT, &redis::ENDPOINT, &nginx_route::ENDPOINT, &restart::ENDPOINT]), 20);
        let both = [db::ENDPOINT.name, ingress::ENDPOINT.name];
        let every: Vec<_> = ENDPOINTS.into_iter().filter(|endpoint| !both.contains(&endpoint.name)).collect();
        assert!(calls(&every) <= 55, "{}", calls(&every));
    }

    #[test]
    fn every_endpoint_is_found_by_its_name() {
        assert!(ENDPOINTS.into_iter().all(|it| endpoint(it.name).is_some_and(|found| found.name == it.name)));
        assert!(endpoint("other").is_none());
    }
}
