//! A cluster with IPv6 only: no pod has an IPv4 address, but for the loopback.

use rehearsal::providers::{ingress, metrics_endpoint};
use stage::remote::Endpoints;

use crate::forum::{Forum, Outcome};

const STATUS_PAGE: &str = "GET /srv/status HTTP/1.0\r\n\r\n";
const METRICS: &str = "GET /metrics HTTP/1.0\r\n\r\n";

/// The first line of an answer and its last.
fn ends(answer: &str) -> [&str; 2] {
    [answer.lines().next().unwrap(), answer.lines().last().unwrap()]
}

/// What the launcher told the server to listen on; empty if nothing.
#[track_caller]
fn listener(forum: &Forum) -> String {
    let boots = forum.stage.boots(0);
    let server = boots.iter().find(|boot| boot.argv[0] == "bin/unicorn").unwrap();
    server.entry["env"]["UNICORN_LISTENER"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_pod_with_ipv6_only_serves_pages_and_metrics_at_its_address() {
    let mut forum = Forum::related_by_ipv6();
    assert_eq!(forum.settle(), Outcome::migrated());
    assert!(forum.stage.unit(0).address().is_ipv6());
    assert_eq!(ends(&forum.ask(3000, STATUS_PAGE)), ["HTTP/1.1 200 OK", "ok"]);
    assert!(forum.ask(9394, METRICS).contains("discourse_collector_working 1"));
    assert_eq!(forum.update_status(), Outcome::active());
}

#[test]
fn only_the_launcher_tells_the_server_to_listen_on_ipv6() {
    let (mut ipv6, both) = (Forum::related_by_ipv6(), Forum::active());
    ipv6.settle();
    assert_eq!([&ipv6, &both].map(|forum| forum.variable("UNICORN_LISTENER")), ["", ""]);
    assert_eq!([&ipv6, &both].map(listener), ["[::]:3000", ""]);
}

#[test]
fn database_and_redis_may_be_named_by_their_ipv6_addresses() {
    let mut forum = Forum::related_by_ipv6();
    forum.postgresql.announce(Endpoints::Ipv6);
    let redis = forum.redis.address().unwrap().to_string();
    forum.redis.write("leader-host", &redis);
    assert_eq!(forum.settle(), Outcome::migrated());
    assert!(forum.variable("DISCOURSE_DB_HOST").starts_with("fd77:"), "{}", forum.variable("DISCOURSE_DB_HOST"));
    assert_eq!(forum.variable("DISCOURSE_REDIS_HOST"), redis);
}

#[test]
fn prometheus_gets_the_address_of_the_pod_in_brackets_and_an_ingress_without() {
    let (prometheus, provider) = (metrics_endpoint(), ingress("https://[fd00::1]/"));
    let mut forum = Forum::related_by_ipv6();
    forum.stage.unrelate("nginx-route").unwrap();
    forum.stage.relate("metrics-endpoint", prometheus.clone()).unwrap();
    forum.stage.relate("ingress", provider.clone()).unwrap();
    // The server may start before the provider has answered.
    forum.settle();
    let address = forum.stage.unit(0).address();
    assert_eq!(prometheus.heard_unit(0)["prometheus_scrape_unit_address"], format!("[{address}]"));
    assert_eq!(provider.heard_unit(0)["ip"], format!("\"{address}\""));
    assert_eq!(forum.variable("DISCOURSE_HOSTNAME"), "[fd00::1]");
}
