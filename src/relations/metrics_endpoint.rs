//! The endpoint `metrics-endpoint`: interface `prometheus_scrape`. The requirer answers only with complaints.
//!
//! *Source*: charmhub.io/prometheus-k8s, library `prometheus_scrape` version 0.65.

use serde_json::json;

use crate::{address::Host, observability::ALERT_RULES};

use super::{Changes, Databag, Endpoint, Identity, Need, Reads, Relation, Write, difference, json, rules};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    need: Need::Observability,
    reads: Reads { own_unit: true, address: true, ..Reads::COMPLAINTS },
    writes,
    ..Endpoint::provider("metrics-endpoint", "prometheus_scrape")
};

fn writes(relation: &Relation, identity: &Identity) -> Vec<Write> {
    let jobs = relation.own_app.as_ref().map(|own| jobs(own, identity)).unwrap_or_default();
    let unit = unit_address(&relation.own_unit, identity);
    vec![Write::unit(unit, "the unit is scraped there"), Write::app(jobs, "what to scrape differs")]
}

/// Where to scrape every unit, and what to alert on.
fn jobs(own_app: &Databag, identity: &Identity) -> Changes {
    let targets = [format!("*:{}", identity.metrics_port)];
    json::difference(
        own_app,
        [
            ("scrape_metadata", json!(identity.topology)),
            ("scrape_jobs", json!([{ "metrics_path": "/metrics", "static_configs": [{ "targets": targets }] }])),
            ("alert_rules", rules::document(&ALERT_RULES, &identity.topology)),
        ],
    )
}

/// The address that stands for `*`; the other side puts it before a colon and a port as it is.
fn unit_address(own_unit: &Databag, identity: &Identity) -> Changes {
    let address = Host::named(identity.address.unwrap_or(&identity.fqdn)).in_brackets();
    let name = identity.unit.to_string();
    let wanted = [("address", address.as_str()), ("name", name.as_str()), ("fqdn", &identity.fqdn), ("path", "")];
    let wanted = wanted.map(|(key, value)| (format!("prometheus_scrape_unit_{key}"), value.to_owned()));
    difference(own_unit, &wanted.into())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::relations::{databag::bag, topology::Topology, write::identity};

    fn request(own: &Databag, port: u16) -> Changes {
        jobs(own, &Identity { metrics_port: port, ..identity() })
    }

    fn parsed(changes: &Changes, key: &str) -> Value {
        serde_json::from_str(&changes[key]).unwrap()
    }

    #[test]
    fn the_leader_offers_every_unit_with_its_rules() {
        let written = request(&Databag::new(), 9394);
        assert_eq!(written.keys().collect::<Vec<_>>(), ["alert_rules", "scrape_jobs", "scrape_metadata"]);
        assert_eq!(parsed(&written, "scrape_metadata"), json!(identity().topology));
        let job = json!({"metrics_path": "/metrics", "static_configs": [{"targets": ["*:9394"]}]});
        assert_eq!(parsed(&written, "scrape_jobs"), json!([job]));
        let rules = parsed(&written, "alert_rules");
        let names: Vec<&Value> = rules["groups"].as_array().unwrap().iter().map(|group| &group["name"]).collect();
        assert_eq!(names.first().unwrap(), &"forum_prod_6f1e2c53_discourse_k8s_discourse_traffic_rules");
        assert_eq!(names.last().unwrap(), &"forum_prod_6f1e2c53_discourse_k8s_HostHealth_rules");
    }

    #[test]
    fn the_generic_rules_are_those_of_every_charm() {
        let rules = parsed(&request(&Databag::new(), 3000), "alert_rules");
        let generic = rules["groups"].as_array().unwrap().last().unwrap()["rules"].as_array().unwrap();
        let facts = |rule: &Value| json!([rule["alert"], rule["expr"], rule["for"], rule["labels"]["severity"]]);
        let expected = [
            json!(["HostDown", "up < 1", "5m", "critical"]),
            json!(["HostMetricsMissing", "absent(up)", "5m", "warning"]),
        ];
        assert_eq!(generic.iter().map(facts).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_equal_is_not_written_again_whatever_its_spelling() {
        let mut own = request(&Databag::new(), 3000);
        let spaced = r#" [ {"static_configs":[{"targets": ["*:3000"]}], "metrics_path":"/metrics"}]"#;
        own.insert("scrape_jobs".to_owned(), spaced.to_owned());
        assert_eq!(request(&own, 3000), Changes::new());
        assert_eq!(request(&own, 9394).keys().collect::<Vec<_>>(), ["scrape_jobs"]);
        let topology = Topology { unit: "discourse-k8s/1".to_owned(), ..identity().topology };
        let other_leader = Identity { topology, metrics_port: 3000, ..identity() };
        assert_eq!(jobs(&own, &other_leader).keys().collect::<Vec<_>>(), ["scrape_metadata"]);
    }

    #[test]
    fn a_unit_names_its_address_and_no_path() {
        let own = bag(&[
            ("private-address", "10.1.42.17"),
            ("prometheus_scrape_unit_address", "10.1.42.17"),
            ("prometheus_scrape_unit_name", "discourse-k8s/0"),
            ("prometheus_scrape_unit_path", "/old"),
        ]);
        let expected = bag(&[
            ("prometheus_scrape_unit_address", "10.1.42.99"),
            ("prometheus_scrape_unit_fqdn", "discourse-k8s-0.endpoints"),
            ("prometheus_scrape_unit_path", ""),
        ]);
        let fqdn = "discourse-k8s-0.endpoints".to_owned();
        assert_eq!(unit_address(&own, &Identity { address: Some("10.1.42.99"), fqdn, ..identity() }), expected);
    }

    #[test]
    fn an_ipv6_address_can_be_followed_by_a_port() {
        let written = unit_address(&Databag::new(), &Identity { address: Some("fd00::17"), ..identity() });
        assert_eq!(written["prometheus_scrape_unit_address"], "[fd00::17]");
    }
}
