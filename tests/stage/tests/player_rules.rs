//! The player of recorded exchanges notices what differs, and refuses what it does not know.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a recording that cannot be changed fails its test")]

#[allow(dead_code, reason = "the rest plays whole folders")]
mod player;

use player::{comparison::Outcome, playing, recording::Scenario};
use serde_json::{Value, json};
use stage::Version;
use std::{fs, path::Path};

/// A recording with another value at one place.
fn changed(name: &str, place: &str, value: Value) -> Result<Scenario, String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchanges").join(name).with_extension("json");
    let mut recording: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let (parent, key) = place.rsplit_once('/').unwrap();
    recording.pointer_mut(parent).unwrap()[key] = value;
    Scenario::parse(&recording.to_string()).map_err(|error| error.to_string())
}

/// What of a scenario fails, of both versions.
fn failures(scenario: &Scenario) -> Vec<String> {
    let played = Version::ALL.into_iter().flat_map(|version| playing::play(scenario, version).unwrap());
    played.filter(|verdict| verdict.outcome != Outcome::Equal).map(|verdict| verdict.name).collect()
}

#[test]
fn one_other_byte_in_an_answer_fails_and_nothing_else_does() {
    let place = "/hooks/1/calls/0/answers/3.6/stdout";
    let scenario = changed("config-snapshot", place, json!("neW\n")).unwrap();
    assert_eq!(failures(&scenario), ["config-snapshot::1::0::3.6"]);
}

#[test]
fn of_help_the_first_line_is_compared() {
    let call = |usage: &str| {
        let answer = json!({"code": 0, "stdout": format!("Usage: is-leader{usage}\n"), "stderr": ""});
        json!({"argv": ["is-leader", "--help"], "answers": {"3.6": answer, "4.0": answer}})
    };
    // The recorded end is that of the calls which this one replaces.
    let failed = |usage| {
        let scenario = changed("leader-yes", "/hooks/0/calls", json!([call(usage)])).unwrap();
        failures(&scenario).into_iter().filter(|name| !name.contains("::end::")).collect::<Vec<_>>()
    };
    assert_eq!(failed(" [options]"), Vec::<String>::new());
    assert_eq!(failed(""), ["leader-yes::0::0::3.6", "leader-yes::0::0::4.0"]);
}

#[test]
fn another_exit_code_fails() {
    let scenario = changed("config-snapshot", "/hooks/0/calls/0/answers/4.0/code", json!(1)).unwrap();
    assert_eq!(failures(&scenario), ["config-snapshot::0::0::4.0"]);
}

#[test]
fn another_complaint_fails() {
    let scenario = changed("config-snapshot", "/hooks/0/calls/0/answers/4.0/stderr", json!("ERROR\n")).unwrap();
    assert_eq!(failures(&scenario), ["config-snapshot::0::0::4.0"]);
}

#[test]
fn another_model_after_a_hook_fails() {
    for (place, value) in [
        ("/hooks/0/ends/3.6/after/relations/database:1", json!({"app": {}, "unit": {"a": "b"}})),
        ("/hooks/0/ends/3.6/after/secrets/9m4e2mr0ui3e8a215n1g", json!({})),
        ("/hooks/0/ends/3.6/after/state", json!({"a": "b"})),
        ("/hooks/0/ends/3.6/after/ports", json!({"": ["1/tcp"]})),
        ("/hooks/0/ends/3.6/after/status", json!("active: rEady")),
        ("/hooks/0/ends/3.6/after/version", json!("1")),
        ("/hooks/0/ends/3.6/after/log", json!(["INFO unit.probe/0.juju-log: gone"])),
        ("/hooks/0/ends/3.6/error", json!("exit status 1")),
        ("/hooks/0/ends/3.6/action", json!({})),
        ("/hooks/0/ends/3.6/env", json!({"JUJU_HOOK_NAME": "update-status"})),
    ] {
        let scenario = changed("config-snapshot", place, value).unwrap();
        assert_eq!(failures(&scenario), ["config-snapshot::0::end::3.6"], "{place}");
    }
}

#[test]
fn an_unknown_kind_of_event_is_an_error_that_names_it() {
    let refused = changed("config-snapshot", "/hooks/0/event/kind", json!("relation-renamed")).unwrap_err();
    assert!(refused.starts_with("unknown variant `relation-renamed`, expected one of "), "{refused}");
}

#[test]
fn an_unknown_field_is_an_error_that_names_it() {
    for (place, field) in [
        ("/model/weather", "weather"),
        ("/model/relations/0/weather", "weather"),
        ("/hooks/0/event/weather", "weather"),
        ("/hooks/0/weather", "weather"),
        ("/hooks/0/calls/0/weather", "weather"),
        ("/hooks/0/calls/0/answers/3.6/weather", "weather"),
        ("/hooks/0/ends/3.6/weather", "weather"),
    ] {
        let refused = changed("config-snapshot", place, json!(1)).unwrap_err();
        assert!(refused.starts_with(&format!("unknown field `{field}`")), "{place}: {refused}");
    }
}
