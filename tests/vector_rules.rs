//! How a vector is compared, and what may differ; no hook is run here.

#[allow(dead_code, reason = "the rest is for playing vectors")]
mod vectors_replay;

use std::{fs, path::Path};

use serde_json::json;
use vectors_replay::{
    before::Before,
    comparison::{Verdict, compare},
    facts::{Outcome, recorded},
    recording::Recording,
    rules,
};

#[track_caller]
fn recording(name: &str) -> Recording {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    Recording::read(&folder.join(name).with_extension("json")).unwrap_or_else(|error| panic!("{error}"))
}

/// The verdict on a replay whose result is the recorded one with a change.
#[track_caller]
fn verdict(name: &str, change: impl FnOnce(&mut Outcome)) -> Verdict {
    let recording = recording(name);
    let expected = recorded(&recording);
    let mut played = expected.clone();
    change(&mut played);
    played.forget_unlike(&expected);
    compare(&recording, &expected, &played)
}

#[test]
fn a_replay_that_leaves_what_was_recorded_needs_no_rule() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    for recording in Recording::read_all(&folder).unwrap() {
        let same = recorded(&recording);
        let verdict = compare(&recording, &same, &same);
        assert_eq!((verdict.refused, verdict.used.len()), (Vec::new(), 0), "{}", recording.name);
    }
}

#[test]
fn a_difference_that_no_rule_allows_is_reported_with_both_values() {
    let verdict =
        verdict("config-smtp-garbage", |played| played.set("variable DISCOURSE_HOSTNAME", json!("elsewhere")));
    assert_eq!(verdict.refused, [r#"variable DISCOURSE_HOSTNAME: recorded "discourse-k8s", played "elsewhere""#]);
}

#[test]
fn a_variable_may_be_missing_if_it_was_empty_but_not_if_it_had_a_value() {
    let without = |name: &'static str| {
        verdict("config-developer-emails", |played| _ = played.facts.remove(&format!("variable {name}"))).refused
    };
    assert_eq!(without("DISCOURSE_SMTP_ADDRESS"), Vec::<String>::new());
    assert_eq!(
        without("DISCOURSE_DEVELOPER_EMAILS"),
        [r#"variable DISCOURSE_DEVELOPER_EMAILS: recorded "a@example.com,b@example.com", played nothing"#]
    );
}

#[test]
fn commands_must_run_in_the_recorded_order() {
    let verdict = verdict("create-user-admin", |played| played.commands.reverse());
    assert_eq!(
        verdict.refused,
        [r#"order of commands: recorded ["find-user", "write-user"], played ["write-user", "find-user"]"#]
    );
}

#[test]
fn databag_values_that_hold_json_are_compared_as_json() {
    let verdict = verdict("nginx-route-changed-remote", |played| {
        let bag = [(
            "requested-secrets".to_owned(),
            r#"["username","password","tls","tls-ca","uris","read-only-uris","entity-name","entity-password"]"#
                .to_owned(),
        )];
        played.add_bag("database", "app", &bag.into());
    });
    assert_eq!(verdict.refused, Vec::<String>::new());
}

#[test]
fn after_an_uncaught_error_of_the_python_charm_only_reliable_facts_are_compared() {
    let verdict = verdict("config-s3-upload-fails", |played| {
        played.set("hook", json!("done"));
        played.set("variable DISCOURSE_HOSTNAME", json!("anything"));
        played.set("databag restart unit image", json!("one"));
    });
    assert_eq!((verdict.refused, verdict.used.len()), (Vec::new(), 1));
}

#[test]
fn every_rule_names_one_fact_in_full() {
    let kinds = ["variable", "command", "databag", "port"];
    for rule in rules::all() {
        let mut words = rule.on.split(' ');
        let is_known = match (words.next(), words.count()) {
            (Some("databag"), count) => count == 3,
            (Some(kind), 1) => kinds.contains(&kind),
            (Some(kind), 0) => {
                ["environment", "hook", "status", "service", "restart", "version", "action"].contains(&kind)
            }
            _ => false,
        };
        assert!(is_known && !rule.on.contains('*'), "{}", rule.on);
    }
}

#[test]
fn the_published_table_lists_every_difference_and_no_other() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/differences.md");
    let document = fs::read_to_string(path).unwrap();
    let after = document.split_once("<!-- differences: begin -->").unwrap().1;
    let published = after.split_once("<!-- differences: end -->").unwrap().0.trim();
    let table = rules::table();
    assert!(published == table.trim(), "docs/reference/differences.md needs this table:\n\n{table}");
}

#[test]
fn the_state_before_a_vector_leads_to_its_initial_environment() {
    let before = Before::of(&recording("config-s3-switched-off")).unwrap();
    let option = |name: &str| before.config.get(name).cloned();
    assert_eq!(
        (option("s3_enabled"), option("s3_region"), option("force_https"), option("external_hostname")),
        (Some(json!(true)), Some(json!("eu-west-3")), Some(json!(false)), None)
    );
    assert_eq!(
        before.database.get("endpoints").map(String::as_str),
        Some("postgresql-k8s-primary.forum-prod.svc.cluster.local:5432")
    );
}

#[test]
fn a_vector_that_starts_without_a_service_has_no_state_before_it() {
    assert_eq!(Before::of(&recording("start-first-setup-leader")), None);
}
