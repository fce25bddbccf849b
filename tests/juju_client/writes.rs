//! Tools that write: arguments and standard input.

use std::time::Duration;

use discourse_k8s::{juju::Target, secret::Secret};

use crate::tools::{FakeTools, relation, texts};

#[tokio::test]
async fn free_text_is_never_taken_for_a_flag() {
    let fake = FakeTools::with(
        ["status-set", "action-fail", "action-log", "juju-log", "application-version-set"].map(|tool| (tool, "")),
    );
    let tools = fake.tools();
    tools.status_set("active", "--help").await.unwrap();
    tools.application_status_set("active", "-m").await.unwrap();
    tools.action_fail("--x").await.unwrap();
    tools.action_log("-x").await.unwrap();
    tools.juju_log("INFO", "-x").await.unwrap();
    tools.application_version_set("-1").await.unwrap();
    assert_eq!(fake.words("status-set"), ["active", "--", "--help", "--application=true", "active", "--", "-m"]);
    assert_eq!(fake.words("action-fail"), ["--", "--x"]);
    assert_eq!(fake.words("action-log"), ["--", "-x"]);
    assert_eq!(fake.words("juju-log"), ["-l", "INFO", "--", "-x"]);
    assert_eq!(fake.words("application-version-set"), ["--", "-1"]);
}

#[tokio::test]
async fn text_longer_than_an_argument_may_be_is_split_or_cut() {
    let fake = FakeTools::with([("juju-log", ""), ("status-set", "")]);
    let long = "ü".repeat(150_000);
    fake.tools().juju_log("INFO", &long).await.unwrap();
    fake.tools().status_set("waiting", &long).await.unwrap();
    let pieces: String = fake.words("juju-log").into_iter().filter(|word| word.starts_with('ü')).collect();
    assert_eq!((pieces == long, fake.words("status-set").last().map(String::len)), (true, Some(100_000)));
}

#[tokio::test]
async fn a_write_of_nothing_runs_no_tool() {
    let fake = FakeTools::with([]);
    let tools = fake.tools();
    tools.relation_set(&relation(), Target::App, &texts([])).await.unwrap();
    tools.action_set(&[]).await.unwrap();
    tools.action_log("").await.unwrap();
    tools.juju_log("INFO", "").await.unwrap();
    tools.state_delete(&[]).await.unwrap();
}

#[tokio::test]
async fn a_databag_is_passed_on_standard_input_as_json_that_is_valid_yaml() {
    let fake = FakeTools::with([("relation-set", r#"cat >"$0.fed""#)]);
    let changes = texts([("key", "pass/w\u{85}ord 😀"), ("gone", "")]);
    fake.tools().relation_set(&relation(), Target::App, &changes).await.unwrap();
    assert_eq!(fake.words("relation-set"), ["-r", "database:7", "--app", "--file", "-"]);
    assert_eq!(fake.recorded("relation-set.fed"), r#"{"gone":"","key":"pass/w\u0085ord 😀"}"#);
}

#[tokio::test]
async fn a_tool_that_fails_without_reading_its_input_reports_its_reason() {
    let fake = FakeTools::with([("relation-set", "echo 'ERROR cannot write relation settings' >&2; exit 1")]);
    let changes = texts([("key", &"x".repeat(1 << 20))]);
    let error = fake.tools().relation_set(&relation(), Target::App, &changes).await.unwrap_err();
    assert_eq!(error.to_string(), "run relation-set: exit code 1: cannot write relation settings");
    assert!(error.is_not_leader());
}

#[tokio::test]
async fn a_tool_that_writes_a_lot_to_standard_error_before_it_reads_does_not_block() {
    let fake = FakeTools::with([("relation-set", r#"seq 100000 >&2; cat >"$0.fed""#)]);
    let (tools, id, changes) = (fake.tools(), relation(), texts([("key", &"x".repeat(1 << 20))]));
    let call = tools.relation_set(&id, Target::Unit, &changes);
    tokio::time::timeout(Duration::from_secs(20), call).await.unwrap().unwrap();
    assert_eq!(fake.recorded("relation-set.fed").len(), (1 << 20) + r#"{"key":""}"#.len());
}

#[tokio::test]
async fn a_key_reaches_juju_in_a_file_and_in_no_argument() {
    let fake = FakeTools::with([("secret-set", r#"cp "${3#secret-key#file=}" "$0.file""#)]);
    fake.tools().secret_set("abc", &Secret::from("hunter2".to_owned())).await.unwrap();
    assert_eq!(fake.recorded("secret-set.file"), "hunter2");
    assert!(fake.words("secret-set").iter().all(|word| !word.contains("hunter2")));
}
