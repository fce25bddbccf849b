//! Input that no charm should be given: each gets a status or a message that names it, no hook fails, and no secret is shown.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt,
    process::{Command, Output},
};

use crate::forum::{ACTIVE, Forum, assert_harmless, posts, rails_boots, server_starts};
use serde_json::{Value, json};
use stage::{Action, ActionStatus, HookEvent, HookRun};

#[test]
fn every_option_of_a_wrong_type_is_named_and_the_server_goes_on() {
    let mut forum = Forum::active();
    let names: Vec<String> = forum.stage.model().application.charm.options.keys().cloned().collect();
    let values = [json!(["a list"]), json!({"a": "map"}), json!(2.5)];
    for (name, value) in names.iter().zip(values.iter().cycle()) {
        forum.stage.model_mut().application.config.insert(name.clone(), value.clone());
        let run = forum.stage.update_status(0).unwrap();
        assert_harmless(&forum, &run);
        let status = forum.status();
        assert!(status.starts_with(&format!("blocked: {name} must be ")), "{name}={value}: {status}");
        forum.stage.model_mut().application.config.remove(name);
    }
    let run = forum.stage.update_status(0).unwrap();
    assert_eq!((forum.status().as_str(), posts(&[run])), (ACTIVE, vec![]));
}

#[test]
fn a_text_that_no_process_can_be_given_is_named_and_not_shown() {
    let mut forum = Forum::active();
    for name in ["smtp_password", "smtp_domain", "saml_sync_groups", "developer_emails"] {
        let config = &mut forum.stage.model_mut().application.config;
        config.insert(name.to_owned(), json!("hunter2\0hunter2"));
        let run = forum.stage.update_status(0).unwrap();
        assert_harmless(&forum, &run);
        assert_eq!(forum.status(), format!("blocked: {name} must be text without NUL characters"));
        forum.stage.model_mut().application.config.remove(name);
    }
}

#[test]
fn all_options_of_a_wrong_type_are_named_at_once() {
    let mut forum = Forum::deployed(1);
    let names: Vec<String> = forum.stage.model().application.charm.options.keys().cloned().collect();
    let wrong = names.iter().map(|name| (name.clone(), json!(["a list"])));
    forum.stage.model_mut().application.config.extend(wrong);
    forum.settle();
    let status = forum.status();
    assert!(names.iter().all(|name| status.contains(name)), "{status}");
}

#[test]
fn a_secret_that_cannot_be_read_is_waited_for_and_the_server_goes_on() {
    let mut forum = Forum::active();
    let uri = forum.stage.model().relation("database").unwrap().remote_app_bag["secret-user"].clone();
    let id = stage::Secret::bare_id(&uri).to_owned();
    let whole = forum.stage.model().secrets.clone();
    let unreadable = "waiting: waiting for a readable secret-user in the relation database";
    let content = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    for (content, status) in [
        (None, unreadable),
        (
            Some(content(&[("username", "jane"), ("password", "")])),
            "waiting: waiting for password in the relation database",
        ),
        (Some(content(&[("username", "jane")])), "waiting: waiting for password in the relation database"),
        (Some(content(&[("password", "hunter2")])), "waiting: waiting for username in the relation database"),
        (Some(content(&[("note", "hunter2")])), "waiting: waiting for username in the relation database"),
    ] {
        match content {
            None => drop(forum.stage.model_mut().secrets.remove(&id)),
            Some(content) => forum.stage.model_mut().secrets.get_mut(&id).unwrap().update(content),
        }
        let run = forum.stage.update_status(0).unwrap();
        assert_harmless(&forum, &run);
        assert_eq!(forum.status(), status);
        forum.stage.model_mut().secrets.clone_from(&whole);
    }
    forum.stage.model_mut().secrets.get_mut(&id).unwrap().access.clear();
    let run = forum.stage.update_status(0).unwrap();
    assert_harmless(&forum, &run);
    assert_eq!(forum.status(), unreadable);
    forum.stage.model_mut().secrets = whole;
    let run = forum.stage.update_status(0).unwrap();
    assert_eq!((forum.status().as_str(), posts(&[run])), (ACTIVE, vec![]));
}

#[test]
fn a_password_that_no_process_can_be_given_is_refused_without_being_shown() {
    let mut forum = Forum::active();
    forum.postgresql.write("password", "hunter2\0hunter2");
    forum.settle();
    assert_eq!(forum.status(), "waiting: waiting for password: it holds a NUL character in the relation database");
    assert!(!forum.log().contains("hunter2"), "{}", forum.log());
    forum.postgresql.restore();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), server_starts(&runs)), (ACTIVE, 0));
}

#[test]
fn nonsense_in_our_own_notes_is_put_right() {
    let mut forum = Forum::active();
    let noted = forum.stage.unit_bag("restart", 0);
    for key in ["image", "schema", "migrated", "version", "assets", "attempt", "state"] {
        for value in ["{", "\u{1b}[31m", "null", "[1, 2]"] {
            let peers = forum.stage.model_mut().relation_mut("restart").unwrap();
            peers.local_units.get_mut("discourse-k8s/0").unwrap().insert(key.to_owned(), value.to_owned());
            let run = forum.stage.update_status(0).unwrap();
            assert_harmless(&forum, &run);
            assert_eq!((forum.status().as_str(), rails_boots(&[run])), (ACTIVE, vec![]), "{key}={value}");
        }
    }
    let mut left = forum.stage.unit_bag("restart", 0);
    assert_eq!(left.remove("state").as_deref(), Some("release"));
    left.extend(noted.get("migrated").map(|known| ("migrated".to_owned(), known.clone())));
    left.extend(noted.get("schema").map(|known| ("schema".to_owned(), known.clone())));
    left.remove("assets");
    assert_eq!(left, noted);
}

#[test]
fn bad_parameters_of_an_action_are_named_and_boot_nothing() {
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
        let (done, run) = past_the_schema(&mut forum, action, &parameters);
        assert_eq!((done.status, done.message.as_str()), (ActionStatus::Failed, message));
        assert_eq!((run.boots.len(), run.is_success()), (0, true));
        assert!(!forum.log().contains("hunter2"), "{}", forum.log());
    }
}

#[test]
fn an_environment_that_asks_for_nothing_gets_nothing() {
    let long = format!("hooks/{}", "x".repeat(100_000));
    for path in ["", "hooks/", "hooks/fly", "hooks/../../etc/passwd", "/", "\n", "actions/", "start", &long] {
        let done = dispatch(&[("JUJU_DISPATCH_PATH", path.as_bytes())]);
        assert_eq!(told(&done), (Some(0), String::new(), String::new()), "{path:.40}");
    }
    assert_eq!(told(&dispatch(&[])), (Some(0), String::new(), String::new()));
}

#[test]
fn an_environment_that_does_not_say_who_we_are_is_named() {
    let long = "x".repeat(100_000);
    for (name, shown) in
        [("", ""), ("discourse-k8s", "discourse-k8s"), ("/0", "/0"), ("a/-1", "a/-1"), (&long, &long[..80])]
    {
        let done = dispatch(&[("JUJU_DISPATCH_PATH", b"hooks/start"), ("JUJU_UNIT_NAME", name.as_bytes())]);
        let message = format!("reading JUJU_UNIT_NAME failed: {shown:?} is not application/number\n");
        assert_eq!(told(&done), (Some(0), String::new(), message));
    }
    let done = dispatch(&[("JUJU_DISPATCH_PATH", b"hooks/start")]);
    assert_eq!(told(&done).2, "reading JUJU_UNIT_NAME failed: \"\" is not application/number\n");
}

#[test]
fn a_variable_that_is_no_text_is_named() {
    for name in ["JUJU_DISPATCH_PATH", "JUJU_UNIT_NAME", "JUJU_MODEL_NAME", "JUJU_RELATION_ID", "JUJU_CHARM_HTTP_PROXY"]
    {
        let mut variables =
            vec![("JUJU_DISPATCH_PATH", b"hooks/start".as_slice()), ("JUJU_UNIT_NAME", b"discourse-k8s/0")];
        variables.push((name, b"hunter2\xff"));
        let done = dispatch(&variables);
        assert_eq!(told(&done), (Some(0), String::new(), format!("reading {name} failed: it is not UTF-8\n")));
    }
}

#[test]
fn without_hook_tools_every_hook_and_action_ends_well_and_says_so() {
    for (path, tool) in
        [("hooks/start", "config-get"), ("hooks/update-status", "config-get"), ("actions/create-user", "action-get")]
    {
        let done = dispatch(&[("JUJU_DISPATCH_PATH", path.as_bytes()), ("JUJU_UNIT_NAME", b"discourse-k8s/0")]);
        let (code, stdout, stderr) = told(&done);
        assert_eq!((code, stdout.as_str()), (Some(0), ""), "{path}");
        assert!(stderr.contains("there is no such tool"), "{path}: {stderr}");
        assert!(path.starts_with("actions") || stderr.contains(tool), "{path}: {stderr}");
    }
}

#[test]
fn a_hook_whose_output_nobody_reads_ends_well() {
    for name in ["", "discourse-k8s/0"] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut command = command(&[("JUJU_DISPATCH_PATH", b"hooks/start"), ("JUJU_UNIT_NAME", name.as_bytes())]);
        assert_eq!(command.stderr(writer).status().unwrap().code(), Some(0), "{name:?}");
    }
}

/// Runs an action with parameters that Juju's check of the schema would refuse.
fn past_the_schema(forum: &mut Forum, name: &str, parameters: &Value) -> (Action, HookRun) {
    let id = forum.stage.model().actions.keys().next_back().map_or(1, |last| last + 1);
    let parameters = parameters.as_object().cloned().unwrap_or_default();
    let action = Action { name: name.to_owned(), unit: "discourse-k8s/0".to_owned(), parameters, ..Action::default() };
    forum.stage.model_mut().actions.insert(id, action);
    let run = forum.stage.hook(0, &HookEvent::Action { id, name: name.to_owned() }).unwrap();
    (forum.stage.model().actions[&id].clone(), run)
}

/// The charm's program with nothing but these variables: no hook tools and no Pebble.
fn command(variables: &[(&str, &[u8])]) -> Command {
    let mut command = Command::new(crate::forum::charm().join("dispatch"));
    command.env_clear().envs(variables.iter().map(|(name, value)| (name, OsStr::from_bytes(value))));
    command
}

fn dispatch(variables: &[(&str, &[u8])]) -> Output {
    command(variables).output().unwrap()
}

/// Exit code and both outputs.
fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}
