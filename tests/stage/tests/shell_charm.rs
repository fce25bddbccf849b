//! A charm of a few lines of shell lives through all that an operator does.
#![cfg(test)]

use serde_json::json;
use stage::{ActionStatus, Exit, HookRun, Remote, RemoteError, RemoteView, Stage, Status};
use std::path::Path;

/// An application that publishes the words that it read.
struct Listener;

impl Remote for Listener {
    fn application(&self) -> &'static str {
        "guest"
    }

    fn endpoint(&self) -> (&str, &str) {
        ("house", "greeting")
    }

    fn related(&mut self, relation: &mut RemoteView<'_>) -> Result<(), RemoteError> {
        let heard = relation.local_units().values().filter_map(|bag| bag.get("words").cloned()).collect::<Vec<_>>();
        relation.app().insert("heard".to_owned(), heard.join(" "));
        Ok(())
    }
}

fn stage() -> Stage {
    let charm = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charms/shell");
    let mut stage = Stage::builder().charm(charm).build().expect("a stage");
    stage.deploy();
    stage
}

fn settle(stage: &mut Stage) -> Vec<String> {
    let runs = stage.settle().expect("settled");
    let failed: Vec<&HookRun> = runs.iter().filter(|run| run.exit != Exit::Code(0)).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    runs.into_iter().map(|run| run.hook).collect()
}

fn settled() -> Stage {
    let mut stage = stage();
    settle(&mut stage);
    stage
}

fn related() -> Stage {
    let mut stage = settled();
    stage.relate("door", Listener).expect("related");
    settle(&mut stage);
    stage
}

#[test]
fn it_is_deployed() {
    let mut stage = stage();
    assert_eq!(settle(&mut stage), ["install", "leader-elected", "config-changed", "start"]);
    assert_eq!(stage.unit(0).status(), Status::active("hello"));
}

#[test]
fn nothing_runs_when_nothing_changed() {
    assert_eq!(settle(&mut settled()), Vec::<String>::new());
}

#[test]
fn a_changed_option_reaches_it() {
    let mut stage = settled();
    stage.config([("greeting", json!("good morning"))]).unwrap();
    assert_eq!(settle(&mut stage), ["config-changed"]);
    assert_eq!(stage.unit(0).status(), Status::active("good morning"));
}

#[test]
fn it_is_related() {
    let mut stage = settled();
    stage.relate("door", Listener).unwrap();
    let hooks = settle(&mut stage);
    let (created, rest) = hooks.split_first().unwrap();
    assert_eq!(created, "door-relation-created");
    assert!(rest.iter().any(|hook| hook == "door-relation-joined"), "{rest:?}");
    assert_eq!(rest.last().map(String::as_str), Some("door-relation-changed"));
    assert_eq!(stage.unit_bag("door", 0).get("words").map(String::as_str), Some("hello"));
    assert_eq!(stage.remote_app_bag("door")["heard"], "hello");
}

#[test]
fn the_other_side_hears_of_a_change() {
    let mut stage = related();
    stage.config([("greeting", json!("welcome"))]).unwrap();
    assert_eq!(settle(&mut stage), ["config-changed", "door-relation-changed"]);
    assert_eq!(stage.remote_app_bag("door")["heard"], "welcome");
}

#[test]
fn it_runs_an_action() {
    let mut stage = settled();
    let run = stage.run(0, "greet", json!({"who": "world"})).unwrap();
    let wanted = json!({"words": "hello, world", "return-code": 0});
    assert_eq!((run.status, serde_json::Value::Object(run.results)), (ActionStatus::Completed, wanted));
    assert_eq!(stage.run(0, "greet", json!({})).unwrap().status, ActionStatus::Error);
}

#[test]
fn its_relation_is_removed() {
    let mut stage = related();
    stage.unrelate("door").unwrap();
    assert_eq!(settle(&mut stage), ["door-relation-departed", "door-relation-broken"]);
    assert_eq!(stage.model().relation("door"), None);
}

#[test]
fn it_is_removed() {
    let mut stage = related();
    stage.remove();
    assert_eq!(settle(&mut stage), ["door-relation-departed", "door-relation-broken", "stop", "remove"]);
    assert_eq!(stage.model().units.len(), 0);
}

#[test]
fn several_units_live_side_by_side() {
    let mut stage = settled();
    stage.add_unit();
    assert_eq!(settle(&mut stage), ["install", "leader-settings-changed", "config-changed", "start"]);
    stage.remove_unit(0).unwrap();
    assert_eq!(settle(&mut stage), ["stop", "remove", "leader-elected"]);
    assert_eq!(stage.leader(), Some(1));
}
