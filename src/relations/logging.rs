//! The endpoint `logging`: interface `loki_push_api`. Pebble itself sends the lines; no program is fetched for it.
//!
//! *Source*: charmhub.io/loki-k8s, library `loki_push_api` version 1.30.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{address::WebAddress, digest::short_digest, juju::UnitName, observability::LOG_RULES};

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

/// An address to which units ask lines to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The name that Pebble's plan gets for it, of the first unit.
    pub name: String,
    /// The whole address to push to.
    pub location: String,
    /// How many units have it.
    pub units: usize,
}

fn writes(relation: &Relation, identity: &Identity) -> Vec<Write> {
    let rules = relation.own_app.as_ref().map(|own| rules(own, &identity.topology)).unwrap_or_default();
    vec![Write::app(rules, "the alert rules differ")]
}

fn rules(own_app: &Databag, topology: &Topology) -> Changes {
    let rules = rules::document(&LOG_RULES, topology);
    json::difference(own_app, [("metadata", json!(topology)), ("alert_rules", rules)])
}

/// The addresses that the units of all relations announce, the lowest unit first, and warnings about those that cannot be used.
///
/// Units that share an address, as behind a load balancer, are one target: else every line would arrive twice.
///
/// *Empty*: a unit without `endpoint` is not ready yet.
#[must_use]
pub fn targets(relations: &[Relation]) -> (Vec<Target>, Vec<String>) {
    let mut units: Vec<(&UnitName, &Databag)> = relations.iter().flat_map(|relation| &relation.units).collect();
    units.sort_by_key(|(unit, _)| (unit.number, &unit.application));
    let (mut targets, mut known, mut unusable) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for (unit, bag) in units {
        match address(bag) {
            Ok(None) => {}
            Ok(Some(address)) => add(&mut targets, &mut known, unit, &address),
            Err(why) => unusable.entry(why).or_insert_with(Vec::new).push(unit),
        }
    }
    (targets, unusable.into_iter().map(|(why, units)| warning(why, &units)).collect())
}

/// Adds an address, or counts a unit more if it is known, whatever its spelling.
fn add(targets: &mut Vec<Target>, known: &mut BTreeMap<String, usize>, unit: &UnitName, address: &WebAddress) {
    let spelled = address.normal();
    let spelled = spelled.strip_suffix('/').unwrap_or(spelled).to_owned();
    let place = *known.entry(spelled).or_insert(targets.len());
    if let Some(target) = targets.get_mut(place) {
        target.units += 1;
        return;
    }
    let location = address.as_str().to_owned();
    targets.push(Target { name: target_name(unit, &location), location, units: 1 });
}

fn warning(why: &str, units: &[&UnitName]) -> String {
    let first = units.first().map(ToString::to_string).unwrap_or_default();
    match units.len() {
        0 | 1 => format!("logging: nothing is sent to {first}: its endpoint {why}"),
        number => format!("logging: nothing is sent to {first} and {} more: the endpoint of each {why}", number - 1),
    }
}

/// The address of a unit; the reason never quotes it, as it may hold a password.
fn address(bag: &Databag) -> Result<Option<WebAddress>, &'static str> {
    if non_empty(bag, "endpoint").is_none() {
        return Ok(None);
    }
    let endpoint = json::document(bag, "endpoint").ok_or("is not JSON")?;
    let url = endpoint.get("url").and_then(Value::as_str).ok_or("has no url")?;
    let address = WebAddress::parse(url).filter(is_kept_by_pebble).ok_or("is no http or https address")?;
    let is_routable = address.authority().host.is_routable();
    if is_routable { Ok(Some(address)) } else { Err("is not the address of another machine") }
}

/// Whether Pebble takes an address as it is written.
fn is_kept_by_pebble(address: &WebAddress) -> bool {
    let text = address.as_str();
    text.len() <= 2000 && text.chars().all(|c| c.is_ascii_graphic())
}

/// The address is part of the name, because Pebble ignores another address under a name that it knows.
fn target_name(unit: &UnitName, location: &str) -> String {
    format!("{}-{}-{}", unit.application, unit.number, short_digest(location))
}

/// What every line is labelled with.
#[must_use]
pub fn labels(topology: &Topology) -> BTreeMap<String, String> {
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
        let (targets, warnings) = targets(&units(&[("loki-k8s/0", &endpoint(URL))]));
        let target = Target { name: "loki-k8s-0-64f6628fe26ed6c4".to_owned(), location: URL.to_owned(), units: 1 };
        assert_eq!((targets, warnings), (vec![target], Vec::<String>::new()));
    }

    #[test]
    fn every_line_is_labelled_with_the_topology() {
        let expected = bag(&[
            ("product", "Juju"),
            ("charm", "discourse-k8s"),
            ("juju_model", "forum-prod"),
            ("juju_model_uuid", "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14"),
            ("juju_application", "discourse-k8s"),
            ("juju_unit", "discourse-k8s/0"),
            ("job", "juju_forum-prod_6f1e2c53_discourse-k8s"),
        ]);
        assert_eq!(labels(&example()), expected);
    }

    #[test]
    fn another_address_is_another_name() {
        let name = |unit: &str, location: &str| target_name(&unit.parse().unwrap(), location);
        assert_ne!(name("loki/0", "http://a/push"), name("loki/0", "http://b/push"));
        assert_ne!(name("loki/0", "http://a/push"), name("loki/1", "http://a/push"));
    }

    #[test]
    fn units_that_share_an_address_are_one_target() {
        let units = units(&[
            ("loki/0", &endpoint("http://lb/push")),
            ("loki/1", &endpoint(" http://LB:80/push/ ")),
            ("loki/2", &endpoint("https://[fd00::1]:3100/push")),
        ]);
        let (targets, warnings) = targets(&units);
        let found: Vec<_> = targets.iter().map(|target| (target.location.as_str(), target.units)).collect();
        assert_eq!(found, [("http://lb/push", 2), ("https://[fd00::1]:3100/push", 1)]);
        assert_eq!(warnings, Vec::<String>::new());
    }

    #[test]
    fn targets_are_in_the_order_of_the_numbers_of_units_then_of_applications() {
        let urls = ["loki/10", "loki/2", "b/2", "loki/0"].map(|unit| (unit, endpoint(&format!("http://{unit}/push"))));
        let (targets, _) = targets(&units(&urls.each_ref().map(|(unit, endpoint)| (*unit, endpoint.as_str()))));
        let locations: Vec<&str> = targets.iter().map(|target| target.location.as_str()).collect();
        assert_eq!(locations, ["http://loki/0/push", "http://b/2/push", "http://loki/2/push", "http://loki/10/push"]);
    }

    #[test]
    fn units_with_the_same_mistake_share_a_warning() {
        let names: Vec<String> = (0..1000).map(|number| format!("loki/{number}")).collect();
        let found: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "{")).collect();
        let warning = "logging: nothing is sent to loki/0 and 999 more: the endpoint of each is not JSON";
        assert_eq!(targets(&units(&found)), (Vec::new(), vec![warning.to_owned()]));
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
            (r#"{"url": "http://[::ffff:127.0.0.1]:3100/push"}"#, "is not the address of another machine"),
            (r#"{"url": "http://localhost:3100/push"}"#, "is not the address of another machine"),
            (r#"{"url": "http://127.0.0.1@127.1/push"}"#, "is not the address of another machine"),
            (r#"{"url": "http://127.1/push"}"#, "is no http or https address"),
            (r#"{"url": "http://2130706433/push"}"#, "is no http or https address"),
            (&huge, "is no http or https address"),
        ] {
            let (targets, warnings) = targets(&units(&[("loki/0", text), ("loki/1", &endpoint(URL))]));
            assert_eq!(targets.len(), 1, "{text}");
            assert_eq!(warnings, [format!("logging: nothing is sent to loki/0: its endpoint {why}")]);
        }
    }

    #[test]
    fn a_unit_that_is_not_ready_is_no_reason_for_a_warning() {
        let units = [("loki/0".parse().unwrap(), bag(&[("public_address", "x")]))];
        let relation = Relation { units: units.into(), ..Relation::default() };
        assert_eq!(targets(&[relation]), (Vec::new(), Vec::new()));
    }
}
