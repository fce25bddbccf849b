//! What belongs into the databags of the relations that a forum can do without.

use crate::{
    decision::{BagWrite, Owner},
    discourse::image::{METRICS_PORT, PORT},
    relations::{Changes, db, grafana_dashboard, ingress, logging, metrics_endpoint, oauth, s3},
    world::{Consumer, World},
};

use super::settings::settings;

/// The differences of our application's bags.
pub(super) fn app_bags(world: &World) -> Vec<BagWrite> {
    let (integrations, topology) = (&world.integrations, world.topology());
    let mut writes = requests(world);
    for consumer in &integrations.metrics_endpoint {
        let changes = offered(consumer, |own| metrics_endpoint::request(own, &topology, metrics_port(world)));
        writes.push(app(metrics_endpoint::ENDPOINT, consumer.id, changes, "what to scrape differs"));
    }
    for consumer in &integrations.grafana_dashboard {
        let changes = offered(consumer, |own| grafana_dashboard::request(own, &topology));
        writes.push(app(grafana_dashboard::ENDPOINT, consumer.id, changes, "the dashboards differ"));
    }
    for consumer in &integrations.logging {
        let changes = offered(consumer, |own| logging::request(own, &topology));
        writes.push(app(logging::ENDPOINT, consumer.id, changes, "the alert rules differ"));
    }
    writes
}

/// The differences of our unit's bags.
pub(super) fn unit_bags(world: &World) -> Vec<BagWrite> {
    let (integrations, fqdn) = (&world.integrations, world.fqdn());
    let address = integrations.address.as_deref();
    let mut writes = Vec::new();
    if let Some(relation) = &integrations.db {
        writes.push(unit(db::ENDPOINT, relation.id, relation.unit_request(), "older servers compare unit bags"));
    }
    if let Some(remote) = &integrations.ingress {
        let changes = ingress::unit_request(&remote.own_unit, &fqdn, address);
        writes.push(unit(ingress::ENDPOINT, remote.id, changes, "the pod is found there"));
    }
    if let Some(remote) = &integrations.s3 {
        writes.push(unit(s3::ENDPOINT, remote.id, s3::unit_request(&remote.own_unit), "the request is incomplete"));
    }
    for consumer in &integrations.metrics_endpoint {
        let (unit_name, address) = (world.unit.to_string(), address.unwrap_or(&fqdn));
        let changes = metrics_endpoint::unit_request(&consumer.own_unit, &unit_name, address, &fqdn);
        writes.push(unit(metrics_endpoint::ENDPOINT, consumer.id, changes, "the unit is scraped there"));
    }
    writes
}

/// What we ask of those who give us something; what depends on options waits until they can be used.
fn requests(world: &World) -> Vec<BagWrite> {
    let integrations = &world.integrations;
    let settings = settings(world, &mut Vec::new());
    let mut writes = Vec::new();
    if let Some(relation) = &integrations.db {
        writes.push(app(db::ENDPOINT, relation.id, relation.request(), "the request is incomplete"));
    }
    if let Some(remote) = &integrations.ingress {
        let changes = ingress::request(remote, &world.unit.application, &world.model, PORT);
        writes.push(app(ingress::ENDPOINT, remote.id, changes, "the request is incomplete"));
    }
    if let (Some(remote), Some(settings)) = (&integrations.oauth, &settings) {
        let changes = oauth::request(remote, &settings.hostname);
        writes.push(app(oauth::ENDPOINT, remote.id, changes, "the client differs from the options"));
    }
    if let Some(remote) = &integrations.s3 {
        let named = world.options.text("s3_bucket", "").unwrap_or_default();
        let bucket = if named.is_empty() { format!("relation-{}", remote.id) } else { named };
        writes.push(app(s3::ENDPOINT, remote.id, s3::request(remote, &bucket), "the request is incomplete"));
    }
    writes
}

/// Units of the Python charm hand their metrics out on Discourse's own port; one job holds for all units.
fn metrics_port(world: &World) -> u16 {
    let has_image = |bag: &crate::relations::Databag| bag.contains_key("image");
    let are_ours = world.container.as_ref().is_none_or(|container| container.image.is_ok())
        && world.peers().peers.values().all(has_image);
    if are_ours { METRICS_PORT } else { PORT }
}

/// Only the leader can see, and write, what the application offers.
fn offered(consumer: &Consumer, request: impl Fn(&crate::relations::Databag) -> Changes) -> Changes {
    consumer.own_app.as_ref().map(request).unwrap_or_default()
}

fn app(endpoint: &'static str, relation: u32, changes: Changes, why: &'static str) -> BagWrite {
    BagWrite { endpoint, relation, owner: Owner::App, changes, why }
}

fn unit(endpoint: &'static str, relation: u32, changes: Changes, why: &'static str) -> BagWrite {
    BagWrite { endpoint, relation, owner: Owner::Unit, changes, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::tests::fresh;

    fn targets(world: &World) -> String {
        let jobs = app_bags(world).into_iter().find_map(|write| write.changes.get("scrape_jobs").cloned());
        jobs.unwrap_or_default()
    }

    #[test]
    fn port_3000_is_scraped_while_a_unit_still_runs_the_python_charm() {
        let mut world = fresh();
        world.integrations.metrics_endpoint =
            vec![Consumer { own_app: Some(crate::relations::Databag::new()), ..Consumer::default() }];
        assert!(targets(&world).contains("*:9394"), "{}", targets(&world));
        let mut peers = world.peers();
        peers.peers.insert(1, [("state".to_owned(), "release".to_owned())].into());
        world.restart = Some(peers);
        assert!(targets(&world).contains("*:3000"), "{}", targets(&world));
    }

    #[test]
    fn a_follower_offers_nothing_for_the_application() {
        let mut world = fresh();
        world.integrations.metrics_endpoint = vec![Consumer::default()];
        world.integrations.grafana_dashboard = vec![Consumer::default()];
        world.integrations.logging = vec![Consumer::default()];
        assert!(app_bags(&world).iter().all(|write| write.changes.is_empty()));
    }
}
