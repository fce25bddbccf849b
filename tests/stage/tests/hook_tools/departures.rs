//! Units that leave relations, and relations that end.

use crate::{
    bench::{Bench, UNIT, prints, refused, silence},
    relations::related,
};
use stage::{HookEvent, Life, RelationStep};

#[test]
fn a_relation_that_ends_and_has_no_unit_left_is_listed_in_no_hook_but_still_read() {
    let (mut bench, id) = related(&[]);
    let other = bench.relate("database", "pg", &[]);
    end(&mut bench, id);
    let listed = prints(&format!("[\"database:{other}\"]\n"));
    assert_eq!(bench.call("relation-ids --format=json database"), listed);
    let lines = ["relation-ids --format=json database", "relation-list --app", "relation-get --app - pg"];
    let replies = bench.calls_about(id, RelationStep::Broken, None, &lines);
    assert_eq!(replies, [listed, prints("pg\n"), prints("app: pg\n")]);
}

#[test]
fn a_relation_that_the_unit_alone_leaves_is_listed_while_it_is_broken() {
    let (mut bench, id) = related(&[]);
    let replies = bench.calls_about(id, RelationStep::Broken, None, &["relation-ids --format=json database"]);
    assert_eq!(replies, [prints(&format!("[\"database:{id}\"]\n"))]);
    end(&mut bench, 0);
    let lines = ["relation-ids", "relation-get", "relation-get --app"];
    let replies = bench.calls_about(0, RelationStep::Broken, None, &lines);
    let nobody = refused("no unit or application specified");
    assert_eq!(replies, [prints("mesh:0\n"), nobody.clone(), nobody]);
}

/// A relation whose `created` hook ran is about to go.
fn end(bench: &mut Bench, id: u32) {
    bench.relation(id).life = Life::Dying;
    let unit = bench.model().units.get_mut(UNIT).unwrap();
    unit.memory.relations.entry(id).or_default().created = true;
}

#[test]
fn a_departing_unit_is_listed_no_more_but_still_read() {
    let (mut bench, id) = related(&["pg/0", "pg/1"]);
    let event = HookEvent::Relation {
        relation: id,
        step: RelationStep::Departed,
        unit: Some("pg/0".to_owned()),
        departing: Some("pg/0".to_owned()),
    };
    let replies = bench.calls_in(&event, &["relation-list --format=json", "relation-get unit pg/0"]);
    assert_eq!(replies, [prints("[\"pg/1\"]\n"), prints("pg/0\n")]);
}

#[test]
fn a_unit_that_never_joined_has_no_databag() {
    let (mut bench, id) = related(&["pg/0"]);
    let reply = bench.call(&format!("relation-get -r {id} - pg/7"));
    assert_eq!((reply.code, reply.stdout.as_str()), (1, ""));
    assert!(reply.stderr.starts_with("ERROR cannot read settings for unit \"pg/7\""), "{}", reply.stderr);
    assert!(reply.stderr.ends_with("settings not found\n"), "{}", reply.stderr);
}

#[test]
fn a_unit_that_has_left_stays_readable_while_the_relation_stands() {
    let (mut bench, id) = related(&["pg/0"]);
    let left = HookEvent::Relation {
        relation: id,
        step: RelationStep::Departed,
        unit: Some("pg/0".to_owned()),
        departing: Some("pg/0".to_owned()),
    };
    bench.relation(id).leave("pg/0");
    bench.calls_in(&left, &[]);
    let replies = bench.calls(&[&format!("relation-list -r {id}"), &format!("relation-get -r {id} unit pg/0")]);
    assert_eq!(replies, [silence(), prints("pg/0\n")]);
}
