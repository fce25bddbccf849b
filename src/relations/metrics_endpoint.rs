//! The endpoint `metrics-endpoint`: interface `prometheus_scrape`. The other side answers only with complaints.
//!
//! *Source*: charmhub.io/prometheus-k8s, library `prometheus_scrape` version 0.65.

use serde_json::json;

use crate::{
    observability::ALERT_RULES,
    relations::{Changes, Databag, difference, event, json, rules, topology::Topology},
};

/// The endpoint's name.
pub const ENDPOINT: &str = "metrics-endpoint";

/// What the leader must write into our application bag: where to scrape every unit, and what to alert on.
#[must_use]
pub fn request(own_app: &Databag, topology: &Topology, port: u16) -> Changes {
    let targets = [format!("*:{port}")];
    json::difference(
        own_app,
        [
            ("scrape_metadata", json!(topology)),
            ("scrape_jobs", json!([{ "metrics_path": "/metrics", "static_configs": [{ "targets": targets }] }])),
            ("alert_rules", rules::document(&ALERT_RULES, topology)),
        ],
    )
}

/// What every unit must write into its own bag: which address stands for `*`.
#[must_use]
pub fn unit_request(own_unit: &Databag, unit: &str, address: &str, fqdn: &str) -> Changes {
    let wanted = [("address", address), ("name", unit), ("fqdn", fqdn), ("path", "")];
    let wanted = wanted.map(|(key, value)| (format!("prometheus_scrape_unit_{key}"), value.to_owned()));
    difference(own_unit, &wanted.into())
}

/// What the other side does not accept, as a log line.
#[must_use]
pub fn complaint(bag: &Databag) -> Option<String> {
    event::complaint(ENDPOINT, bag)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::relations::{bag, topology::example};

    fn parsed(changes: &Changes, key: &str) -> Value {
        serde_json::from_str(&changes[key]).unwrap()
    }

    #[test]
    fn the_leader_offers_every_unit_with_its_rules() {
        let written = request(&Databag::new(), &example(), 9394);
        assert_eq!(written.keys().collect::<Vec<_>>(), ["alert_rules", "scrape_jobs", "scrape_metadata"]);
        assert_eq!(parsed(&written, "scrape_metadata"), json!(example()));
        let job = json!({"metrics_path": "/metrics", "static_configs": [{"targets": ["*:9394"]}]});
        assert_eq!(parsed(&written, "scrape_jobs"), json!([job]));
        let rules = parsed(&written, "alert_rules");
        let names: Vec<&Value> = rules["groups"].as_array().unwrap().iter().map(|group| &group["name"]).collect();
        assert_eq!(names.first().unwrap(), &"forum_prod_6f1e2c53_discourse_k8s_discourse_missing_rules");
        assert_eq!(names.last().unwrap(), &"forum_prod_6f1e2c53_discourse_k8s_HostHealth_rules");
    }

    #[test]
    fn the_generic_rules_are_those_of_every_charm() {
        let rules = parsed(&request(&Databag::new(), &example(), 3000), "alert_rules");
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
        let mut own = request(&Databag::new(), &example(), 3000);
        let jobs = r#" [ {"static_configs":[{"targets": ["*:3000"]}], "metrics_path":"/metrics"}]"#;
        own.insert("scrape_jobs".to_owned(), jobs.to_owned());
        assert_eq!(request(&own, &example(), 3000), Changes::new());
        assert_eq!(request(&own, &example(), 9394).keys().collect::<Vec<_>>(), ["scrape_jobs"]);
        let other_leader = Topology { unit: "discourse-k8s/1".to_owned(), ..example() };
        assert_eq!(request(&own, &other_leader, 3000).keys().collect::<Vec<_>>(), ["scrape_metadata"]);
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
        assert_eq!(unit_request(&own, "discourse-k8s/0", "10.1.42.99", "discourse-k8s-0.endpoints"), expected);
    }

    #[test]
    fn a_complaint_names_the_relation() {
        let bag = bag(&[("event", r#"{"errors": "rule 3", "valid": false}"#)]);
        let expected = "the relation metrics-endpoint does not accept what we sent: rule 3";
        assert_eq!(complaint(&bag).as_deref(), Some(expected));
    }
}
