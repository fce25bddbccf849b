//! The charm's side of Juju's hook tools, against tools made of a few lines of shell.
#![cfg(test)]

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use discourse_k8s::{
    juju::{RelationId, Status, Target, ToolError, Tools, UnitName},
    log,
};
use serde_json::json;

/// A program that is being written cannot be run, and another test's new process may still hold it open: so one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A folder of tools that note how they are called; it goes with its value.
struct Kit {
    dir: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Kit {
    /// Tools by name, each with the shell lines that answer a call.
    fn of<const N: usize>(tools: [(&str, &str); N]) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = scratch().join(format!("juju-client-{}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        for (name, lines) in tools {
            let note = r#"for word; do printf '%s\n' "$word"; done >>"$0.words""#;
            fs::write(dir.join(name), format!("#!/bin/sh\n{note}\n{lines}\n")).unwrap();
            fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { dir, _turn: turn }
    }

    fn tools(&self) -> Tools {
        Tools::in_folder(&self.dir)
    }

    /// The arguments of all calls of a tool.
    fn words(&self, tool: &str) -> Vec<String> {
        self.noted(&format!("{tool}.words")).lines().map(str::to_owned).collect()
    }

    fn noted(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(name)).unwrap_or_default()
    }
}

impl Drop for Kit {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.dir));
    }
}

/// Where files of a test go: the sandbox's own place, which goes with it.
fn scratch() -> PathBuf {
    env::var_os("STAGE_SANDBOX").map_or_else(env::temp_dir, PathBuf::from)
}

fn relation() -> RelationId {
    "database:7".parse().unwrap()
}

fn unit(name: &str) -> UnitName {
    name.parse().unwrap()
}

fn texts<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// What a call is told when the tool behaves as these lines say.
async fn failure(lines: &str) -> (String, ToolError) {
    let kit = Kit::of([("secret-get", lines)]);
    let error = kit.tools().secret_get("secret:9m4e2mr0ui3e8a215n4g", "label").await.unwrap_err();
    (error.to_string(), error)
}

#[tokio::test]
async fn answers_are_read_as_typed_values() {
    let kit = Kit::of([
        ("config-get", r#"echo '{"external_hostname":"x","max":5}'"#),
        ("is-leader", "echo true"),
        ("status-get", r#"echo '{"message":"m","status":"active","status-data":{}}'"#),
        ("goal-state", r#"echo '{"units": {"forum/0": {}}, "relations": {"redis": {"r": {"status": "joined"}}}}'"#),
        ("relation-ids", r#"echo '["database:7"]'"#),
        ("relation-list", r#"echo '["pg/0","pg/11"]'"#),
        ("relation-get", r#"echo '{"endpoints":"a:5432","data":"{}"}'"#),
        ("relation-model-get", r#"echo '{"uuid":"u"}'"#),
        ("action-get", r#"echo '{"email":"a@b.c"}'"#),
        ("state-get", "echo null"),
    ]);
    let tools = kit.tools();
    let options = json!({"external_hostname": "x", "max": 5});
    assert_eq!(json!(tools.config_get().await.unwrap()), options);
    assert!(tools.is_leader().await.unwrap());
    let status = Status { status: "active".to_owned(), message: "m".to_owned() };
    assert_eq!(tools.status_get().await.unwrap(), status);
    assert_eq!(tools.related_endpoints().await.unwrap(), ["redis".to_owned()].into());
    assert_eq!(tools.relation_ids("database").await.unwrap(), [relation()]);
    assert_eq!(tools.relation_list(&relation()).await.unwrap(), [unit("pg/0"), unit("pg/11")]);
    let bag = texts([("endpoints", "a:5432"), ("data", "{}")]);
    assert_eq!(tools.relation_get_unit(&relation(), &unit("pg/0")).await.unwrap(), bag);
    assert_eq!(tools.relation_get_app(&relation(), "pg").await.unwrap(), bag);
    assert_eq!(tools.relation_model_get(&relation()).await.unwrap(), "u");
    assert_eq!(json!(tools.action_get().await.unwrap()), json!({"email": "a@b.c"}));
    assert_eq!(tools.state_get().await.unwrap(), texts([]));
    let asked =
        ["--format=json", "-r", "database:7", "-", "pg/0", "--format=json", "-r", "database:7", "--app", "-", "pg"];
    assert_eq!(kit.words("relation-get"), asked);
}

#[tokio::test]
async fn free_text_is_never_taken_for_a_flag() {
    let kit = Kit::of(
        ["status-set", "action-fail", "action-log", "juju-log", "application-version-set"].map(|tool| (tool, "")),
    );
    let tools = kit.tools();
    tools.status_set("active", "--help").await.unwrap();
    tools.application_status_set("active", "-m").await.unwrap();
    tools.action_fail("--x").await.unwrap();
    tools.action_log("-x").await.unwrap();
    tools.juju_log("INFO", "-x").await.unwrap();
    tools.application_version_set("-1").await.unwrap();
    assert_eq!(kit.words("status-set"), ["active", "--", "--help", "--application=true", "active", "--", "-m"]);
    assert_eq!(kit.words("action-fail"), ["--", "--x"]);
    assert_eq!(kit.words("action-log"), ["--", "-x"]);
    assert_eq!(kit.words("juju-log"), ["-l", "INFO", "--", "-x"]);
    assert_eq!(kit.words("application-version-set"), ["--", "-1"]);
}

#[tokio::test]
async fn texts_longer_than_an_argument_may_be_are_split_or_cut() {
    let kit = Kit::of([("juju-log", ""), ("status-set", "")]);
    let long = "ü".repeat(150_000);
    kit.tools().juju_log("INFO", &long).await.unwrap();
    kit.tools().status_set("waiting", &long).await.unwrap();
    let pieces: String = kit.words("juju-log").into_iter().filter(|word| word.starts_with('ü')).collect();
    assert_eq!((pieces == long, kit.words("status-set").last().map(String::len)), (true, Some(100_000)));
}

#[tokio::test]
async fn nothing_to_write_runs_nothing() {
    let kit = Kit::of([]);
    let tools = kit.tools();
    tools.relation_set(&relation(), Target::App, &texts([])).await.unwrap();
    tools.action_set(&[]).await.unwrap();
    tools.action_log("").await.unwrap();
    tools.juju_log("INFO", "").await.unwrap();
    tools.state_delete(&[]).await.unwrap();
}

#[tokio::test]
async fn a_databag_goes_over_standard_input_as_json_that_yaml_reads() {
    let kit = Kit::of([("relation-set", r#"cat >"$0.fed""#)]);
    let changes = texts([("key", "pass/w\u{85}ord 😀"), ("gone", "")]);
    kit.tools().relation_set(&relation(), Target::App, &changes).await.unwrap();
    assert_eq!(kit.words("relation-set"), ["-r", "database:7", "--app", "--file", "-"]);
    assert_eq!(kit.noted("relation-set.fed"), r#"{"gone":"","key":"pass/w\u0085ord 😀"}"#);
}

#[tokio::test]
async fn a_tool_that_refuses_without_reading_its_input_tells_why() {
    let kit = Kit::of([("relation-set", "echo 'ERROR cannot write relation settings' >&2; exit 1")]);
    let changes = texts([("key", &"x".repeat(1 << 20))]);
    let error = kit.tools().relation_set(&relation(), Target::App, &changes).await.unwrap_err();
    assert_eq!(error.to_string(), "run relation-set: exit code 1: cannot write relation settings");
    assert!(error.is_not_leader());
}

#[tokio::test]
async fn a_tool_that_complains_at_length_before_it_reads_is_heard_out() {
    let kit = Kit::of([("relation-set", r#"seq 100000 >&2; cat >"$0.fed""#)]);
    let (tools, id, changes) = (kit.tools(), relation(), texts([("key", &"x".repeat(1 << 20))]));
    let call = tools.relation_set(&id, Target::Unit, &changes);
    tokio::time::timeout(Duration::from_secs(20), call).await.unwrap().unwrap();
    assert_eq!(kit.noted("relation-set.fed").len(), (1 << 20) + r#"{"key":""}"#.len());
}

#[tokio::test]
async fn refusals_keep_their_words_and_can_be_told_apart() {
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
async fn a_tool_that_is_missing_or_killed_or_not_a_program_is_named() {
    let kit = Kit::of([("is-leader", "kill -KILL $$"), ("config-get", "")]);
    fs::set_permissions(kit.dir.join("config-get"), fs::Permissions::from_mode(0o644)).unwrap();
    let tools = kit.tools();
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
async fn unreadable_output_of_a_good_exit_is_an_error_that_does_not_quote_it() {
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
async fn bytes_that_are_no_text_are_unreadable_output() {
    let (text, _) = failure(r#"printf '{"password":"\377"}'"#).await;
    assert_eq!(text, "run secret-get: its output is not a map of texts");
}

#[tokio::test]
async fn names_that_are_none_are_unreadable_output() {
    let kit = Kit::of([("relation-ids", r#"echo '["database"]'"#), ("relation-list", r#"echo '["pg"]'"#)]);
    let tools = kit.tools();
    let ids = tools.relation_ids("database").await.unwrap_err().to_string();
    let units = tools.relation_list(&relation()).await.unwrap_err().to_string();
    assert_eq!(ids, "run relation-ids: its output is not a list of relations");
    assert_eq!(units, "run relation-list: its output is not a list of units");
}

#[tokio::test]
async fn slow_tools_that_are_asked_together_are_waited_for_together() {
    let slow = "sleep 0.5; echo true";
    let kit =
        Kit::of([("is-leader", slow), ("goal-state", "sleep 0.5; echo '{}'"), ("config-get", "sleep 0.5; echo '{}'")]);
    let tools = kit.tools();
    let begun = Instant::now();
    let (leader, related, options) = tokio::join!(tools.is_leader(), tools.related_endpoints(), tools.config_get());
    assert_eq!((leader.unwrap(), related.unwrap().len(), options.unwrap().len()), (true, 0, 0));
    assert!(begun.elapsed() < Duration::from_millis(1400), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_tool_that_nobody_waits_for_any_longer_is_ended() {
    let kit = Kit::of([("is-leader", r#"echo $$ >"$0.pid"; exec sleep 300"#)]);
    let tools = kit.tools();
    let pid = async {
        while !kit.noted("is-leader.pid").ends_with('\n') {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        answer = tools.is_leader() => panic!("{answer:?}"),
        () = pid => {}
    }
    let command_line = format!("/proc/{}/cmdline", kit.noted("is-leader.pid").trim());
    let end = Instant::now() + Duration::from_secs(20);
    while fs::read(&command_line).is_ok_and(|words| !words.is_empty()) {
        assert!(Instant::now() < end, "it still runs");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn log_lines_of_the_charm_reach_juju_once_and_in_order() {
    let kit = Kit::of([("juju-log", "")]);
    log::init();
    tracing::info!(target: "discourse_k8s::charm", "one");
    tracing::error!(target: "reqwest::connect", "not ours");
    tracing::warn!(target: "discourse_k8s::charm", "two");
    log::flush(&kit.tools()).await;
    log::flush(&kit.tools()).await;
    assert_eq!(kit.words("juju-log"), ["-l", "INFO", "--", "one", "-l", "WARNING", "--", "two"]);
}
