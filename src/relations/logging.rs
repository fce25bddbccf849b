//! The endpoint `logging`: interface `loki_push_api`. Pebble itself sends the lines; no program is fetched for it.
//!
//! *Source*: charmhub.io/loki-k8s, library `loki_push_api` version 1.30.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{address::WebAddress, digest::short_digest, observability::LOG_RULES};

use super::{
    Changes, Databag, Endpoint, Identity, Need, Reads, Relation, Role, Units, Write, databag::non_empty, json, rules,
    topology::Topology,
};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    need: Need::Observability,
    role: Role::Requirer,
    reads: Reads { units: Units::Always, ..Reads::COMPLAINTS },
    writes,
    ..Endpoint::provider("logging", "loki_push_api")
};

/// Where Pebble sends the lines of all services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The whole address to push to.
    pub location: String,
    /// What every line is labelled with.
    pub labels: BTreeMap<String, String>,
}

fn writes(relation: &Relation, identity: &Identity) -> Vec<Write> {
    let rules = relation.own_app.as_ref().map(|own| rules(own, &identity.topology)).unwrap_or_default();
    vec![Write::app(rules, "the alert rules differ")]
}

fn rules(own_app: &Databag, topology: &Topology) -> Changes {
    let rules = rules::document(&LOG_RULES, topology);
    json::difference(own_app, [("metadata", json!(topology)), ("alert_rules", rules)])
}

/// The targets that the units of all relations ask for, by their name in Pebble's plan, and warnings for the log.
///
/// Units that share an address, as behind a load balancer, are one target: else every line would arrive twice.
///
/// *Empty*: a unit without `endpoint` is not ready yet.
#[must_use]
pub fn targets(relations: &[Relation], topology: &Topology) -> (BTreeMap<String, Target>, Vec<String>) {
    let (mut targets, mut warnings, mut known) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
    let units: BTreeMap<String, &Databag> =
        relations.iter().flat_map(|relation| &relation.units).map(|(unit, bag)| (unit.to_string(), bag)).collect();
    for (unit, bag) in &units {
        match location(bag) {
            Ok(Some(location)) if known.insert(location.clone()) => {
                targets.insert(target_name(unit, &location), Target { location, labels: labels(topology) });
            }
            Ok(_) => {}
            Err(why) => warnings.push(format!("logging: nothing is sent to {unit}: its endpoint {why}")),
        }
    }
    (targets, warnings)
}

/// The address of a unit; the reason never quotes it, as it may hold a password.
fn location(bag: &Databag) -> Result<Option<String>, &'static str> {
    if non_empty(bag, "endpoint").is_none() {
        return Ok(None);
    }
    let endpoint = json::document(bag, "endpoint").ok_or("is not JSON")?;
    let url = endpoint.get("url").and_then(Value::as_str).ok_or("has no url")?;
    let address = WebAddress::parse(url).filter(is_kept_by_pebble).ok_or("is no http or https address")?;
    let is_routable = address.authority().host.is_routable();
    if is_routable { Ok(Some(address.as_str().to_owned())) } else { Err("is not the address of another machine") }
}

/// Whether Pebble takes an address as it is written.
fn is_kept_by_pebble(address: &WebAddress) -> bool {
    let text = address.as_str();
    text.len() <= 2000 && text.chars().all(|c| c.is_ascii_graphic())
}

/// The address is part of the name, because Pebble ignores another address under a name that it knows.
fn target_name(unit: &str, location: &str) -> String {
    format!("{}-{}", unit.replace('/', "-"), short_digest(location))
}

fn labels(topology: &Topology) -> BTreeMap<String, String> {
    let labels = [
        ("product", "Juju"),
        ("charm", &topology.charm_name),
        ("juju_model", &topology.model),
        ("juju_model_uuid", &topology.model_uuid),
        ("juju_application", &topology.application),
        ("juju_unit", &topology.unit),
        ("job", &format!("juju_{}", topology.identifier())),
    ];
    labels.map(|(label, value)| (label.to_owned(), value.to_owned())).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::{databag::bag, topology::example};

    const URL: &str = "http://loki-k8s-0.loki-k8s-endpoints.cos.svc.cluster.local:3100/loki/api/v1/push";

    fn units(endpoints: &[(&str, &str)]) -> [Relation; 1] {
        let units = endpoints.iter().map(|(unit, endpoint)| (unit.parse().unwrap(), bag(&[("endpoint", endpoint)])));
        [Relation { endpoint: ENDPOINT.name, units: units.collect(), ..Relation::default() }]
    }

    fn endpoint(url: &str) -> String {
        json!({ "url": url }).to_string()
    }

    #[test]
    fn the_leader_writes_who_we_are_and_rules_and_leaves_foreign_keys() {
        let written = super::rules(&bag(&[("promtail_binary_zip_url", "{}"), ("alert_rules", "{}")]), &example());
        assert_eq!(written.keys().collect::<Vec<_>>(), ["alert_rules", "metadata"]);
        assert_eq!(serde_json::from_str::<Value>(&written["metadata"]).unwrap(), json!(example()));
        let rules: Value = serde_json::from_str(&written["alert_rules"]).unwrap();
        assert_eq!(rules["groups"][0]["name"], "forum_prod_6f1e2c53_discourse_k8s_discourse_web_log_rules");
        assert_eq!(super::rules(&written, &example()), Changes::new());
    }

    #[test]
    fn a_unit_with_an_endpoint_is_a_target() {
        let labels = bag(&[
            ("product", "Juju"),
            ("charm", "discourse-k8s"),
            ("juju_model", "forum-prod"),
            ("juju_model_uuid", "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14"),
            ("juju_application", "discourse-k8s"),
            ("juju_unit", "discourse-k8s/0"),
            ("job", "juju_forum-prod_6f1e2c53_discourse-k8s"),
        ]);
        let (targets, warnings) = targets(&units(&[("loki-k8s/0", &endpoint(URL))]), &example());
        let target = Target { location: URL.to_owned(), labels };
        assert_eq!(targets, BTreeMap::from([("loki-k8s-0-64f6628fe26ed6c4".to_owned(), target)]));
        assert_eq!(warnings, Vec::<String>::new());
    }

    #[test]
    fn another_address_is_another_name() {
        assert_ne!(target_name("loki/0", "http://a/push"), target_name("loki/0", "http://b/push"));
        assert_ne!(target_name("loki/0", "http://a/push"), target_name("loki/1", "http://a/push"));
    }

    #[test]
    fn units_that_share_an_address_are_one_target() {
        let units = units(&[
            ("loki/0", &endpoint("http://lb/push")),
            ("loki/1", &endpoint(" http://lb/push/ ")),
            ("loki/2", &endpoint("https://[::1]:3100/push")),
        ]);
        let (targets, warnings) = targets(&units, &example());
        let locations: Vec<&str> = targets.values().map(|target| target.location.as_str()).collect();
        assert_eq!(locations, ["http://lb/push", "https://[::1]:3100/push"]);
        assert_eq!(warnings, Vec::<String>::new());
    }

    #[test]
    fn a_malformed_endpoint_costs_only_its_own_unit() {
        let huge = endpoint(&format!("http://a/{}", "x".repeat(100_000)));
        for (text, why) in [
            ("{", "is not JSON"),
            ("[]", "has no url"),
            (r#"{"url": 7}"#, "has no url"),
            (r#"{"url": ""}"#, "is no http or https address"),
            (r#"{"url": "ftp://a/"}"#, "is no http or https address"),
            (r#"{"url": "http:///push"}"#, "is no http or https address"),
            (r#"{"url": "http://a b/"}"#, "is no http or https address"),
            (r#"{"url": "http://*.example.com/push"}"#, "is no http or https address"),
            (r#"{"url": "http://0.0.0.0:3100/push"}"#, "is not the address of another machine"),
            (r#"{"url": "http://[fe80::1]:3100/push"}"#, "is not the address of another machine"),
            (&huge, "is no http or https address"),
        ] {
            let (targets, warnings) = targets(&units(&[("loki/0", text), ("loki/1", &endpoint(URL))]), &example());
            assert_eq!(targets.len(), 1, "{text}");
            assert_eq!(warnings, [format!("logging: nothing is sent to loki/0: its endpoint {why}")]);
        }
    }

    #[test]
    fn a_unit_that_is_not_ready_is_no_reason_for_a_warning() {
        let units = [("loki/0".parse().unwrap(), bag(&[("public_address", "x")]))];
        let relation = Relation { units: units.into(), ..Relation::default() };
        assert_eq!(targets(&[relation], &example()), (BTreeMap::new(), Vec::new()));
    }
}
