//! Several applications in one model: what one charm writes, another one sees.
#![cfg(test)]

use serde_json::json;
use stage::{Deployment, HookEvent, HookRun, Stage, StageError, Version};
use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt};
use tempfile::TempDir;

/// A shop that publishes a word and a secret, and a guest that repeats what it hears.
const SHOP: &str = r#"
case $JUJU_DISPATCH_PATH in
hooks/door-relation-created)
    relation-set --app word=hello
    uri=$(secret-add password=hunter2)
    secret-grant "$uri" -r "$JUJU_RELATION_ID"
    relation-set --app secret="$uri" ;;
hooks/door-relation-changed) [ -z "$JUJU_REMOTE_UNIT" ] || juju-log "heard $(relation-get echo)" ;;
esac
"#;
const GUEST: &str = r#"
case $JUJU_DISPATCH_PATH in
hooks/house-relation-changed)
    uri=$(relation-get --app secret shop)
    [ -z "$uri" ] || relation-set echo="$(relation-get --app word shop) $(secret-get "$uri" password)" ;;
esac
"#;

fn write(script: &str, metadata: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let dispatch = folder.path().join("dispatch");
    fs::write(&dispatch, format!("#!/bin/sh\nset -eu\n{script}\n")).unwrap();
    fs::set_permissions(&dispatch, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.path().join("metadata.yaml"), metadata).unwrap();
    fs::write(folder.path().join("config.yaml"), OPTIONS).unwrap();
    folder
}

const OPTIONS: &str = "
options:
  word: {type: string}
  count: {type: int}
  ratio: {type: float}
  loud: {type: boolean}
  key: {type: secret}
";

fn shop() -> TempDir {
    write(
        SHOP,
        "name: shop\nprovides:\n  door: {interface: greeting}\n  yard: {interface: garden}\n  gate: {interface: garden}\n",
    )
}

fn guest() -> TempDir {
    write(
        GUEST,
        "name: guest\nrequires:\n  house: {interface: greeting, limit: 1}\n  lawn: {interface: garden}\n  car: {interface: road}\n",
    )
}

/// A shop and a guest that are deployed and not related.
fn neighbours(juju: Version) -> Stage {
    let mut stage = Stage::builder().clock("0.01".parse().unwrap()).charm(shop().path()).juju(juju).build().unwrap();
    stage.deploy();
    stage.deploy_application(Deployment::new(guest().path())).unwrap();
    stage.settle().unwrap();
    stage
}

fn related() -> (Stage, Vec<HookRun>) {
    let mut stage = neighbours(Version::V3_6);
    stage.integrate("shop:door", "guest:house").unwrap();
    let runs = stage.settle().unwrap();
    assert!(runs.iter().all(HookRun::is_success), "{runs:#?}");
    (stage, runs)
}

fn hooks_of<'r>(runs: &'r [HookRun], unit: &str) -> Vec<&'r str> {
    runs.iter().filter(|run| run.unit == unit).map(|run| run.hook.as_str()).collect()
}

fn refusal(result: Result<impl Sized, StageError>) -> String {
    result.err().expect("a refusal").to_string()
}

#[test]
fn each_side_gets_the_hooks_of_what_the_other_side_writes() {
    let (stage, runs) = related();
    assert_eq!(stage.unit_bag("guest:house", "guest/0")["echo"], "hello hunter2");
    let heard: Vec<&str> = runs.iter().flat_map(|run| &run.log).map(|line| line.text.as_str()).collect();
    assert_eq!(heard.last(), Some(&"door:0: heard hello hunter2"));
    let shop = hooks_of(&runs, "shop/0");
    assert_eq!(shop.first(), Some(&"door-relation-created"));
    assert_eq!(shop.last(), Some(&"door-relation-changed"));
    assert_eq!(hooks_of(&runs, "guest/0").first(), Some(&"house-relation-created"));
}

#[test]
fn a_secret_is_read_by_the_application_to_which_it_is_granted_and_ends_with_the_relation() {
    let (mut stage, _) = related();
    let uri = stage.app_bag("door").remove("secret").unwrap();
    stage.unrelate("door").unwrap();
    stage.settle().unwrap();
    let run = stage.exec("guest/0", &["secret-get", &uri]).unwrap();
    assert_eq!(run.results["return-code"], json!(1));
}

#[test]
fn a_new_revision_of_a_secret_is_told_to_the_units_of_the_other_application() {
    let (mut stage, _) = related();
    let uri = stage.app_bag("door").remove("secret").unwrap();
    stage.exec("shop/0", &["secret-set", &uri, "password=new"]).unwrap();
    assert_eq!(hooks_of(&stage.settle().unwrap(), "guest/0"), ["secret-changed"]);
}

#[test]
fn goal_state_lists_the_own_units_and_the_units_of_the_other_application() {
    let (mut stage, _) = related();
    stage.application("guest").unwrap().add_unit();
    stage.settle().unwrap();
    let run = stage.exec("shop/0", &["goal-state", "--format=json"]).unwrap();
    let goal: serde_json::Value = serde_json::from_str(run.results["stdout"].as_str().unwrap()).unwrap();
    let names = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&goal["units"]), ["shop/0".to_owned()].into());
    assert_eq!(names(&goal["relations"]["door"]), ["guest", "guest/0", "guest/1"].map(str::to_owned).into());
}

#[test]
fn a_unit_that_comes_joins_and_one_that_leaves_departs_at_the_other_side() {
    let (mut stage, _) = related();
    stage.application("guest").unwrap().add_unit();
    let came = stage.settle().unwrap();
    assert_eq!(hooks_of(&came, "shop/0")[..1], ["door-relation-joined"]);
    stage.remove_unit("guest/1").unwrap();
    let left = stage.settle().unwrap();
    assert_eq!(hooks_of(&left, "shop/0"), ["door-relation-departed"]);
    assert_eq!(hooks_of(&left, "guest/1"), ["house-relation-departed", "house-relation-broken", "stop", "remove"]);
    let departing = |run: &&HookRun| match &run.event {
        HookEvent::Relation { departing, .. } => departing.as_deref() == Some("guest/1"),
        _ => false,
    };
    assert_eq!(left.iter().filter(departing).count(), 2);
}

#[test]
fn a_removed_relation_ends_on_both_sides() {
    let (mut stage, _) = related();
    stage.unrelate("guest:house").unwrap();
    let runs = stage.settle().unwrap();
    assert_eq!(hooks_of(&runs, "shop/0"), ["door-relation-departed", "door-relation-broken"]);
    assert_eq!(hooks_of(&runs, "guest/0"), ["house-relation-departed", "house-relation-broken"]);
    assert!(stage.model().relations.is_empty());
}

#[test]
fn a_removed_application_is_gone_and_its_neighbour_stays() {
    let (mut stage, _) = related();
    stage.application("guest").unwrap().remove();
    let runs = stage.settle().unwrap();
    assert_eq!(hooks_of(&runs, "shop/0"), ["door-relation-departed", "door-relation-broken"]);
    assert_eq!(hooks_of(&runs, "guest/0")[2..], ["stop", "remove"]);
    assert_eq!(stage.model().applications.keys().collect::<Vec<_>>(), ["shop"]);
    assert_eq!(stage.model().units.keys().collect::<Vec<_>>(), ["shop/0"]);
}

#[test]
fn the_secrets_of_a_removed_application_are_gone() {
    let (mut stage, _) = related();
    assert_eq!(stage.model().secrets.len(), 1);
    stage.application("shop").unwrap().remove();
    stage.settle().unwrap();
    assert_eq!(stage.model().secrets.len(), 0);
}

#[test]
fn the_bags_of_all_units_hold_the_address_of_their_service_and_in_juju_3_a_key_more() {
    let keys = ["egress-subnets", "ingress-address", "private-address"];
    for (juju, expected) in [(Version::V3_6, &keys[..]), (Version::V4_0, &keys[..2])] {
        let mut stage = neighbours(juju);
        stage.application("guest").unwrap().add_unit();
        stage.integrate("shop:door", "guest:house").unwrap();
        stage.settle().unwrap();
        let [one, other] = ["guest/0", "guest/1"].map(|unit| stage.unit_bag("guest:house", unit));
        let bag = stage.unit_bag("shop:door", "shop/0");
        assert_eq!(bag.keys().collect::<Vec<_>>(), expected);
        let address = stage.model().application().service.to_string();
        assert_eq!((&bag["ingress-address"], &bag["egress-subnets"]), (&address, &format!("{address}/32")));
        assert_eq!(one["ingress-address"], other["ingress-address"]);
    }
}

#[test]
fn operations_and_their_tasks_share_one_counter() {
    let mut stage = neighbours(Version::V4_0);
    for _ in 0..3 {
        stage.exec("shop/0", &["true"]).unwrap();
    }
    assert_eq!(stage.model().actions.keys().collect::<Vec<_>>(), [&2, &4, &6]);
}

#[test]
fn ids_are_never_used_again() {
    let (mut stage, _) = related();
    assert_eq!(stage.model().relations.keys().collect::<Vec<_>>(), [&0]);
    stage.unrelate("door").unwrap();
    stage.settle().unwrap();
    assert_eq!(stage.integrate("shop:door", "guest").unwrap(), 1);
}

#[test]
fn each_application_leads_itself() {
    let (stage, _) = related();
    assert!(stage.model().is_leader("shop/0") && stage.model().is_leader("guest/0"));
}

#[test]
fn a_relation_that_does_not_fit_is_refused_by_juju_3() {
    let mut stage = neighbours(Version::V3_6);
    let mut refused = |one: &str, other: &str| refusal(stage.integrate(one, other));
    assert_eq!(refused("shop:door", "guest:car"), "no relations found");
    assert_eq!(refused("shop:window", "guest"), "application \"shop\" has no \"window\" relation");
    assert_eq!(refused("shop", "host"), "application \"host\" not found");
    assert_eq!(
        refused("shop", "guest:lawn"),
        "ambiguous relation: \"shop guest:lawn\" could refer to \"guest:lawn shop:gate\"; \"guest:lawn shop:yard\""
    );
    stage.integrate("shop:door", "guest").unwrap();
    assert_eq!(
        refusal(stage.integrate("guest:house", "shop")),
        "cannot add relation \"guest:house shop:door\": relation guest:house shop:door already exists"
    );
    stage.deploy_application(Deployment::new(shop().path()).application("market")).unwrap();
    assert_eq!(
        refusal(stage.integrate("market:door", "guest")),
        "cannot add relation \"guest:house market:door\": establishing a new relation for guest:house would exceed its \
         maximum relation limit of 1 (quota limit exceeded)"
    );
}

#[test]
fn a_relation_that_does_not_fit_is_refused_by_juju_4() {
    let mut stage = neighbours(Version::V4_0);
    let mut refused = |one: &str, other: &str| {
        let prefix = format!("adding relation between endpoints {one:?} and {other:?}: ");
        refusal(stage.integrate(one, other)).strip_prefix(&prefix).expect("the usual beginning").to_owned()
    };
    assert_eq!(refused("shop:door", "guest:car"), "no compatible endpoints found between applications");
    assert_eq!(refused("shop:window", "host"), "no candidates for shop:window and host: relation endpoint not found");
    assert_eq!(
        refused("shop", "guest:lawn"),
        "ambiguous relation: \"shop guest:lawn\" could refer to \"shop:gate guest:lawn\"; \"shop:yard guest:lawn\""
    );
    stage.integrate("shop:door", "guest").unwrap();
    stage.deploy_application(Deployment::new(shop().path()).application("market")).unwrap();
    assert_eq!(
        refusal(stage.integrate("market:door", "guest:house")),
        "adding relation between endpoints \"market:door\" and \"guest:house\": establishing a new relation for \
         guest:house would exceed its maximum relation limit of 1"
    );
}

#[test]
fn an_option_is_turned_into_its_type_or_refused() {
    let mut stage = neighbours(Version::V3_6);
    let given = [("word", json!(5)), ("count", json!("7")), ("ratio", json!(2)), ("loud", json!("T"))];
    stage.config(given).unwrap();
    let config = serde_json::Value::Object(stage.model().application().config.clone());
    assert_eq!(config, json!({"word": "5", "count": 7, "ratio": 2.0, "loud": true}));
    let mut refused = |name, value| refusal(stage.config([(name, value)]));
    let prefix = "parsing settings for application: ";
    assert_eq!(refused("colour", json!("red")), format!("{prefix}unknown option \"colour\""));
    assert_eq!(refused("count", json!("many")), format!("{prefix}option \"count\" expected int, got \"many\""));
    assert_eq!(refused("ratio", json!("half")), format!("{prefix}option \"ratio\" expected float, got \"half\""));
    assert_eq!(refused("loud", json!("yes")), format!("{prefix}option \"loud\" expected boolean, got \"yes\""));
    assert_eq!(refused("key", json!("hunter2")), format!("{prefix}option \"key\" expected secret, got \"hunter2\""));
}

#[test]
fn an_application_is_deployed_with_its_options_or_not_at_all() {
    let charm = shop();
    let first = Deployment::new(charm.path()).option("word", json!(5));
    let mut stage = Stage::builder().deployment(first).build().unwrap();
    stage.deploy();
    assert_eq!(stage.model().application().config["word"], json!("5"));
    let other = Deployment::new(charm.path()).application("other").option("count", json!("many"));
    let refused = "parsing settings for application: option \"count\" expected int, got \"many\"";
    assert_eq!(stage.deploy_application(other).unwrap_err().to_string(), refused);
    assert!(!stage.model().applications.contains_key("other"));
}

#[test]
fn of_several_wrong_options_the_first_is_named_and_none_is_set() {
    let mut stage = neighbours(Version::V3_6);
    let refused = refusal(stage.config([("word", json!("w")), ("loud", json!("yes")), ("colour", json!("red"))]));
    assert_eq!(refused, "parsing settings for application: option \"loud\" expected boolean, got \"yes\"");
    assert!(stage.model().application().config.is_empty());
}

#[test]
fn juju_4_refuses_an_option_in_its_own_words() {
    let mut stage = neighbours(Version::V4_0);
    assert_eq!(
        refusal(stage.config([("colour", json!("red"))])),
        "invalid application config: unknown option \"colour\""
    );
    assert_eq!(
        refusal(stage.application("guest").unwrap().config([("count", json!(true))])),
        "option \"count\" expected int, got \"true\""
    );
    assert!(stage.model().applications["guest"].config.is_empty());
}
