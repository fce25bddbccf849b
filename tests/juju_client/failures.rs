//! Tools that fail or print something malformed.

use std::{fs, os::unix::fs::PermissionsExt};

use discourse_k8s::juju::ToolError;

use crate::tools::{FakeTools, relation};

const SECRET: &str = "secret:9m4e2mr0ui3e8a215n4g";

/// The error of a call whose tool runs these lines.
async fn failure(lines: &str) -> (String, ToolError) {
    let fake = FakeTools::with([("secret-get", lines)]);
    let error = fake.tools().secret_get(SECRET).await.unwrap_err();
    (error.to_string(), error)
}

#[tokio::test]
async fn failures_keep_the_message_of_the_tool_and_can_be_distinguished() {
    let (text, denied) = failure("echo 'ERROR permission denied' >&2; exit 1").await;
    assert_eq!(
        (text.as_str(), denied.is_permission_denied()),
        ("run secret-get: exit code 1: permission denied", true)
    );
    let (_, gone) = failure("echo 'ERROR secret \"9m4e\" not found' >&2; exit 1").await;
    assert_eq!((gone.is_not_found(), gone.is_permission_denied()), (true, false));
    let (_, usage) = failure("echo 'ERROR secret URI \"x\" not valid' >&2; exit 2").await;
    assert_eq!((usage.is_invalid_uri(), usage.is_not_found()), (true, false));
}

#[tokio::test]
async fn the_id_of_a_secret_which_others_named_is_not_quoted() {
    let (text, error) = failure(&format!("echo 'ERROR secret \"{SECRET}\" not found' >&2; exit 1")).await;
    assert_eq!(
        (text.as_str(), error.is_not_found()),
        (r#"run secret-get: exit code 1: secret "secret:***" not found"#, true)
    );
}

#[tokio::test]
async fn output_of_16_mib_is_accepted_whole_and_any_more_is_a_failure() {
    let padded = |length: u32| format!(r#"printf '{{"key":"v"}}'; head -c {length} /dev/zero | tr '\0' ' '"#);
    let whole = padded((16 << 20) - 11);
    let fake = FakeTools::with([("secret-get", whole.as_str())]);
    assert_eq!(fake.tools().secret_get(SECRET).await.unwrap().len(), 1);
    drop(fake);
    let (text, _) = failure(&padded((16 << 20) - 10)).await;
    assert_eq!(text, "run secret-get: its output is too long");
}

#[tokio::test]
async fn a_tool_that_prints_without_end_is_killed() {
    let (text, _) = failure("exec cat /dev/zero").await;
    assert_eq!(text, "run secret-get: its output is too long");
}

#[tokio::test]
async fn much_standard_error_holds_up_no_tool_and_only_its_beginning_is_kept() {
    let (text, _) = failure("echo 'ERROR boom' >&2; head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1").await;
    assert!(text.starts_with("run secret-get: exit code 1: boom xxx") && text.len() < 5000, "{}", text.len());
}

#[tokio::test]
async fn a_tool_that_is_missing_or_killed_or_not_executable_is_named() {
    let fake = FakeTools::with([("is-leader", "kill -KILL $$"), ("config-get", "")]);
    fs::set_permissions(fake.dir.join("config-get"), fs::Permissions::from_mode(0o644)).unwrap();
    let tools = fake.tools();
    let texts = [
        tools.status_get().await.unwrap_err().to_string(),
        tools.is_leader().await.unwrap_err().to_string(),
        tools.config_get().await.unwrap_err().to_string(),
    ];
    let expected = [
        "run status-get: there is no such tool",
        "run is-leader: signal 9 ended it",
        "run config-get: it could not be run",
    ];
    assert_eq!(texts, expected);
}

#[tokio::test]
async fn malformed_output_is_an_error_that_does_not_quote_it() {
    let outputs = [
        "",
        "null",
        "hunter2",
        r#""hunter2""#,
        r#"["hunter2"]"#,
        r#"{"password":["hunter2"]}"#,
        r#"{"password":"hunter2""#,
    ];
    for output in outputs {
        let (text, error) = failure(&format!("cat <<'END'\n{output}\nEND")).await;
        assert_eq!(text, "run secret-get: its output is not a map of texts", "{output}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn output_that_is_not_utf_8_is_malformed() {
    let (text, _) = failure(r#"printf '{"password":"\377"}'"#).await;
    assert_eq!(text, "run secret-get: its output is not a map of texts");
}

#[tokio::test]
async fn relation_ids_and_unit_names_without_a_number_are_malformed() {
    let fake = FakeTools::with([("relation-ids", r#"echo '["database"]'"#), ("relation-list", r#"echo '["pg"]'"#)]);
    let tools = fake.tools();
    let ids = tools.relation_ids("database").await.unwrap_err().to_string();
    let units = tools.relation_list(&relation()).await.unwrap_err().to_string();
    assert_eq!(ids, "run relation-ids: its output is not a list of relations");
    assert_eq!(units, "run relation-list: its output is not a list of units");
}
