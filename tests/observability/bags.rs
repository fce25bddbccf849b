//! Prints what Prometheus, Grafana and Loki get from a leader, one bag per endpoint, as JSON.

use std::collections::BTreeMap;

use discourse_k8s::relations::{Databag, grafana_dashboard, logging, metrics_endpoint, topology::Topology};

fn main() {
    let topology = Topology {
        model: "forum-prod".to_owned(),
        model_uuid: "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14".to_owned(),
        application: "forum".to_owned(),
        unit: "forum/0".to_owned(),
        charm_name: "discourse-k8s".to_owned(),
    };
    let own = Databag::new();
    let bags = BTreeMap::from([
        (metrics_endpoint::ENDPOINT, metrics_endpoint::request(&own, &topology, 9394)),
        (grafana_dashboard::ENDPOINT, grafana_dashboard::request(&own, &topology)),
        (logging::ENDPOINT, logging::request(&own, &topology)),
    ]);
    println!("{}", serde_json::json!(bags));
}
