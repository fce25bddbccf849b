//! Changes that Juju would refuse reach the charm all the same.
#![cfg(test)]

mod shell;

use serde_json::json;
use shell::settled;
use stage::{ActionStatus, Stage};

/// The log lines of one `update-status`.
fn logged(stage: &mut Stage) -> Vec<String> {
    stage.update_status(0).unwrap().log.into_iter().map(|line| line.text).collect()
}

#[test]
fn an_option_outside_the_schema_is_set_and_reset() {
    let mut stage = settled("");
    stage.set_config_unchecked([("unknown", json!(["a list"]))]);
    let set = stage.model().application().config.clone();
    stage.set_config_unchecked([("unknown", json!(null))]);
    assert_eq!((set.get("unknown"), stage.model().application().config.len()), (Some(&json!(["a list"])), 0));
}

#[test]
fn a_key_is_written_into_and_forgotten_from_the_bag_of_a_unit() {
    let mut stage = settled("relation-get -r $(relation-ids friends) note tiny/0 | xargs -r juju-log");
    stage.write_unit_bag("friends", 0, "note", "forged").unwrap();
    assert_eq!(
        (logged(&mut stage), stage.unit_bag("friends", 0)["note"].as_str()),
        (vec!["forged".to_owned()], "forged")
    );
    stage.forget("friends", 0, "note").unwrap();
    assert_eq!((logged(&mut stage), stage.unit_bag("friends", 0).get("note")), (vec![], None));
}

#[test]
fn a_bag_of_a_unit_or_endpoint_that_is_not_there_is_an_error_of_the_stage() {
    let mut stage = settled("");
    assert_eq!(stage.forget("db", 0, "note").unwrap_err().to_string(), "no such relation: db");
    assert_eq!(stage.forget("friends", 7, "note").unwrap_err().to_string(), "no such unit: tiny/7");
}

#[test]
fn a_secret_is_revoked_removed_and_restored() {
    let mut stage = settled("");
    let uri = stage.add_secret(&[("password", "old")]);
    stage.grant_secret(&uri).unwrap();
    let earlier = stage.model().secret(&uri).unwrap().clone();
    stage.secret(&uri).update(&[("password", "new")]).unwrap();
    stage.secret(&uri).revoke().unwrap();
    let revoked = stage.model().secret(&uri).unwrap().clone();
    assert_eq!((revoked.latest(), revoked.access), (2, vec![]));
    stage.secret(&uri).remove();
    assert_eq!(stage.model().secret(&uri), None);
    assert_eq!(stage.secret(&uri).revoke().unwrap_err().to_string(), format!("no such secret: {uri}"));
    stage.secret(&uri).restore(&earlier);
    assert_eq!(stage.model().secret(&uri), Some(&earlier));
}

#[test]
fn an_action_runs_with_parameters_outside_the_schema() {
    let mut stage = settled("action-get --format=json");
    let run = stage.run_unchecked(0, "act", &json!({"who": ["a list"]})).unwrap();
    assert_eq!(
        (run.status, run.results["stdout"].clone()),
        (ActionStatus::Completed, json!("{\"who\":[\"a list\"]}\n"))
    );
}
