//! Hook tools that fail for a relation which the forum can do without: that relation alone waits.

use std::{collections::BTreeMap, thread};

use crate::forum::{Forum, Outcome, server_starts};
use rehearsal::providers::{s3, smtp, smtp_with_password};
use serde_json::Value;
use stage::{Outcome as Answer, faults::CallFault, remote::Scripted};

/// The endpoints whose relations the forum can do without.
const OPTIONAL: [&str; 10] = [
    "nginx-route",
    "ingress",
    "smtp",
    "s3",
    "saml",
    "oauth",
    "metrics-endpoint",
    "grafana-dashboard",
    "logging",
    "tracing",
];

/// The endpoint that a call is about, if the forum can do without its relations.
pub fn optional_endpoint(forum: &Forum, argv: &[String]) -> Option<&'static str> {
    let is_about = |endpoint: &&str| {
        let is_named = argv.iter().any(|word| word.split(':').next() == Some(*endpoint));
        let bag = forum.stage.remote_app_bag(endpoint);
        is_named || (argv[0] == "secret-get" && bag.values().any(|value| argv.contains(value)))
    };
    OPTIONAL.into_iter().find(is_about)
}

/// What must stay as it is: every variable but those of Redis, and the log targets.
fn kept(forum: &Forum) -> (BTreeMap<String, String>, Value) {
    let mut environment = forum.environment();
    environment.retain(|name, _| !name.starts_with("DISCOURSE_REDIS_"));
    (environment, forum.plan()["log-targets"].clone())
}

/// A failover of Redis in a hook in which a call about an endpoint fails.
#[track_caller]
fn assert_failover_is_followed(forum: &mut Forum, endpoint: &str, argv: &[String], answer: &Answer) {
    let before = kept(forum);
    forum.redis.fail_over().unwrap();
    forum.stage.faults().calls.push(CallFault { prefix: argv.to_vec(), skip: 0, once: false, outcome: answer.clone() });
    let runs = forum.run_hooks();
    let outcome = forum.outcome(&runs);
    forum.stage.faults().clear();
    let what = match argv[0].as_str() {
        "network-get" => "relations do not get the address of the pod".to_owned(),
        _ => format!("{endpoint} cannot be read"),
    };
    let warning = format!("active: {what}: run {}: ", argv[0]);
    assert!(outcome.status.starts_with(&warning), "{argv:?} {answer:?}: {}", outcome.status);
    assert_eq!(
        (outcome.is_ready, outcome.failed_hooks, server_starts(&runs), kept(forum)),
        (true, vec![], 1, before),
        "{argv:?} {answer:?}"
    );
    let is_written = |run: &stage::HookRun| {
        run.tools.iter().any(|call| call.is_write() && optional_endpoint(forum, &call.argv) == Some(endpoint))
    };
    assert!(!runs.iter().any(is_written), "{argv:?}");
    assert_eq!(forum.update_status(), Outcome::unchanged("active"), "{argv:?} {answer:?}");
}

/// The calls of a steady hook about relations that the forum can do without.
fn optional_calls(forum: &mut Forum) -> Vec<(&'static str, Vec<String>)> {
    forum.update_status();
    let calls = forum.stage.update_status(0).unwrap().tools;
    calls.into_iter().filter_map(|call| Some((optional_endpoint(forum, &call.argv)?, call.argv))).collect()
}

#[test]
fn a_failover_is_followed_whichever_call_about_an_optional_relation_fails_in_whatever_way() {
    let answers = || {
        let failures = [Answer::Fail(1, "boom".to_owned()), Answer::Die, Answer::Fail(2, "boom".to_owned())];
        failures.into_iter().chain([Answer::Print("<?>".to_owned())]).cycle()
    };
    let each_in = |part: usize| {
        let mut forum = crate::integrations::fully_related_forum(stage::Stage::builder());
        let calls = optional_calls(&mut forum);
        assert!(calls.len() > 25, "{calls:?}");
        for ((endpoint, argv), answer) in calls.iter().zip(answers()).skip(part).step_by(4) {
            assert_failover_is_followed(&mut forum, endpoint, argv, &answer);
        }
    };
    thread::scope(|scope| (0..4).for_each(|part| drop(scope.spawn(move || each_in(part)))));
}

#[test]
fn a_failover_is_followed_while_the_secret_of_an_option_cannot_be_read() {
    let mut forum = Forum::related();
    let secret = forum.stage.add_secret(&[("username", "forum"), ("password", "hunter2")]);
    forum.stage.grant_secret(&secret).unwrap();
    forum.set("smtp_address", "mail.example.com");
    forum.set("smtp_credentials", secret.as_str());
    forum.settle();
    let before = kept(&forum);
    forum.redis.fail_over().unwrap();
    forum.stage.faults().fail_calls(&["secret-get", "--format=json", "--refresh", "--", &secret], 1, "boom");
    let outcome = forum.settle();
    assert!(outcome.status.starts_with("active: smtp_credentials cannot be read: run secret-get: "), "{outcome:?}");
    assert_eq!((outcome.is_ready, outcome.server_starts, kept(&forum)), (true, 1, before));
}

#[test]
fn a_new_pod_starts_without_a_mail_server_but_not_without_an_object_storage_that_cannot_be_read() {
    for (provider, expected) in [
        (smtp_with_password(), "active: smtp cannot be read: run relation-list: exit code 1: boom"),
        (s3(), "waiting: s3 cannot be read: run relation-list: exit code 1: boom"),
    ] {
        let endpoint = stage::Remote::endpoint(&provider).0.to_owned();
        let mut forum = Forum::related();
        forum.stage.relate(&endpoint, provider).unwrap();
        let id = forum.stage.model().relation(&endpoint).unwrap().id.to_string();
        let argument = format!("{endpoint}:{id}");
        forum.stage.faults().fail_calls(&["relation-list", "--format=json", "-r", &argument], 1, "boom");
        let outcome = forum.settle();
        assert!(outcome.status.starts_with(expected), "{}", outcome.status);
        assert_eq!(outcome.is_ready, expected.starts_with("active"));
    }
}

#[test]
fn what_cannot_be_written_to_one_relation_is_written_to_all_others() {
    let mut forum = Forum::related();
    forum.stage.faults().fail_calls(&["relation-set", "-r", "nginx-route:3"], 1, "boom");
    forum.stage.faults().fail_calls(&["open-port"], 1, "boom");
    let outcome = forum.settle();
    assert!(outcome.status.starts_with("waiting: run open-port: exit code 1: boom"), "{}", outcome.status);
    assert_eq!((outcome.is_ready, outcome.rails_boots.len(), outcome.server_starts), (true, 1, 1));
    let unit = forum.stage.unit_bag("restart", 0);
    assert!(unit.contains_key("migrated") && unit.contains_key("version") && !unit.contains_key("port"), "{unit:?}");
    forum.stage.faults().clear();
    forum.update_status();
    assert_eq!(forum.update_status(), Outcome::active());
    assert_eq!(forum.stage.unit(0).opened_ports(), ["3000/tcp"]);
    assert!(!forum.stage.app_bag("nginx-route").is_empty());
}

#[test]
fn the_database_keeps_its_secret_when_another_relation_names_it_too() {
    let mut forum = Forum::active();
    let uri = forum.stage.remote_app_bag("database")["secret-user"].clone();
    let (_, id) = uri.rsplit_once(['/', ':']).unwrap();
    let before = kept(&forum);
    let curious = smtp().app("password_id", &format!("secret://6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14/{id}"));
    let curious: Scripted = curious.app("host", "curious.example.com");
    forum.stage.relate("smtp", curious).unwrap();
    let expected = "waiting: waiting for a password_id with a secret of its own in the relation smtp";
    assert_eq!(forum.settle(), Outcome::unchanged(expected));
    assert_eq!(kept(&forum), before);
    let warning = "smtp names the secret of database: it is used for database only";
    assert!(forum.log().contains(warning), "{}", forum.log());
}
