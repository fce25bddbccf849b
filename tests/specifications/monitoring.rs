//! What Prometheus, Grafana and Loki get: metrics, dashboards and logs.

use std::time::Duration;

use crate::forum::{ACTIVE, Forum, Outcome, image_copy, on_every_juju, server_starts, writes};
use rehearsal::providers::{grafana_dashboard, logging, metrics_endpoint};
use serde_json::{Value, json};
use stage::{
    Exit,
    remote::{Loki, Scripted},
};

/// What it takes to change where Pebble sends logs.
const LOG_TARGETS_CHANGED: [&str; 1] = ["POST /v1/layers"];

/// A forum that serves and forwards its logs.
#[track_caller]
fn forum_with(loki: &Loki) -> Forum {
    let mut forum = Forum::related();
    forum.stage.relate("logging", loki.clone()).unwrap();
    assert_eq!(forum.settle(), Outcome::migrated());
    forum
}

#[test]
fn prometheus_and_grafana_get_scrape_jobs_and_dashboards_once_and_the_address_of_each_pod() {
    on_every_juju(|stage| {
        let (prometheus, grafana) = (metrics_endpoint(), grafana_dashboard());
        let mut forum = Forum::related_on(stage);
        forum.stage.relate("metrics-endpoint", prometheus.clone()).unwrap();
        forum.stage.relate("grafana-dashboard", grafana.clone()).unwrap();
        forum.settle();
        let jobs: Value = serde_json::from_str(&prometheus.heard_app()["scrape_jobs"]).unwrap();
        assert_eq!(jobs, json!([{"metrics_path": "/metrics", "static_configs": [{"targets": ["*:9394"]}]}]));
        let (unit, address) = (prometheus.heard_unit(0), forum.stage.unit(0).address().to_string());
        assert_eq!(unit["prometheus_scrape_unit_address"], address);
        assert_ne!(unit["ingress-address"], address, "the service has the address of the pod");
        assert!(grafana.heard_app()["dashboards"].contains("file:discourse"));
        forum.update_status();
        assert_eq!(writes(&[forum.stage.update_status(0).unwrap()]), Vec::<&str>::new());
    });
}

#[test]
fn an_alert_rule_that_prometheus_rejects_is_logged() {
    let mut forum = Forum::related();
    forum
        .stage
        .relate("metrics-endpoint", metrics_endpoint().app("event", r#"{"errors": "rule X is broken"}"#))
        .unwrap();
    forum.settle();
    let command = "juju show-unit discourse-k8s/0 --endpoint metrics-endpoint";
    assert!(forum.log().contains(command) && !forum.log().contains("rule X is broken"), "{}", forum.log());
}

#[test]
fn metrics_are_served_by_a_separate_process_that_accepts_none_from_others() {
    let forum = Forum::active();
    let answer = forum.ask(9394, "GET /metrics HTTP/1.0\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.") && answer.contains("discourse_collector_working"), "{answer}");
    assert!(forum.ask(9394, "POST /send-metrics HTTP/1.0\r\nContent-Length: 0\r\n\r\n").contains(" 40"));
}

#[test]
fn logs_are_forwarded_without_a_restart() {
    let mut forum = Forum::active();
    forum.stage.relate("logging", Loki::new("loki-k8s")).unwrap();
    assert_eq!(forum.settle(), Outcome::active().posts(&LOG_TARGETS_CHANGED));
    assert_eq!(forum.update_status(), Outcome::active());
}

#[test]
fn forwarded_logs_carry_the_juju_topology() {
    let loki = Loki::new("loki-k8s");
    let _forum = forum_with(&loki);
    let pushed = loki.next_push(Duration::from_secs(20)).unwrap();
    let labels = &pushed["streams"][0]["stream"];
    assert_eq!(
        ["juju_application", "juju_unit", "product"].map(|label| labels[label].as_str()),
        [Some("discourse-k8s"), Some("discourse-k8s/0"), Some("Juju")],
        "{pushed}"
    );
}

#[test]
fn logs_are_no_longer_forwarded_once_the_relation_is_removed() {
    let mut forum = forum_with(&Loki::new("loki-k8s"));
    forum.stage.unrelate("logging").unwrap();
    assert_eq!(forum.settle(), Outcome::active().posts(&LOG_TARGETS_CHANGED));
    assert!(forum.plan().to_string().contains("-all"), "{}", forum.plan());
    assert_eq!(forum.update_status(), Outcome::active());
}

#[test]
fn a_loki_at_an_address_that_no_other_machine_has_is_warned_about_and_changes_nothing() {
    let mut forum = Forum::active();
    let endpoint = json!({"url": "http://169.254.1.1:3100/loki/api/v1/push"}).to_string();
    let loki = Scripted::new("loki-k8s", "logging", "loki_push_api").unit("endpoint", &endpoint);
    forum.stage.relate("logging", loki).unwrap();
    let warning = "logging: nothing is sent to loki-k8s/0: its endpoint is not the address of another machine";
    forum.settle().assert_unchanged(&format!("active: {warning}"));
}

#[test]
fn a_charm_killed_while_it_changes_log_targets_leaves_the_server_running_and_the_pod_ready() {
    let mut forum = Forum::active();
    for requests in 5..=7 {
        forum.stage.relate("logging", logging()).unwrap();
        forum.stage.step().unwrap();
        forum.stage.faults().kill_after_request(requests);
        let runs = forum.run_hooks();
        assert!(runs.iter().any(|run| run.exit == Exit::Signal(9)), "{requests}: not killed");
        assert_eq!((forum.status().as_str(), server_starts(&runs)), (ACTIVE, 0), "{requests}");
        assert_eq!(forum.update_status(), Outcome::active(), "{requests}");
        forum.stage.unrelate("logging").unwrap();
        forum.settle();
    }
}

#[test]
fn a_log_shipper_that_the_python_charm_left_behind_is_stopped_and_stays_stopped() {
    let image = image_copy();
    let layer = "services:\n  promtail:\n    override: replace\n    startup: enabled\n    command: sleep 1000\n";
    std::fs::write(image.path().join("var/lib/pebble/default/layers/002-promtail.yaml"), layer).unwrap();
    let mut forum = Forum::related_from(image);
    assert_eq!(forum.settle(), Outcome::migrated());
    assert_eq!(forum.service("promtail"), ["inactive", "disabled"]);
    forum.set("smtp_domain", "example.com");
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.service("promtail"), ["inactive", "disabled"]);
    assert_eq!(forum.update_status(), Outcome::active());
}
