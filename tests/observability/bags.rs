//! Prints what Prometheus, Grafana and Loki get from a leader, one databag per endpoint, as JSON.

use std::collections::BTreeMap;

use discourse_k8s::{
    juju::UnitName,
    relations::{
        Changes, Databag, Endpoint, Identity, Owner, Relation, grafana_dashboard, logging, metrics_endpoint,
        topology::Topology,
    },
};

fn main() {
    let endpoints = [&metrics_endpoint::ENDPOINT, &grafana_dashboard::ENDPOINT, &logging::ENDPOINT];
    let bags: BTreeMap<&str, Changes> = endpoints.map(|endpoint| (endpoint.name, written(endpoint))).into();
    println!("{}", serde_json::json!(bags));
}

/// What a leader writes to the application databag of a new relation.
fn written(endpoint: &Endpoint) -> Changes {
    let unit = UnitName { application: "forum".to_owned(), number: 0 };
    let identity = Identity {
        unit: &unit,
        model: "forum-prod",
        topology: Topology {
            model: "forum-prod".to_owned(),
            model_uuid: "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14".to_owned(),
            application: "forum".to_owned(),
            unit: "forum/0".to_owned(),
            charm_name: "discourse-k8s".to_owned(),
        },
        fqdn: String::new(),
        address: None,
        forum: None,
        bucket: Some(String::new()),
        metrics_port: 9394,
    };
    let relation = Relation { endpoint: endpoint.name, own_app: Some(Databag::new()), ..Relation::default() };
    let writes = (endpoint.writes)(&relation, &identity);
    writes.into_iter().find(|write| write.owner == Owner::App).map(|write| write.changes).unwrap_or_default()
}
