//! `--file`: YAML 1.1 as yaml.v2 of Go reads it, values as their text.

use crate::bench::{Bench, Reply, bag, silence};
use std::fs;

/// What the own databag holds after such a file came in through standard input, or how it was refused.
fn kept(text: &str) -> Result<Vec<(String, String)>, Reply> {
    let mut bench = Bench::leader();
    fs::write(bench.calls_folder().join("settings"), text).unwrap();
    let reply = bench.call("relation-set -r 0 --file - <settings");
    if reply == silence() { Ok(bench.own_bag(0).into_iter().collect()) } else { Err(reply) }
}

fn value(text: &str) -> Option<String> {
    let kept = kept(text).unwrap_or_else(|reply| panic!("{text:?}: {}", reply.stderr));
    kept.into_iter().next().map(|(_, value)| value)
}

fn is_refused(text: &str) -> bool {
    let refusal = kept(text).map_err(|reply| (reply.code, reply.stderr.starts_with("ERROR yaml: ")));
    refusal == Err((1, true))
}

#[test]
fn json_and_yaml_maps_are_read() {
    let pairs = |entries: &[(&str, &str)]| Ok(bag(entries).into_iter().collect());
    assert_eq!(kept("{\"a\": \"1\", \"b-c\": \"x: y\"}"), pairs(&[("a", "1"), ("b-c", "x: y")]));
    assert_eq!(kept("a: 1\nb-c: 'x: y'\n"), pairs(&[("a", "1"), ("b-c", "x: y")]));
    assert_eq!(kept(""), Ok(vec![]));
    assert_eq!(kept("{}"), Ok(vec![]));
}

#[test]
fn a_file_is_found_beside_the_caller() {
    let mut bench = Bench::leader();
    fs::write(bench.calls_folder().join("settings"), "a: b").unwrap();
    assert_eq!(
        bench.calls(&["relation-set -r 0 --file settings", "relation-set -r 0 --file=$PWD/settings"]),
        [silence(), silence()]
    );
    assert_eq!(bench.own_bag(0), bag(&[("a", "b")]));
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let reply = Bench::leader().call("relation-set -r 0 --file nothing");
    assert_eq!((reply.code, reply.stderr.starts_with("ERROR ")), (1, true), "{}", reply.stderr);
}

#[test]
fn null_and_the_empty_text_take_a_key_away() {
    for text in ["k: null", "k: ~", "k:", "k: ''", "{\"k\": null}", "{\"k\": \"\"}"] {
        let mut bench = Bench::leader();
        bench.relation(0).unit_bag_mut("probe/0").unwrap().insert("k".to_owned(), "v".to_owned());
        fs::write(bench.calls_folder().join("settings"), text).unwrap();
        bench.call("relation-set -r 0 --file - <settings");
        assert_eq!(bench.own_bag(0), bag(&[]), "{text}");
    }
}

#[test]
fn scalars_become_the_text_that_they_were_written_as() {
    for (text, wanted) in [
        ("k: 007", "007"),
        ("k: 1.50", "1.50"),
        ("k: yes", "yes"),
        ("k: true", "true"),
        ("{\"k\": 5}", "5"),
        ("k: 2026-01-02", "2026-01-02"),
    ] {
        assert_eq!(value(text).as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn texts_outside_ascii_pass_as_they_are() {
    for text in ["ä", "日本", "😀", "\u{2028}x"] {
        let json = format!("{{\"k\": \"a{}b\"}}", text.replace('\u{2028}', "\\u2028"));
        assert_eq!(value(&json), Some(format!("a{text}b")), "{json}");
    }
}

#[test]
fn what_yaml_cannot_hold_passes_when_it_is_escaped() {
    for char in ['\u{7f}', '\u{80}', '\u{85}', '\u{9f}', '\u{2028}', '\u{2029}', '\u{feff}', '\u{fffe}', '\u{ffff}'] {
        let json = format!("{{\"k\": \"a \\u{:04x} b\"}}", u32::from(char));
        assert_eq!(value(&json), Some(format!("a {char} b")), "{json}");
    }
}

#[test]
fn an_escaped_slash_is_an_error() {
    assert!(is_refused(r#"{"k": "a\/b"}"#));
}

#[test]
fn a_character_escaped_in_two_halves_is_an_error() {
    assert!(is_refused(r#"{"k": "\ud83d\ude00"}"#));
}

#[test]
fn raw_control_characters_are_errors() {
    for char in ['\u{1}', '\u{7f}', '\u{80}', '\u{9f}', '\u{fffe}', '\u{ffff}'] {
        assert!(is_refused(&format!("{{\"k\": \"a{char}b\"}}")), "{char:?}");
    }
}

#[test]
fn a_raw_next_line_becomes_a_space_and_takes_the_space_around_it_along() {
    assert_eq!(value("{\"k\": \"a \u{85} b\"}").as_deref(), Some("a b"));
}

#[test]
fn raw_line_separators_lose_the_space_around_them() {
    for char in ['\u{2028}', '\u{2029}'] {
        assert_eq!(value(&format!("{{\"k\": \"a {char} b\"}}")), Some(format!("a{char}b")), "{char:?}");
    }
}

#[test]
fn a_key_has_at_most_1024_characters() {
    let entry = |length: usize| format!("{{\"{}\": \"v\"}}", "k".repeat(length));
    assert!(kept(&entry(1000)).is_ok());
    assert!(is_refused(&entry(1025)));
}

#[test]
fn values_that_are_no_text_are_errors() {
    for text in ["k: [1]", "k: {a: b}", "[1, 2]", "just text", "{\"k\": ["] {
        assert!(is_refused(text), "{text}");
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_errors() {
    let mut bench = Bench::leader();
    fs::write(bench.calls_folder().join("settings"), b"k: \xff\xfe").unwrap();
    let reply = bench.call("relation-set -r 0 --file - <settings");
    assert_eq!((reply.code, reply.stderr.starts_with("ERROR ")), (1, true), "{}", reply.stderr);
}
