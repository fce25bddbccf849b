//! The charm's own notes, kept by the controller.

use crate::bench::{Bench, fails, prints, refused, silence};
use stage::{HookEvent, Version};
use std::collections::BTreeMap;

fn state(bench: &mut Bench) -> BTreeMap<String, String> {
    bench.model().units["probe/0"].state.clone()
}

#[test]
fn an_empty_state_is_null() {
    assert_eq!(
        Bench::leader().calls(&["state-get --format=json", "state-get --format=json -"]),
        [prints("null\n"), prints("null\n")]
    );
}

#[test]
fn state_is_read_back_whole_or_by_key() {
    let replies = Bench::leader().calls(&[
        "state-set a=1 b=x=y",
        "state-get --format=json",
        "state-get --format=json -",
        "state-get --format=json a",
        "state-get b",
    ]);
    let whole = prints("{\"a\":\"1\",\"b\":\"x=y\"}\n");
    assert_eq!(replies, [silence(), whole.clone(), whole, prints("\"1\"\n"), prints("x=y\n")]);
}

#[test]
fn a_missing_key_reads_like_an_empty_value_unless_strict() {
    let mut bench = Bench::leader();
    let replies = bench.calls(&[
        "state-set empty=",
        "state-get --format=json empty",
        "state-get --format=json nope",
        "state-get --strict --format=json empty",
        "state-get --strict --format=json nope",
    ]);
    assert_eq!(replies, [silence(), prints("\"\"\n"), prints("\"\"\n"), prints("\"\"\n"), fails("\"nope\" not found")]);
    assert_eq!(state(&mut bench), BTreeMap::from([("empty".to_owned(), String::new())]));
}

#[test]
fn state_comes_from_a_file_with_the_rules_of_databags() {
    let mut bench = Bench::leader();
    let replies = bench.calls(&[
        "echo '{\"a\": \"1\", \"b\": 007}' | state-set --file - c=3",
        "echo '{\"a\": [1]}' | state-set --file -",
    ]);
    assert_eq!((&replies[0], replies[1].code), (&silence(), 1));
    let wanted = [("a", "1"), ("b", "007"), ("c", "3")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(state(&mut bench), BTreeMap::from(wanted));
}

#[test]
fn pairs_that_are_none_are_refused() {
    assert_eq!(Bench::leader().call("state-set x"), refused("expected \"key=value\", got \"x\""));
}

#[test]
fn a_key_is_taken_away_whether_it_is_there_or_not() {
    let mut bench = Bench::leader();
    bench.call("state-set a=1 b=2");
    assert_eq!(
        bench.calls(&["state-delete a", "state-delete nope", "state-get --format=json"]),
        [silence(), silence(), prints("{\"b\":\"2\"}\n")]
    );
    assert_eq!(state(&mut bench).into_keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn keys_and_values_have_their_limits() {
    let text = |bytes: usize| format!("$(head -c {bytes} /dev/zero | tr '\\0' x)");
    for (version, excess) in [(Version::V3_6, " exceeded"), (Version::V4_0, ": quota limit exceeded")] {
        let replies = Bench::of(version).calls(&[
            &format!("state-set {}=1", text(256)),
            &format!("state-set {}=1", text(257)),
            &format!("state-set a={}", text(65_536)),
            &format!("state-set a={}", text(65_537)),
        ]);
        let [key, value] = [("key", 256), ("value", 65_536)]
            .map(|(what, limit)| fails(&format!("max allowed {what} length ({limit}){excess}")));
        assert_eq!(replies, [silence(), key, silence(), value]);
    }
}

#[test]
fn blanks_around_keys_and_values_count_in_files_only() {
    let mut bench = Bench::leader();
    bench.calls(&["state-set ' a = b ' '' c=", "echo '{\" d \": \" e \"}' | state-set --file -"]);
    assert_eq!(bench.call("state-get --format=json"), prints("{\" d \":\" e \",\"a\":\"b\",\"c\":\"\"}\n"));
}

#[test]
fn no_key_asks_for_all_and_takes_nothing_away() {
    let replies = Bench::leader().calls(&["state-get -", "state-get ''", "state-delete", "state-delete ''"]);
    assert_eq!(replies, [prints("{}\n"), prints("{}\n"), silence(), silence()]);
}

#[test]
fn more_state_than_the_controller_keeps_fails_the_hook() {
    let mut bench = Bench::leader();
    let fill = "head -c 65000 /dev/zero | tr '\\0' x >value; for i in $(seq 40); do state-set key$i=$(cat value) || exit 1; done";
    let (run, replies) = bench.hook(&HookEvent::update_status(), &[fill], 0);
    assert_eq!((replies, run.is_success(), state(&mut bench).len()), (vec![silence()], false, 0));
}
