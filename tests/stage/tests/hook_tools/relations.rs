//! Relations, who is in them, and what stands in their databags.

use crate::bench::{Bench, UNIT, bag, fails, prints, refused, silence};
use serde_json::{Value, json};
use stage::{Databag, RelationStep};

/// A leader in a relation with these units of another application.
pub fn related(units: &[&str]) -> (Bench, u32) {
    let mut bench = Bench::leader();
    let units: Vec<(&str, Databag)> = units.iter().map(|unit| (*unit, bag(&[("unit", unit)]))).collect();
    let id = bench.relate("database", "pg", &units);
    bench.relation(id).ends[1].app = bag(&[("app", "pg")]);
    (bench, id)
}

#[test]
fn relations_of_an_endpoint_are_listed_in_the_order_of_their_text() {
    let (mut bench, first) = related(&[]);
    let ids: Vec<u32> = (0..10).map(|_| bench.relate("database", "pg", &[])).chain([first]).collect();
    let mut tags: Vec<String> = ids.iter().map(|id| format!("database:{id}")).collect();
    tags.sort();
    let reply = bench.call("relation-ids --format=json database");
    assert_eq!(serde_json::from_str::<Vec<String>>(&reply.stdout).unwrap(), tags);
}

#[test]
fn an_endpoint_without_relations_has_an_empty_list() {
    let replies = Bench::leader().calls(&["relation-ids --format=json database", "relation-ids --format=json nowhere"]);
    assert_eq!(replies, [prints("[]\n"), prints("[]\n")]);
}

#[test]
fn outside_a_relation_hook_the_endpoint_must_be_named() {
    assert_eq!(Bench::leader().call("relation-ids"), refused("no endpoint name specified"));
}

#[test]
fn units_are_listed_in_order() {
    let (mut bench, id) = related(&["pg/1", "pg/0"]);
    let replies = bench.calls(&[&format!("relation-list --format=json -r {id}"), &format!("relation-list -r {id}")]);
    assert_eq!(replies, [prints("[\"pg/0\",\"pg/1\"]\n"), prints("pg/0\npg/1\n")]);
}

#[test]
fn the_application_is_known_before_any_of_its_units() {
    let (mut bench, id) = related(&[]);
    let replies = bench.calls_about(
        id,
        RelationStep::Created,
        None,
        &["relation-list --format=json", "relation-list --app --format=json"],
    );
    assert_eq!(replies, [prints("[]\n"), prints("\"pg\"\n")]);
}

#[test]
fn peers_do_not_list_themselves() {
    let mut bench = Bench::leader();
    bench.relation(0).ends[0].units.insert("probe/1".to_owned(), bag(&[("a", "b")]));
    bench
        .model()
        .units
        .get_mut(UNIT)
        .unwrap()
        .memory
        .relations
        .entry(0)
        .or_default()
        .joined
        .insert("probe/1".to_owned(), None);
    let replies = bench.calls(&[
        "relation-list --format=json -r mesh:0",
        "relation-list --app -r mesh:0",
        "relation-get -r mesh:0 - probe/1",
    ]);
    assert_eq!(replies, [prints("[\"probe/1\"]\n"), prints("probe\n"), prints("a: b\n")]);
}

#[test]
fn a_relation_knows_its_model() {
    let (mut bench, id) = related(&[]);
    let own = bench.model().uuid.clone();
    let line = format!("relation-model-get --format=json -r {id}");
    assert_eq!(bench.call(&line), prints(&format!("{{\"uuid\":\"{own}\"}}\n")));
    bench.relation(id).ends[1].model_uuid = Some("0-1-2".to_owned());
    assert_eq!(bench.call(&line), prints("{\"uuid\":\"0-1-2\"}\n"));
}

#[test]
fn a_units_databag_holds_its_addresses_from_the_start() {
    let mut bench = Bench::leader();
    let address = bench.stage.unit(0).address().to_string();
    let reply = bench.call(&format!("relation-get --format=json -r 0 - {UNIT}"));
    let wanted =
        json!({"egress-subnets": format!("{address}/32"), "ingress-address": address, "private-address": address});
    assert_eq!(serde_json::from_str::<Value>(&reply.stdout).unwrap(), wanted);
}

#[test]
fn an_applications_databag_is_empty_at_first() {
    let replies = Bench::leader().calls(&["relation-get --format=json -r 0 --app - probe"]);
    assert_eq!(replies, [prints("{}\n")]);
}

#[test]
fn a_units_name_stands_for_its_application_where_one_is_wanted() {
    let (mut bench, id) = related(&["pg/0"]);
    let replies = bench.calls(&[
        &format!("relation-get --format=json -r {id} --app - pg"),
        &format!("relation-get --format=json -r {id} --app - pg/0"),
    ]);
    assert_eq!(replies, [prints("{\"app\":\"pg\"}\n"), prints("{\"app\":\"pg\"}\n")]);
}

#[test]
fn a_missing_key_is_null() {
    let (mut bench, id) = related(&["pg/0"]);
    let replies = bench.calls(&[
        &format!("relation-get --format=json -r {id} unit pg/0"),
        &format!("relation-get --format=json -r {id} nope pg/0"),
        &format!("relation-get -r {id} nope pg/0"),
    ]);
    assert_eq!(replies, [prints("\"pg/0\"\n"), prints("null\n"), silence()]);
}

#[test]
fn without_a_target_the_hooks_unit_is_read_else_its_application() {
    let (mut bench, id) = related(&["pg/0"]);
    let of_unit = bench.calls_about(id, RelationStep::Changed, Some("pg/0"), &["relation-get", "relation-get unit"]);
    let of_app = bench.calls_about(id, RelationStep::Changed, None, &["relation-get", "relation-get - "]);
    assert_eq!(of_unit[1], prints("pg/0\n"));
    assert_eq!(of_app, [prints("app: pg\n"), prints("app: pg\n")]);
    assert_eq!(bench.call(&format!("relation-get -r {id}")), refused("no unit or application specified"));
}

#[test]
fn a_target_that_is_no_unit_is_refused() {
    let (mut bench, id) = related(&["pg/0"]);
    let replies = bench.calls(&[&format!("relation-get -r {id} - pg"), &format!("relation-get -r {id} - 'p g/0'")]);
    assert_eq!(
        replies,
        [refused("expected unit name, got application name \"pg\""), refused("invalid unit name \"p g/0\"")]
    );
}

#[test]
fn the_own_application_databag_is_for_the_leader() {
    let line = |id| format!("relation-get --format=json -r {id} --app - probe");
    let (mut bench, id) = related(&[]);
    assert_eq!(bench.call(&line(id)), prints("{}\n"));
    bench.model().application_mut().leader = Some("probe/1".to_owned());
    assert_eq!(bench.call(&line(id)), fails("permission denied"));
}

#[test]
fn peers_read_their_application_databag_all() {
    let mut bench = Bench::follower();
    bench.relation(0).ends[0].app = bag(&[("a", "b")]);
    assert_eq!(bench.call("relation-get --format=json -r 0 --app - probe"), prints("{\"a\":\"b\"}\n"));
}

#[test]
fn databags_of_strangers_are_closed() {
    let (mut bench, id) = related(&["pg/0"]);
    let replies =
        bench.calls(&[&format!("relation-get -r {id} - redis/0"), &format!("relation-get -r {id} --app - redis")]);
    assert_eq!(replies, [fails("permission denied"), fails("permission denied")]);
}

#[test]
fn a_remote_units_data_is_as_old_as_its_last_hook() {
    let (mut bench, id) = related(&["pg/0"]);
    let line = format!("relation-get -r {id} unit pg/0");
    assert_eq!(bench.call(&line), prints("pg/0\n"));
    bench.relation(id).ends[1].units.insert("pg/0".to_owned(), bag(&[("unit", "new")]));
    assert_eq!(bench.call(&line), prints("pg/0\n"));
    let replies = bench.calls_about(id, RelationStep::Changed, Some("pg/0"), &[&line]);
    assert_eq!(replies, [prints("new\n")]);
}

#[test]
fn a_remote_applications_data_is_fresh_in_each_hook() {
    let (mut bench, id) = related(&["pg/0"]);
    let line = format!("relation-get -r {id} --app app pg");
    assert_eq!(bench.call(&line), prints("pg\n"));
    bench.relation(id).ends[1].app = bag(&[("app", "new")]);
    assert_eq!(bench.call(&line), prints("new\n"));
}

#[test]
fn writing_merges_and_an_empty_value_takes_a_key_away() {
    let mut bench = Bench::leader();
    assert_eq!(bench.call("relation-set -r 0 a=1 b=2 c=x=y"), silence());
    assert_eq!(bench.call("relation-set -r 0 b= d=4 nope="), silence());
    assert_eq!(bench.own_bag(0), bag(&[("a", "1"), ("c", "x=y"), ("d", "4")]));
}

#[test]
fn the_leader_writes_for_the_application() {
    let (mut bench, id) = related(&[]);
    assert_eq!(bench.call(&format!("relation-set -r {id} --app a=1")), silence());
    assert_eq!(bench.stage.app_bag("database"), bag(&[("a", "1")]));
}

#[test]
fn other_units_do_not_write_for_the_application() {
    let mut bench = Bench::follower();
    let replies = bench.calls(&["relation-set -r 0 --app a=1", "relation-set -r 0 b=1"]);
    assert_eq!(replies, [fails("cannot write relation settings"), silence()]);
    assert_eq!((bench.stage.app_bag("mesh"), bench.own_bag(0)), (bag(&[]), bag(&[("b", "1")])));
}

#[test]
fn pairs_that_are_none_are_refused() {
    let mut bench = Bench::leader();
    let replies = bench.calls(&["relation-set -r 0 x", "relation-set -r 0 k=1 k=2", "relation-set -r 0 a=1 =2"]);
    let wanted = [
        "expected \"key=value\", got \"x\"",
        "key \"k\" specified more than once",
        "expected \"key=value\", got \"=2\"",
    ];
    assert_eq!(replies, wanted.map(refused));
    assert_eq!(bench.own_bag(0), bag(&[]));
}

#[test]
fn arguments_win_over_the_file() {
    let mut bench = Bench::leader();
    assert_eq!(bench.call("echo 'a: file\nb: file' | relation-set -r 0 --file - a=argument"), silence());
    assert_eq!(bench.own_bag(0), bag(&[("a", "argument"), ("b", "file")]));
}

#[test]
fn relation_hooks_write_to_their_relation() {
    let (mut bench, id) = related(&["pg/0"]);
    bench.calls_about(id, RelationStep::Joined, Some("pg/0"), &["relation-set a=1"]);
    assert_eq!((bench.own_bag(id), bench.own_bag(0)), (bag(&[("a", "1")]), bag(&[])));
}
