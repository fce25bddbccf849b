//! The databags: what is written, by whom and when.

use super::*;
use crate::{
    relations::{grafana_dashboard, logging, metrics_endpoint},
    world::NoContainer,
};

#[test]
fn a_hook_that_migrated_writes_no_application_bag_and_the_next_one_does() {
    let mut world = fresh();
    let (_, first) = hook(&mut world, ALL);
    let (_, second) = hook(&mut world, ALL);
    let written = |decision: &Decision| {
        let of_app = decision.databags.iter().filter(|databag| databag.write.owner == Owner::App);
        of_app.map(|databag| databag.endpoint).collect::<Vec<_>>()
    };
    assert_eq!((written(&first), written(&second)), (vec![], vec!["restart", "database", "nginx-route"]));
}

#[test]
fn without_pebble_bags_are_written_and_the_rest_waits() {
    let world = World { container: Err(NoContainer::Unreachable), ..fresh() };
    let decision = first(&world);
    let status = Status::new(Kind::Waiting, "waiting for Pebble in the container discourse; nothing to do");
    assert_eq!((decision.step.clone(), shown(&decision)), (None, status));
    assert_eq!(decision.databags.len(), 3);
}

#[test]
fn a_follower_writes_no_application_bag() {
    let mut world = World { is_leader: false, ..fresh() };
    for endpoint in [&metrics_endpoint::ENDPOINT, &grafana_dashboard::ENDPOINT, &logging::ENDPOINT] {
        world = with_relation(endpoint, "cos", &json!({}), world);
        world.relations.one_mut(endpoint).own_app = None;
    }
    world.relations.one_mut(&nginx_route::ENDPOINT).own_app = None;
    world.relations.one_mut(&database::ENDPOINT).own_app = None;
    assert!(first(&world).databags.iter().all(|databag| databag.write.owner == Owner::Unit));
}

#[test]
fn a_decision_can_be_printed_without_a_secret() {
    let decision = first(&fresh());
    let text = serde_json::to_string(&decision).unwrap() + &format!("{decision:?}");
    assert!(text.contains("DISCOURSE_DB_PASSWORD") && !text.contains("\"p\""), "{text}");
}

#[test]
fn port_3000_is_scraped_while_a_unit_still_runs_the_python_charm() {
    let targets = |world: &World| {
        let jobs = first(world).databags.into_iter().find_map(|it| it.write.changes.get("scrape_jobs").cloned());
        jobs.unwrap_or_default()
    };
    let world = with_relation(&metrics_endpoint::ENDPOINT, "prometheus", &json!({}), fresh());
    assert!(targets(&world).contains("*:9394"), "{}", targets(&world));
    let mixed = with_peer(1, &json!({"state": "release"}), world);
    assert!(targets(&mixed).contains("*:3000"), "{}", targets(&mixed));
}

#[test]
fn what_the_python_charms_framework_kept_is_forgotten() {
    let world = World { framework_state: vec!["#notices#".to_owned()], ..settled() };
    assert_eq!(first(&world).forget, ["#notices#"]);
}

#[test]
fn only_monitoring_relations_have_complaints() {
    let event = json!({"event": "{\"errors\": \"bad rule\"}"});
    let world = with_relation(&logging::ENDPOINT, "loki", &event, settled());
    let complaint = "the relation logging does not accept what we sent: juju show-unit forum/0 --endpoint logging";
    assert_eq!(first(&world).complaints, [complaint]);
    let mut world = settled();
    world.relations.one_mut(&database::ENDPOINT).bag.extend(bag(&event));
    assert_eq!(first(&world).complaints, Vec::<String>::new());
}
