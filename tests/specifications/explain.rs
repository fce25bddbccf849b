//! The action `explain`, and `./dispatch explain` in `juju exec`: what the charm sees and would do, without doing or disclosing anything.

use rehearsal::providers::{oauth, s3, smtp, tracing};
use serde_json::{Value, json};
use stage::{ActionRun, ActionStatus, remote::Scripted};

use crate::forum::{ACTIVE, Forum, Outcome, writes};

/// The most that an explanation takes. *Units*: bytes.
const LIMIT: usize = 64 * 1024;

/// The explanation of the first unit as text.
#[track_caller]
fn text(forum: &mut Forum) -> String {
    explanation(&forum.stage.run(0, "explain", json!({})).unwrap())
}

/// The explanation of the first unit as JSON.
#[track_caller]
fn document(forum: &mut Forum) -> Value {
    let text = explanation(&forum.stage.run(0, "explain", json!({"format": "json"})).unwrap());
    serde_json::from_str(&text).unwrap()
}

#[track_caller]
fn explanation(run: &ActionRun) -> String {
    assert_eq!(run.status, ActionStatus::Completed, "{}", run.message);
    run.results["explanation"].as_str().unwrap().to_owned()
}

/// What `./dispatch explain` prints.
#[track_caller]
fn printed(forum: &mut Forum, arguments: &[&str]) -> String {
    let run = forum.stage.exec(0, &[&["./dispatch", "explain"], arguments].concat()).unwrap();
    assert_eq!((run.status, &run.results["return-code"]), (ActionStatus::Completed, &json!(0)), "{:?}", run.results);
    run.results["stdout"].as_str().unwrap().to_owned()
}

/// The line about an endpoint.
#[track_caller]
fn line_about<'a>(explanation: &'a str, endpoint: &str) -> &'a str {
    explanation.lines().map(str::trim).find(|line| line.starts_with(&format!("{endpoint}:"))).unwrap()
}

#[test]
fn a_forum_that_serves_is_explained_with_its_relations_and_warnings() {
    let expected = "\
discourse-k8s/0 in the model forum, the leader
status: active: uploads are lost with the pod: set s3_enabled; and 1 more warning: juju run discourse-k8s/0 explain
next step: none

reasons:
  active: uploads are lost with the pod: set s3_enabled
  active: no mail leaves, so nobody can register with a password: juju config discourse-k8s smtp_address=<host>

relations:
  database:1 with postgresql-k8s at postgresql-k8s-primary.forum.svc.cluster.local:5432; keys: database, endpoints, secret-tls, secret-user, version
  db: not related
  redis:2 with redis-k8s at redis-k8s-0.redis-k8s-endpoints.forum.svc.cluster.local:6379; keys: leader-host
  nginx-route:3
  ingress: not related
  smtp: not related
  s3: not related
  saml: not related
  oauth: not related
  metrics-endpoint: not related
  grafana-dashboard: not related
  logging: not related
  tracing: not related
  restart:0
";
    assert_eq!(text(&mut Forum::active()), expected);
}

#[test]
fn json_tells_programs_the_same() {
    let document = document(&mut Forum::active());
    let active = |message: &str| json!({"kind": "active", "message": message});
    let mail = "no mail leaves, so nobody can register with a password: juju config discourse-k8s smtp_address=<host>";
    let reasons = json!([active("uploads are lost with the pod: set s3_enabled"), active(mail)]);
    let status = active(ACTIVE.trim_start_matches("active: "));
    assert_eq!([&document["status"], &document["reasons"]], [&status, &reasons]);
    assert_eq!([&document["server"], &document["next-step"]], [&json!("serving"), &Value::Null]);
    assert_eq!(
        document["relations"][0],
        json!({
            "endpoint": "database",
            "id": 1,
            "application": "postgresql-k8s",
            "address": "postgresql-k8s-primary.forum.svc.cluster.local:5432",
            "problem": null,
            "keys": ["database", "endpoints", "secret-tls", "secret-user", "version"],
        })
    );
}

#[test]
fn a_half_written_relation_is_explained_by_the_key_that_is_missing_and_those_that_are_there() {
    let mut forum = Forum::active();
    forum.stage.relate("smtp", Scripted::new("smtp-integrator", "smtp", "smtp").app("port", "465")).unwrap();
    forum.settle();
    let expected = "with smtp-integrator; waiting for host in the relation smtp; keys: port";
    let shown = text(&mut forum);
    assert!(line_about(&shown, "smtp").ends_with(expected), "{shown}");
    assert!(shown.contains("\nreasons:\n  waiting: waiting for host in the relation smtp\n"), "{shown}");
}

#[test]
fn an_option_that_changed_since_the_last_hook_is_explained_with_the_step_that_follows() {
    let mut forum = Forum::active();
    forum.stage.set_config_unchecked([("smtp_domain", json!("example.com"))]);
    let shown = text(&mut forum);
    assert!(shown.contains("\nnext step: bring the services to the plan, because changed: smtp_domain\n"), "{shown}");
    let expected = "\nchanges of the server's environment:\n  DISCOURSE_SMTP_DOMAIN (smtp_domain)\n";
    assert!(shown.contains(expected), "{shown}");
    let document = document(&mut forum);
    assert_eq!(document["server"], "outdated");
    assert_eq!(document["next-step"], "bring the services to the plan");
    let change = json!({"variable": "DISCOURSE_SMTP_DOMAIN", "origin": "smtp_domain", "waits-for-restart": false});
    assert_eq!(document["changes"], json!([change]));
}

#[test]
fn an_explanation_changes_nothing() {
    let mut forum = Forum::active();
    forum.stage.set_config_unchecked([("smtp_domain", json!("example.com"))]);
    let runs = [forum.stage.run(0, "explain", json!({})).unwrap().hook.unwrap()];
    assert_eq!((forum.outcome(&runs), writes(&runs)), (Outcome::active(), vec!["action-set"]));
    let runs = [forum.stage.exec(0, &["./dispatch", "explain"]).unwrap().hook.unwrap()];
    assert_eq!((forum.outcome(&runs), writes(&runs)), (Outcome::active(), vec![]));
}

#[test]
fn addresses_are_shown_but_neither_credentials_nor_values_of_unknown_keys() {
    let mut forum = Forum::related();
    forum.set("external_hostname", "forum.example.com");
    forum.set("force_https", true);
    forum.set("smtp_password", "hunter2-of-an-option");
    for provider in [
        smtp().secret("password_id", &[("password", "hunter2-of-smtp")]).app("unknown", "hunter2-unknown"),
        s3().secret("secret-extra", &[("access-key", "hunter2-id"), ("secret-key", "hunter2-of-s3")]),
        oauth().secret("client_secret_id", &[("secret", "hunter2-of-oauth")]),
        tracing("http://user:hunter2@192.0.2.1:9"),
    ] {
        let endpoint = stage::Remote::endpoint(&provider).0.to_owned();
        forum.stage.relate(&endpoint, provider).unwrap();
    }
    forum.settle();
    let (_, password) = forum.postgresql.credentials().unwrap();
    let shown = format!("{}{}", text(&mut forum), document(&mut forum));
    for secret in ["hunter2", &password] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let keys = "auth_type, host, password_id, port, skip_ssl_verify, transport_security, unknown, user";
    let expected = format!("smtp:4 with smtp-integrator at mail.example.com:465; keys: {keys}");
    assert_eq!(line_about(&shown, "smtp"), expected);
    assert_eq!(line_about(&shown, "tracing"), "tracing:7 with tempo-k8s at 192.0.2.1:9; keys: receivers");
}

#[test]
fn hostile_databags_neither_break_an_explanation_nor_make_it_long() {
    let mut forum = Forum::active();
    let huge = "hunter2".repeat(15_000);
    for (endpoint, interface) in [("smtp", "smtp"), ("s3", "s3"), ("saml", "saml"), ("oauth", "oauth")] {
        let provider = Scripted::new(&"long-name-".repeat(30), endpoint, interface);
        for number in 0..30 {
            provider.say(&format!("{number}\u{1b}[31m\n\"\u{0}key{}", "x".repeat(1000)), &huge);
        }
        provider.say("host", &huge);
        provider.say("bucket", &huge);
        forum.stage.relate(endpoint, provider).unwrap();
    }
    forum.settle();
    let shown = text(&mut forum);
    let unsuitable = |c: char| c.is_control() && c != '\n';
    assert!(shown.len() <= LIMIT && !shown.contains(unsuitable) && !shown.contains("hunter2"), "{shown}");
    let document = document(&mut forum).to_string();
    assert!(document.len() <= LIMIT && !document.contains("hunter2"), "{document}");
}

#[test]
fn an_explanation_needs_no_container() {
    let mut forum = Forum::active();
    forum.pod().kill_container("discourse").unwrap();
    let shown = text(&mut forum);
    let expected = "waiting for Pebble in the container discourse";
    assert!(
        shown.contains(&format!("\nstatus: waiting: {expected}")) && shown.contains("\nnext step: none\n"),
        "{shown}"
    );
    assert_eq!(document(&mut forum)["server"], Value::Null);
}

#[test]
fn another_format_fails_with_the_formats_that_there_are() {
    let mut forum = Forum::active();
    let run = forum.stage.run_unchecked(0, "explain", &json!({"format": "xml"})).unwrap();
    assert_eq!((run.status, run.message.as_str()), (ActionStatus::Failed, "the parameter format must be text or json"));
    assert_eq!(forum.status(), ACTIVE);
}

#[test]
fn the_program_prints_in_a_hook_context_what_the_action_gives() {
    let mut forum = Forum::active();
    let shown = text(&mut forum);
    assert_eq!(printed(&mut forum, &[]).trim_end(), shown.trim_end());
    let printed: Value = serde_json::from_str(&printed(&mut forum, &["--format", "json"])).unwrap();
    assert_eq!(printed, document(&mut forum));
}
