//! The action `diagnose`, and `./dispatch diagnose` in `juju exec`: every fact with a verdict and a remedy, without a change.

use std::{
    collections::BTreeMap,
    io::Write,
    net::TcpListener,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use stage::{ActionRun, ActionStatus};

use crate::forum::{Forum, Outcome, rails_boots, writes};

/// The checks of a forum that serves, each with its verdict; those of the status apart.
const SERVING: [(&str, &str); 24] = [
    ("services", "ok"),
    ("services", "ok"),
    ("readiness", "ok"),
    ("ingress", "ok"),
    ("logs", "ok"),
    ("database", "ok"),
    ("extensions", "ok"),
    ("privileges", "ok"),
    ("owners", "ok"),
    ("collation", "ok"),
    ("pooler", "ok"),
    ("connections", "ok"),
    ("sequences", "ok"),
    ("restore", "ok"),
    ("pg-dump", "ok"),
    ("clock", "ok"),
    ("redis", "ok"),
    ("redis-policy", "ok"),
    ("redis-role", "ok"),
    ("redis-memory", "ok"),
    ("database-network", "ok"),
    ("redis-network", "ok"),
    ("disk", "ok"),
    ("memory", "ok"),
];

/// Checks whose verdict depends on how much disk and memory the machine has.
const MACHINE: [&str; 2] = ["disk", "memory"];

#[track_caller]
fn run(forum: &mut Forum, format: &str) -> ActionRun {
    let began = Instant::now();
    let run = forum.stage.run(0, "diagnose", json!({"format": format})).unwrap();
    assert!(began.elapsed() < Duration::from_secs(10), "it took {:?}", began.elapsed());
    assert_eq!(run.status, ActionStatus::Completed, "{}", run.message);
    assert_eq!(rails_boots(run.hook.as_slice()), Vec::<String>::new());
    run
}

/// The checks of the first unit, as JSON tells them.
#[track_caller]
fn checks(forum: &mut Forum) -> Vec<Value> {
    let run = run(forum, "json");
    let document: Value = serde_json::from_str(run.results["checks"].as_str().unwrap()).unwrap();
    assert_eq!(document["worst"], run.results["worst"]);
    document["checks"].as_array().unwrap().clone()
}

/// Verdict and fact of the checks that are not well, by name; those of the status and the machine are left out.
#[track_caller]
fn unwell(forum: &mut Forum) -> BTreeMap<String, String> {
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let is_left_out = |check: &Value| MACHINE.iter().any(|name| check["name"] == *name) || check["name"] == "status";
    let unwell = checks(forum).into_iter().filter(|check| check["verdict"] != "ok" && !is_left_out(check));
    unwell
        .map(|check| (text(&check, "name"), format!("{} {}", text(&check, "verdict"), text(&check, "fact"))))
        .collect()
}

/// What was found of a check that is not well.
#[track_caller]
fn fact<'a>(unwell: &'a BTreeMap<String, String>, name: &str) -> &'a str {
    unwell.get(name).unwrap_or_else(|| panic!("{name} is well: {unwell:?}"))
}

#[test]
fn of_a_forum_that_serves_everything_is_well_but_the_warnings_of_its_status() {
    let mut forum = Forum::active();
    let checks = checks(&mut forum);
    let (status, others): (Vec<&Value>, Vec<&Value>) = checks.iter().partition(|check| check["name"] == "status");
    let verdict = |check: &Value| match check["name"].as_str() {
        Some(name) if MACHINE.contains(&name) => "ok",
        _ => check["verdict"].as_str().unwrap().to_owned().leak(),
    };
    let others: Vec<(&str, &str)> = others.iter().map(|it| (it["name"].as_str().unwrap(), verdict(it))).collect();
    assert_eq!(others, SERVING, "{checks:#?}");
    let warnings: Vec<&str> = status.iter().map(|check| check["verdict"].as_str().unwrap()).collect();
    assert_eq!(warnings, ["warn", "warn"]);
}

#[test]
fn a_diagnosis_changes_nothing_and_is_printed_in_a_hook_context() {
    let mut forum = Forum::active();
    let run = run(&mut forum, "text");
    let hooks = [run.hook.unwrap()];
    let asked = Outcome::active().posts(&["POST /v1/exec"; 3]);
    assert_eq!((forum.outcome(&hooks), writes(&hooks)), (asked, vec!["action-set"]));
    let printed = forum.stage.exec(0, &["./dispatch", "diagnose"]).unwrap();
    let (printed, shown) = (printed.results["stdout"].as_str().unwrap(), run.results["checks"].as_str().unwrap());
    let names = |text: &str| text.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(printed.trim_end()), names(shown.trim_end()));
    assert!(shown.starts_with("worst: warn\nwarn  status: uploads are lost with the pod: set s3_enabled\n"), "{shown}");
}

#[test]
fn what_is_wrong_with_a_database_is_named() {
    let mut forum = Forum::active();
    for statement in [
        "CREATE TABLE others (id integer)",
        "CREATE SEQUENCE numbers AS integer START 2000000000",
        "SELECT nextval('numbers')",
        "GRANT SELECT ON numbers TO PUBLIC",
    ] {
        forum.postgresql.query(statement).unwrap();
    }
    let unwell = unwell(&mut forum);
    assert_eq!(unwell["owners"], "warn 2 objects in the schema public belong to another user", "{unwell:?}");
    assert_eq!(unwell["sequences"], "warn the fullest has used 93 % of its numbers", "{unwell:?}");
    assert_eq!(unwell.len(), 2, "{unwell:?}");
}

#[test]
fn sessions_of_other_users_count_among_the_connections() {
    let mut forum = Forum::active();
    let _session = forum.postgresql.hold_migration_lock().unwrap();
    let asked = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'";
    // The forum's own come and go.
    let is_told = (0..5).any(|_| {
        let count = forum.postgresql.query(asked).unwrap();
        run(&mut forum, "text").results["checks"]
            .as_str()
            .unwrap()
            .contains(&format!("connections: {} of ", count.trim()))
    });
    assert!(is_told, "{:?}", run(&mut forum, "text").results);
}

#[test]
fn servers_that_are_not_reached_are_named_with_what_stops_it_and_without_a_credential() {
    let mut forum = Forum::active();
    let (_, password) = forum.postgresql.credentials().unwrap();
    forum.postgresql.write("endpoints", "postgresql-k8s-primary.forum.svc.cluster.local:1");
    forum.settle();
    forum.stage.set_config_unchecked([
        ("smtp_address", json!("mail.example.invalid")),
        ("smtp_password", json!("hunter2-of-mail")),
        ("s3_enabled", json!(true)),
        ("s3_access_key_id", json!("hunter2-id")),
        ("s3_secret_access_key", json!("hunter2-of-s3")),
        ("s3_bucket", json!("uploads")),
        ("s3_region", json!("r")),
        ("s3_endpoint", json!("https://192.0.2.1:9000")),
    ]);
    let unwell = unwell(&mut forum);
    let [database, network, mail, storage] =
        ["database", "database-network", "mail-network", "storage-network"].map(|name| fact(&unwell, name));
    assert!(database.starts_with("fail it does not answer: "), "{database}");
    let place = "fail postgresql-k8s-primary.forum.svc.cluster.local:1 is not reached: TCP: ";
    assert!(network.starts_with(place) && network.contains("refused"), "{network}");
    assert!(mail.starts_with("fail mail.example.invalid:587 is not reached: DNS: "), "{mail}");
    assert!(storage.starts_with("fail 192.0.2.1:9000 is not reached: TCP: "), "{storage}");
    let run = run(&mut forum, "text");
    let argv: Vec<String> = run.hook.iter().flat_map(|hook| &hook.tools).flat_map(|call| call.argv.clone()).collect();
    let shown = format!("{:?} {argv:?} {} {}", run.results, forum.log(), forum.status());
    assert!(!shown.contains("hunter2") && !shown.contains(&password), "{shown}");
}

#[test]
fn a_server_that_does_not_speak_tls_is_named() {
    let mut forum = Forum::active();
    let postgresql = forum.variable("DISCOURSE_DB_HOST");
    forum.stage.set_config_unchecked([
        ("smtp_address", json!(postgresql)),
        ("smtp_port", json!(5432)),
        ("smtp_force_tls", json!("true")),
    ]);
    let unwell = unwell(&mut forum);
    assert!(fact(&unwell, "mail-network").contains(":5432 is not reached: TLS: "), "{unwell:?}");
}

#[test]
fn a_server_that_says_nothing_holds_the_probe_up_for_no_longer_than_the_charm_waits() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let began = Instant::now();
    let mut probe = Command::new("ruby")
        .args(["--disable-gems", "-e", include_str!("../../src/workload/probe.rb"), "/"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    write!(probe.stdin.take().unwrap(), "{}", json!({"mail": {"host": "127.0.0.1", "port": port, "tls": true}}))
        .unwrap();
    let answer: Value = serde_json::from_slice(&probe.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(answer["servers"], json!({"mail": "TLS: no answer within 4 s"}));
    assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
}

#[test]
fn a_unit_without_relations_and_one_without_a_container_are_diagnosed_all_the_same() {
    let mut forum = Forum::deployed(1);
    forum.settle();
    let alone = run(&mut forum, "text");
    assert_eq!(alone.results["worst"], "fail");
    let shown = alone.results["checks"].as_str().unwrap().to_owned();
    assert!(
        shown.contains("fail  status: no database: juju integrate discourse-k8s:database postgresql-k8s"),
        "{shown}"
    );
    let mut forum = Forum::active();
    forum.pod().kill_container("discourse").unwrap();
    let away = run(&mut forum, "text");
    let shown = away.results["checks"].as_str().unwrap();
    assert!(shown.contains("fail  container: nothing can be run in it: Pebble does not answer"), "{shown}");
}

#[test]
fn another_format_fails_with_the_formats_that_there_are() {
    let mut forum = Forum::active();
    let run = forum.stage.run_unchecked(0, "diagnose", &json!({"format": "xml"})).unwrap();
    assert_eq!((run.status, run.message.as_str()), (ActionStatus::Failed, "the parameter format must be text or json"));
}
