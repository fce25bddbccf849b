//! Malformed input of every kind: a status or message names it, no hook fails, the server is left alone, and no secret is shown.

use crate::forum::{Forum, Outcome};
use serde_json::{Value, json};
use stage::{ActionStatus, Databag};

/// The names of all options.
fn options(forum: &Forum) -> Vec<String> {
    forum.stage.model().application().charm.options.keys().cloned().collect()
}

#[test]
fn an_option_of_the_wrong_type_blocks_and_names_the_option() {
    let mut forum = Forum::active();
    let values = [json!(["a list"]), json!({"a": "map"}), json!(2.5)];
    for (name, value) in options(&forum).iter().zip(values.iter().cycle()) {
        forum.stage.set_config_unchecked([(name.as_str(), value.clone())]);
        forum.update_status().assert_unchanged(&format!("blocked: {name} must be "));
        forum.stage.set_config_unchecked([(name.as_str(), Value::Null)]);
    }
    assert_eq!(forum.update_status(), Outcome::active());
}

#[test]
fn all_options_of_the_wrong_type_are_named_at_once() {
    let mut forum = Forum::deployed(1);
    let names = options(&forum);
    forum.stage.set_config_unchecked(names.iter().map(|name| (name.as_str(), json!(["a list"]))));
    let status = forum.settle().status;
    assert!(names.iter().all(|name| status.contains(name)), "{status}");
}

#[test]
fn an_option_with_a_nul_character_blocks_without_showing_the_value() {
    let mut forum = Forum::active();
    for name in ["smtp_password", "smtp_domain", "saml_sync_groups", "developer_emails"] {
        forum.stage.set_config_unchecked([(name, json!("hunter2\0hunter2"))]);
        let expected = format!("blocked: {name} must be text without NUL characters");
        assert_eq!(forum.update_status(), Outcome::unchanged(&expected));
        forum.stage.set_config_unchecked([(name, Value::Null)]);
    }
}

#[test]
fn a_secret_that_is_incomplete_is_waited_for() {
    let mut forum = Forum::active();
    let uri = forum.stage.remote_app_bag("database")["secret-user"].clone();
    let intact = forum.stage.model().secret(&uri).unwrap().clone();
    let cases: [(&str, &[(&str, &str)]); 4] = [
        ("password", &[("username", "jane"), ("password", "")]),
        ("password", &[("username", "jane")]),
        ("username", &[("password", "hunter2")]),
        ("username", &[("note", "hunter2")]),
    ];
    for (missing, content) in cases {
        forum.stage.secret(&uri).update(content).unwrap();
        let expected = format!("waiting: waiting for {missing} in the relation database");
        assert_eq!(forum.update_status(), Outcome::unchanged(&expected));
        forum.stage.secret(&uri).restore(&intact);
    }
    assert_eq!(forum.update_status(), Outcome::active());
}

#[test]
fn a_password_with_a_nul_character_is_rejected_without_being_shown() {
    let mut forum = Forum::active();
    forum.postgresql.write("password", "hunter2\0hunter2");
    let expected = "blocked: database: password must not contain a NUL character: correct it in postgresql-k8s";
    assert_eq!(forum.settle(), Outcome::unchanged(expected));
    forum.postgresql.restore();
    assert_eq!(forum.settle(), Outcome::active());
}

#[test]
fn malformed_values_in_the_peer_databag_are_replaced() {
    let mut forum = Forum::active();
    let before = forum.stage.unit_bag("restart", 0);
    for key in ["image", "schema", "migrated", "version", "assets", "attempt", "state"] {
        for value in ["{", "\u{1b}[31m", "null", "[1, 2]"] {
            forum.stage.write_unit_bag("restart", 0, key, value).unwrap();
            // The database is asked again for what is not known any more.
            let outcome = Outcome { posts: Vec::new(), ..forum.update_status() };
            assert_eq!(outcome, Outcome::active(), "{key}={value}");
        }
    }
    let after = forum.stage.unit_bag("restart", 0);
    assert_eq!(after["state"], "release");
    assert_eq!(without_progress(after), without_progress(before));
}

/// The peer databag without what a unit finds out again by itself, or only writes on the way.
fn without_progress(mut bag: Databag) -> Databag {
    bag.retain(|key, _| !["state", "assets", "schema", "migrated"].contains(&key.as_str()));
    bag
}

#[test]
fn malformed_parameters_of_an_action_are_named_without_a_rails_boot() {
    let mut forum = Forum::active();
    for (action, parameters, message) in [
        ("add-admin-user", json!({"email": "a@b.c"}), "the parameter password is missing: password=..."),
        (
            "add-admin-user",
            json!({"email": "a@b.c", "password": 12_345_678}),
            "the parameter password is not text: quote it twice, password='\"...\"'",
        ),
        (
            "create-user",
            json!({"email": ["hunter2"]}),
            "the parameter email is not text: quote it twice, email='\"...\"'",
        ),
        ("create-user", json!({"email": "a@b.c", "active": "hunter2"}), "the parameter active must be true or false"),
        ("promote-user", json!({"email": "hunter2"}), "the parameter email is not an e-mail address"),
        ("promote-user", Value::Null, "the parameter email is missing: email=..."),
        ("anonymize-user", json!({"username": " "}), "the parameter username is empty"),
        ("fly", json!({"password": "hunter2"}), "this charm has no action fly"),
    ] {
        let run = forum.stage.run_unchecked(0, action, &parameters).unwrap();
        assert_eq!((run.status, run.message.as_str()), (ActionStatus::Failed, message));
        assert_eq!(forum.outcome(run.hook.as_slice()), Outcome::active(), "{action} {parameters}");
    }
}
