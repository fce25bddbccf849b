//! The plan and its services.

use std::{collections::BTreeMap, time::Duration};

use discourse_k8s::pebble::{Check, HttpCheck, Layer, PebbleError, Service, ServiceStatus};

use crate::{
    daemon::Daemon,
    layer::{checks, gate, service, services},
};

#[tokio::test]
async fn the_plan_returns_every_text_of_the_layer_unchanged() {
    let texts =
        ["", " a ", "off", "1e3", "~", "a\nb\t\"c\" 'd' \\ # é 😀", "\u{7f}\u{85}\u{a0}\u{2028}\u{2029}\u{feff}"];
    let environment = texts.iter().enumerate().map(|(index, text)| (format!("V{index}"), (*text).to_owned()));
    let web = Service {
        environment: environment.chain([("NULL".to_owned(), "x".to_owned())]).collect(),
        user: "root".to_owned(),
        group: "root".to_owned(),
        working_dir: "/tmp".to_owned(),
        kill_delay: Some(Duration::from_secs(90)),
        ..service("sleep 300")
    };
    let ready = Check {
        level: "ready".to_owned(),
        period: Some(Duration::from_mins(1)),
        threshold: Some(3),
        http: Some(HttpCheck { url: "http://localhost:1/".to_owned(), ..HttpCheck::default() }),
        ..Check::default()
    };
    let layer = Layer { checks: checks([("ready", ready), ("gate", gate())]).checks, ..services([("web", web)]) };
    let daemon = Daemon::start().await;
    daemon.client().add_layer("charm", &layer).await.unwrap();
    let plan = daemon.client().plan().await.unwrap();
    assert_eq!((plan.services == layer.services, plan.checks), (true, layer.checks));
}

#[tokio::test]
async fn a_replan_starts_enabled_services_and_a_second_one_changes_nothing() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    pebble.add_layer("charm", &services([("web", service("sleep 300"))])).await.unwrap();
    let mut since = Vec::new();
    for _ in 0..2 {
        let change = pebble.replan().await.unwrap();
        pebble.wait_change(&change, Duration::from_secs(20)).await.unwrap().into_done().unwrap();
        let [web] = pebble.services().await.unwrap().try_into().unwrap();
        assert_eq!(web.current, ServiceStatus::Active);
        since.push(web.current_since);
    }
    assert_eq!(since.first(), since.last());
    let change = pebble.stop(&["web"]).await.unwrap();
    pebble.wait_change(&change, Duration::from_secs(20)).await.unwrap().into_done().unwrap();
}

#[tokio::test]
async fn a_service_that_exits_at_once_fails_its_change_with_the_end_of_its_output() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    let dying = Service {
        others: BTreeMap::from([("on-failure".to_owned(), "ignore".into())]),
        ..service("sh -c 'echo last words; exit 3'")
    };
    pebble.add_layer("charm", &services([("web", dying)])).await.unwrap();
    let change = pebble.replan().await.unwrap();
    let error = pebble.wait_change(&change, Duration::from_secs(20)).await.unwrap().into_done().unwrap_err();
    let PebbleError::Change { err, tasks, .. } = &error else { panic!("{error:?}") };
    let log: String = tasks.iter().flat_map(|task| task.log.iter().map(String::as_str)).collect();
    assert!(err.contains("exited quickly with code 3") && log.contains("last words"), "{error:?}");
}

#[tokio::test]
async fn a_service_that_is_being_stopped_can_be_started_once_changes_of_services_were_waited_for() {
    let daemon = Daemon::start().await;
    let pebble = daemon.client();
    let slow = service("sh -c 'trap \"sleep 0.5; exit\" TERM; while true; do sleep 0.1; done'");
    pebble.add_layer("charm", &services([("web", slow)])).await.unwrap();
    pebble.replan().await.unwrap();
    pebble.wait_services(Duration::from_secs(20)).await.unwrap();
    pebble.stop(&["web"]).await.unwrap();
    pebble.wait_services(Duration::from_secs(20)).await.unwrap();
    let change = pebble.start(&["web"]).await.unwrap();
    pebble.wait_change(&change, Duration::from_secs(20)).await.unwrap().into_done().unwrap();
}
