//! What those who watch the forum get: metrics, dashboards and logs.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::forum::{ACTIVE, Forum, copy, image, posts, server_starts, writes};
use serde_json::{Value, json};
use stage::{Exit, remote::Scripted};

#[test]
fn monitoring_gets_jobs_rules_and_dashboards_once() {
    let mut forum = Forum::active();
    let (prometheus, grafana) = (
        Scripted::new("prometheus-k8s", "metrics-endpoint", "prometheus_scrape"),
        Scripted::new("grafana-k8s", "grafana-dashboard", "grafana_dashboard"),
    );
    forum.stage.relate("metrics-endpoint", prometheus.clone()).unwrap();
    forum.stage.relate("grafana-dashboard", grafana.clone()).unwrap();
    forum.settle();
    let jobs: Value = serde_json::from_str(&prometheus.heard_app()["scrape_jobs"]).unwrap();
    assert_eq!(jobs, json!([{"metrics_path": "/metrics", "static_configs": [{"targets": ["*:9394"]}]}]));
    let address = forum.stage.unit(0).address().to_string();
    assert_eq!(prometheus.heard_units()["discourse-k8s/0"]["prometheus_scrape_unit_address"], address);
    assert!(grafana.heard_app()["dashboards"].contains("file:discourse"));
    let _ = prometheus.app("event", r#"{"errors": "rule X is broken"}"#);
    forum.settle();
    assert!(forum.log().contains("rule X is broken"), "{}", forum.log());
    forum.stage.update_status(0).unwrap();
    let run = forum.stage.update_status(0).unwrap();
    assert_eq!(writes(&[run]), Vec::<&str>::new());
}

#[test]
fn metrics_are_handed_out_by_a_process_of_their_own() {
    let forum = Forum::active();
    let answer = forum.ask(9394, "GET /metrics HTTP/1.0\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.") && answer.contains("discourse_collector_working"), "{answer}");
    assert!(forum.ask(9394, "POST /send-metrics HTTP/1.0\r\nContent-Length: 0\r\n\r\n").contains(" 40"));
}

#[test]
fn logs_reach_loki_with_their_topology_and_no_longer_once_it_is_gone() {
    let mut forum = Forum::active();
    let (url, lines) = receiver(forum.stage.sandbox().unwrap().address().unwrap());
    let loki = Scripted::new("loki-k8s", "logging", "loki_push_api").unit("endpoint", &json!({"url": url}).to_string());
    forum.stage.relate("logging", loki.clone()).unwrap();
    let runs = forum.settle();
    assert_eq!(posts(&runs), ["POST /v1/layers", "POST /v1/checks"]);
    assert_eq!((forum.status().as_str(), server_starts(&runs)), (ACTIVE, 0));
    assert!(forum.stage.is_ready(0));
    forum.stage.config([("smtp_domain", json!("example.com"))]).unwrap();
    forum.settle();
    let pushed: Value = serde_json::from_str(&lines.recv_timeout(Duration::from_secs(20)).unwrap()).unwrap();
    let labels = &pushed["streams"][0]["stream"];
    assert_eq!(
        (labels["juju_application"].as_str(), labels["juju_unit"].as_str(), labels["product"].as_str()),
        (Some("discourse-k8s"), Some("discourse-k8s/0"), Some("Juju")),
        "{pushed}"
    );
    assert_eq!(posts(&[forum.stage.update_status(0).unwrap()]), Vec::<String>::new());
    forum.stage.unrelate("logging").unwrap();
    let runs = forum.settle();
    assert_eq!(posts(&runs), ["POST /v1/layers", "POST /v1/checks"]);
    let plan = forum.stage.pod(0).unwrap().read("discourse", "/v1/plan?format=yaml").unwrap();
    assert!(plan.as_str().unwrap().contains("-all"), "{plan}");
    assert_eq!(posts(&[forum.stage.update_status(0).unwrap()]), Vec::<String>::new());
}

#[test]
fn a_charm_that_is_killed_while_it_forwards_logs_leaves_the_server_running_and_the_pod_ready() {
    let mut forum = Forum::active();
    for requests in 6..=9 {
        let loki = Scripted::new("loki-k8s", "logging", "loki_push_api")
            .unit("endpoint", r#"{"url": "http://127.0.0.1:1/loki/api/v1/push"}"#);
        forum.stage.relate("logging", loki).unwrap();
        let (_, _) = (forum.stage.step().unwrap(), forum.stage.faults().kill_after_request(requests));
        let runs = forum.settle();
        assert!(runs.iter().any(|run| run.exit == Exit::Signal(9)), "{requests}: not killed");
        assert_eq!((forum.status().as_str(), server_starts(&runs)), (ACTIVE, 0), "{requests}: {}", forum.log());
        assert!(forum.stage.is_ready(0), "{requests}");
        assert_eq!(posts(&[forum.stage.update_status(0).unwrap()]), Vec::<String>::new(), "{requests}");
        forum.stage.unrelate("logging").unwrap();
        forum.settle();
    }
}

#[test]
fn a_log_shipper_that_was_left_behind_is_stopped_for_good() {
    let folder = tempfile::tempdir().unwrap();
    copy(&image("one"), folder.path());
    let layer = "services:\n  promtail:\n    override: replace\n    startup: enabled\n    command: sleep 1000\n";
    std::fs::write(folder.path().join("var/lib/pebble/default/layers/002-promtail.yaml"), layer).unwrap();
    let mut forum = Forum::deployed_from(folder.path(), 1);
    forum.relate();
    forum.settle();
    let shipper = |forum: &Forum| {
        let services = forum.stage.pod(0).unwrap().read("discourse", "/v1/services?names=promtail").unwrap();
        (services[0]["current"].clone(), services[0]["startup"].clone())
    };
    assert_eq!(shipper(&forum), (json!("inactive"), json!("disabled")));
    assert_eq!(forum.status(), ACTIVE, "{}", forum.log());
    forum.stage.config([("smtp_domain", json!("example.com"))]).unwrap();
    assert_eq!(server_starts(&forum.settle()), 1);
    assert_eq!(shipper(&forum), (json!("inactive"), json!("disabled")));
    assert_eq!(posts(&[forum.stage.update_status(0).unwrap()]), Vec::<String>::new());
}

/// A small Loki: the bodies of what is pushed to its URL.
fn receiver(address: std::net::IpAddr) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let url = format!("http://{}/loki/api/v1/push", listener.local_addr().unwrap());
    let (sender, bodies) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut read, mut buffer) = (String::new(), [0; 8192]);
            loop {
                let count = stream.read(&mut buffer).unwrap_or_default();
                read.push_str(&String::from_utf8_lossy(&buffer[..count]));
                let length = read
                    .to_lowercase()
                    .split_once("content-length: ")
                    .and_then(|(_, rest)| rest.lines().next()?.trim().parse::<usize>().ok());
                let body = read.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
                match (length, body) {
                    (Some(length), Some(body)) if body.len() >= length => {
                        let _ = stream
                            .write_all(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                        let _ = sender.send(body);
                        break;
                    }
                    _ if count == 0 => break,
                    _ => {}
                }
            }
        }
    });
    (url, bodies)
}
