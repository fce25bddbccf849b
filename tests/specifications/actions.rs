//! The actions: one boot of Rails each, a result or a clear failure, and never a password where it does not belong.

use crate::forum::{Forum, rails_boots};
use serde_json::{Value, json};
use stage::{ActionRun, ActionStatus};

const EMAIL: &str = "jane@example.com";
const PASSWORD: &str = "a very long pass phrase 7";

fn run(forum: &mut Forum, action: &str, parameters: Value) -> ActionRun {
    forum.stage.run(0, action, parameters).unwrap()
}

/// A failed action's message, after making sure that it is no more than that.
fn failure(forum: &mut Forum, action: &str, parameters: Value) -> String {
    let ran = run(forum, action, parameters);
    assert_eq!(ran.status, ActionStatus::Failed, "{ran:?}");
    assert!(ran.hook.as_ref().is_none_or(stage::HookRun::is_success), "{ran:?}");
    ran.message
}

/// A result as text.
fn result(ran: &ActionRun, key: &str) -> String {
    ran.results.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("{key}: {ran:?}")).to_owned()
}

#[test]
fn an_administrator_is_added_in_one_boot_and_adding_again_is_no_error() {
    let mut forum = Forum::active();
    let parameters = json!({"email": EMAIL, "password": PASSWORD});
    let first = run(&mut forum, "add-admin-user", parameters.clone());
    assert_eq!((result(&first, "user").as_str(), result(&first, "created").as_str()), (EMAIL, "true"));
    assert_eq!(rails_boots(first.hook.as_slice()), ["bin/rake charm:user"]);
    let second = run(&mut forum, "add-admin-user", parameters);
    assert_eq!((second.status, result(&second, "created").as_str()), (ActionStatus::Completed, "false"));
    assert!(forum.users().contains(&EMAIL.to_owned()), "{:?}", forum.users());
}

#[test]
fn a_password_of_the_operator_is_only_on_standard_input() {
    let mut forum = Forum::active();
    let ran = run(&mut forum, "add-admin-user", json!({"email": EMAIL, "password": PASSWORD}));
    let hook = ran.hook.unwrap();
    let arguments: Vec<String> = hook.tools.iter().map(|call| call.argv.join(" ")).collect();
    let journal: Vec<String> = hook.boots.iter().map(|boot| boot.entry.to_string()).collect();
    let shown = format!("{arguments:?}{journal:?}{}{}", forum.log(), forum.stage.pod(0).unwrap().log("discourse"));
    assert!(!shown.contains(PASSWORD), "{shown}");
}

#[test]
fn a_created_user_gets_a_generated_password() {
    let mut forum = Forum::active();
    let ran = run(&mut forum, "create-user", json!({"email": EMAIL, "admin": true}));
    assert_eq!((ran.status, result(&ran, "user").as_str()), (ActionStatus::Completed, EMAIL), "{}", ran.message);
    assert_eq!(result(&ran, "password").len(), 32);
    let row = forum.postgresql.query("SELECT admin, active FROM users ORDER BY id DESC LIMIT 1").unwrap();
    assert_eq!(row.trim(), "t|t");
}

#[test]
fn a_user_is_promoted_and_another_anonymized() {
    let mut forum = Forum::active();
    run(&mut forum, "create-user", json!({"email": EMAIL}));
    let promoted = run(&mut forum, "promote-user", json!({"email": EMAIL}));
    assert_eq!((promoted.status, result(&promoted, "user").as_str()), (ActionStatus::Completed, EMAIL));
    run(&mut forum, "create-user", json!({"email": "joe@example.com"}));
    let name = forum.postgresql.query("SELECT username FROM users ORDER BY id DESC LIMIT 1").unwrap().trim().to_owned();
    let anonymized = run(&mut forum, "anonymize-user", json!({"username": name}));
    assert_eq!(
        (anonymized.status, result(&anonymized, "user")),
        (ActionStatus::Completed, name),
        "{}",
        anonymized.message
    );
    assert!(!forum.users().contains(&"joe@example.com".to_owned()));
}

#[test]
fn what_discourse_refuses_is_told_with_the_remedy() {
    let mut forum = Forum::active();
    run(&mut forum, "create-user", json!({"email": EMAIL}));
    for (action, parameters, message) in [
        (
            "create-user",
            json!({"email": EMAIL}),
            "a user jane@example.com exists already: juju run discourse-k8s/0 promote-user email=jane@example.com",
        ),
        (
            "promote-user",
            json!({"email": "nobody@example.com"}),
            "there is no user nobody@example.com: juju run discourse-k8s/0 create-user email=...",
        ),
    ] {
        assert_eq!(failure(&mut forum, action, parameters), message);
    }
    let weak = failure(&mut forum, "add-admin-user", json!({"email": "a@example.com", "password": "short"}));
    assert!(weak.starts_with("Discourse does not accept a@example.com: "), "{weak}");
    assert!(!weak.contains("short\""), "{weak}");
    let odd = failure(&mut forum, "promote-user", json!({"email": "a],db:drop[@example.com"}));
    assert!(odd.starts_with("there is no user ") || odd.starts_with("Discourse does not accept "), "{odd}");
}

#[test]
fn an_action_before_the_forum_is_set_up_fails_with_the_status_of_the_unit() {
    let mut forum = Forum::deployed(1);
    forum.settle();
    let ran = run(&mut forum, "create-user", json!({"email": EMAIL}));
    assert_eq!(format!("blocked: {}", ran.message), forum.status());
    assert_eq!(rails_boots(ran.hook.as_slice()), Vec::<String>::new());
}

#[test]
fn an_action_without_pebble_fails_and_says_so() {
    let mut forum = Forum::active();
    forum.stage.pod(0).unwrap().kill_container("discourse").unwrap();
    let message = failure(&mut forum, "create-user", json!({"email": EMAIL}));
    assert_eq!(message, "Discourse does not run in discourse-k8s/0; wait until juju status says active and try again");
}
