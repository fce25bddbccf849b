//! The hooks of a charm's life follow from the model alone.
#![cfg(test)]

use serde_json::json;
use stage::{ActionStatus, Exit, HookEvent, HookRun, Remote, RemoteError, RemoteView, Stage, Status, Version};

/// A database whose host is known at once.
struct Database;

impl Remote for Database {
    fn application(&self) -> &'static str {
        "pg"
    }

    fn endpoint(&self) -> (&str, &str) {
        ("database", "db")
    }

    fn related(&mut self, relation: &mut RemoteView<'_>) -> Result<(), RemoteError> {
        relation.app().insert("host".to_owned(), "pg.local".to_owned());
        Ok(())
    }
}

/// A client of the website.
struct Client;

impl Remote for Client {
    fn application(&self) -> &'static str {
        "browser"
    }

    fn endpoint(&self) -> (&str, &str) {
        ("site", "http")
    }

    fn related(&mut self, _: &mut RemoteView<'_>) -> Result<(), RemoteError> {
        Ok(())
    }
}

fn plain() -> stage::Builder {
    let charm = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/charms/plain");
    Stage::builder().charm(charm).clock("0.01".parse().unwrap())
}

fn hooks(runs: &[HookRun]) -> Vec<&str> {
    runs.iter().map(|run| run.hook.as_str()).collect()
}

#[test]
fn a_deployed_leader_is_installed_elected_configured_and_started() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    let runs = stage.settle().unwrap();
    assert_eq!(hooks(&runs), ["install", "friends-relation-created", "leader-elected", "config-changed", "start"]);
    assert!(runs.iter().all(HookRun::is_success), "{runs:#?}");
    assert_eq!(stage.unit(0).status(), Status::waiting("no database"));
}

#[test]
fn a_new_relation_is_created_changed_by_its_application_joined_and_changed_by_its_unit() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage.relate("db", Database).unwrap();
    let runs = stage.settle().unwrap();
    assert_eq!(
        hooks(&runs),
        ["db-relation-created", "db-relation-changed", "db-relation-joined", "db-relation-changed"]
    );
    assert_eq!(stage.unit(0).status(), Status::active("with pg.local"));
}

#[test]
fn a_relation_ends_with_departed_and_broken() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    stage.relate("db", Database).unwrap();
    stage.settle().unwrap();
    stage.unrelate("db").unwrap();
    assert_eq!(hooks(&stage.settle().unwrap()), ["db-relation-departed", "db-relation-broken"]);
    assert_eq!(stage.unit(0).status(), Status::waiting("no database"));
    assert!(stage.model().relation("db").is_none());
}

#[test]
fn a_changed_option_is_one_hook_and_the_same_value_is_none() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    stage.relate("website", Client).unwrap();
    stage.settle().unwrap();
    stage.config([("greeting", json!("good day"))]).unwrap();
    assert_eq!(hooks(&stage.settle().unwrap()), ["config-changed"]);
    assert_eq!(stage.app_bag("website"), [("greeting".to_owned(), "good day".to_owned())].into());
    stage.config([("greeting", json!("good day"))]).unwrap();
    assert_eq!(hooks(&stage.settle().unwrap()), Vec::<&str>::new());
}

#[test]
fn an_action_gets_its_parameters_with_defaults_and_gives_results() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    let run = stage.run(0, "greet", json!({"name": "world"})).unwrap();
    assert_eq!((run.status, run.message.as_str()), (ActionStatus::Completed, ""));
    assert_eq!(serde_json::Value::Object(run.results), json!({"text": "hello world", "return-code": 0}));
    assert_eq!(run.hook.unwrap().exit, Exit::Code(0));
}

#[test]
fn an_action_that_does_not_fit_is_refused_before_the_charm_runs() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    let refusal = |stage: &mut Stage, name, parameters| {
        let run = stage.run(0, name, parameters).unwrap();
        assert_eq!((run.status, run.hook), (ActionStatus::Error, None));
        run.message
    };
    assert_eq!(refusal(&mut stage, "dance", json!({})), "cannot run \"dance\" action: not defined");
    assert!(refusal(&mut stage, "greet", json!({})).contains("\"name\" property is missing"));
    assert!(refusal(&mut stage, "greet", json!({"name": 5})).contains("must be of type string"));
    assert!(refusal(&mut stage, "greet", json!({"name": "x", "nmae": "y"})).contains("\"nmae\" is not allowed"));
}

#[test]
fn peers_meet_and_only_one_leads() {
    let mut stage = plain().units(2).build().unwrap();
    stage.deploy();
    let runs = stage.settle().unwrap();
    let of = |unit: &str| -> Vec<String> {
        runs.iter().filter(|run| run.unit == unit).map(|run| run.hook.clone()).collect()
    };
    let common = ["config-changed", "start", "friends-relation-joined", "friends-relation-changed"];
    assert_eq!(of("plain/0"), [&["install", "friends-relation-created", "leader-elected"][..], &common].concat());
    assert_eq!(
        of("plain/1"),
        [&["install", "friends-relation-created", "leader-settings-changed"][..], &common].concat()
    );
}

#[test]
fn a_removed_unit_departs_stops_and_is_removed_while_its_peers_see_it_leave() {
    let mut stage = plain().units(2).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage.remove_unit(1).unwrap();
    let runs = stage.settle().unwrap();
    let of = |unit: &str| -> Vec<&HookRun> { runs.iter().filter(|run| run.unit == unit).collect() };
    let names = |runs: &[&HookRun]| -> Vec<String> { runs.iter().map(|run| run.hook.clone()).collect() };
    assert_eq!(names(&of("plain/1")), ["friends-relation-departed", "friends-relation-broken", "stop", "remove"]);
    assert_eq!(names(&of("plain/0")), ["friends-relation-departed"]);
    for run in [of("plain/0")[0], of("plain/1")[0]] {
        assert!(matches!(&run.event, HookEvent::Relation { departing: Some(unit), .. } if unit == "plain/1"));
    }
    assert!(!stage.model().units.contains_key("plain/1"));
}

#[test]
fn leader_elected_runs_on_the_new_leader_alone() {
    let mut stage = plain().units(2).juju(Version::V4_0).build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage.elect(1).unwrap();
    let runs = stage.settle().unwrap();
    assert_eq!(hooks(&runs), ["leader-elected"]);
    assert_eq!(runs[0].unit, "plain/1");
}

#[test]
fn a_failed_hook_is_an_error_and_is_tried_again() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage.faults().fail_calls(&["status-set"], 1, "out of order");
    let run = stage.update_status(0).unwrap();
    assert_eq!(run.exit, Exit::Code(1));
    assert_eq!(stage.unit(0).status().to_string(), "error: hook failed: \"update-status\"");
    stage.faults().clear();
    assert_eq!(hooks(&stage.settle().unwrap()), ["update-status"]);
    assert_eq!(stage.unit(0).status(), Status::waiting("no database"));
}

#[test]
fn a_killed_charm_is_run_again_without_an_error() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage.faults().kill_after_tool(2);
    let killed = stage.update_status(0).unwrap();
    assert_eq!((killed.exit, killed.tools.len()), (Exit::Signal(9), 2));
    assert_eq!(stage.unit(0).status(), Status::waiting("no database"));
    let again = stage.settle().unwrap();
    assert_eq!(hooks(&again), ["update-status"]);
    assert_eq!(again[0].exit, Exit::Code(0));
}

#[test]
fn a_refused_commit_is_a_hook_error_and_drops_what_was_written() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    stage.relate("website", Client).unwrap();
    stage.settle().unwrap();
    stage.config([("greeting", json!("hi"))]).unwrap();
    stage.faults().fail_commit("quota limit exceeded");
    let run = stage.hook(0, &HookEvent::config_changed()).unwrap();
    assert_eq!(run.exit, Exit::CommitFailed("quota limit exceeded".to_owned()));
    assert_eq!(stage.app_bag("website")["greeting"], "hello");
    stage.settle().unwrap();
    assert_eq!(stage.app_bag("website")["greeting"], "hi");
}

#[test]
fn a_removed_application_breaks_its_relations_and_is_gone() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    stage.relate("db", Database).unwrap();
    stage.settle().unwrap();
    stage.remove();
    let runs = stage.settle().unwrap();
    assert_eq!(
        hooks(&runs),
        ["db-relation-departed", "db-relation-broken", "friends-relation-broken", "stop", "remove"]
    );
    let HookEvent::Relation { departing, .. } = &runs[0].event else { panic!("{:?}", runs[0].event) };
    assert_eq!(departing.as_deref(), Some("plain/0"));
    assert!(stage.model().units.is_empty() && stage.model().relations.is_empty());
}

#[test]
fn readers_of_an_old_revision_get_secret_changed_once() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    let id = stage.relate("db", Database).unwrap();
    stage.settle().unwrap();
    let uri = RemoteView::new(stage.model_mut(), id).add_secret(&[("password", "old")]);
    stage.settle().unwrap();
    let bare = uri.trim_start_matches("secret:").to_owned();
    let secret = stage.model_mut().secrets.get_mut(&bare).unwrap();
    secret.consumers.insert("plain/0".to_owned(), stage::model::Consumer { label: None, revision: 1 });
    stage.secret(&uri).update(&[("password", "new")]).unwrap();
    assert_eq!(hooks(&stage.settle().unwrap()), ["secret-changed"]);
    assert_eq!(hooks(&stage.settle().unwrap()), Vec::<&str>::new());
}

#[test]
fn the_model_is_one_value_that_can_be_written_and_read() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    stage.relate("db", Database).unwrap();
    stage.settle().unwrap();
    stage.run(0, "greet", json!({"name": "world"})).unwrap();
    let written = serde_json::to_string(stage.model()).unwrap();
    let read: stage::Model = serde_json::from_str(&written).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), written);
    assert_eq!(read.units["plain/0"].memory, stage.model().units["plain/0"].memory);
}

#[test]
fn a_seed_decides_the_order_over_relations_and_the_same_seed_gives_the_same_life() {
    let life = |seed| {
        let mut stage = plain().seed(seed).build().unwrap();
        stage.deploy();
        stage.relate("db", Database).unwrap();
        stage.relate("website", Client).unwrap();
        stage.settle().unwrap().into_iter().map(|run| run.hook).collect::<Vec<_>>()
    };
    let lives: Vec<Vec<String>> = (0..4).map(life).collect();
    assert_eq!(life(3), lives[3]);
    assert!(lives.iter().any(|other| *other != lives[0]));
}

#[test]
fn a_hook_in_error_keeps_its_relation_until_it_went_well() {
    let mut stage = plain().build().unwrap();
    stage.deploy();
    stage.settle().unwrap();
    stage.relate("db", Database).unwrap();
    stage.faults().fail_calls(&["status-set"], 1, "out of order");
    stage.settle().unwrap();
    stage.unrelate("db").unwrap();
    stage.faults().clear();
    assert_eq!(hooks(&stage.settle().unwrap()), ["db-relation-created", "db-relation-broken"]);
}
