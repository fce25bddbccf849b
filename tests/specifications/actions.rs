//! The actions: each boots Rails once, ends with results or a clear failure, and shows no password where it does not belong.

use crate::forum::{Forum, Outcome};
use serde_json::{Value, json};
use stage::{ActionRun, ActionStatus};

const EMAIL: &str = "jane@example.com";
const PASSWORD: &str = "a long pass phrase with hunter2";

#[track_caller]
fn run(forum: &mut Forum, action: &str, parameters: Value) -> ActionRun {
    forum.stage.run(0, action, parameters).unwrap()
}

/// What an operator sees of an action's results, beside the return code.
fn shown(ran: ActionRun) -> Value {
    let mut results = ran.results;
    results.remove("return-code");
    json!(results)
}

/// The results of a completed action.
#[track_caller]
fn results(forum: &mut Forum, action: &str, parameters: Value) -> Value {
    let ran = run(forum, action, parameters);
    assert_eq!(ran.status, ActionStatus::Completed, "{}", ran.message);
    shown(ran)
}

/// The message of a failed action, whose hook succeeds all the same.
#[track_caller]
fn failure(forum: &mut Forum, action: &str, parameters: Value) -> String {
    let ran = run(forum, action, parameters);
    assert_eq!(ran.status, ActionStatus::Failed, "{ran:?}");
    assert_eq!(forum.outcome(ran.hook.as_slice()).failed_hooks, Vec::<String>::new());
    ran.message
}

/// What the actions do to the workload: one boot of Rails.
fn one_boot() -> Outcome {
    Outcome { rails_boots: vec!["bin/rake charm:user".to_owned()], ..Outcome::active() }
}

#[test]
fn an_administrator_is_created_in_one_boot() {
    let mut forum = Forum::active();
    let ran = run(&mut forum, "add-admin-user", json!({"email": EMAIL, "password": PASSWORD}));
    assert_eq!(forum.outcome(ran.hook.as_slice()), one_boot());
    assert_eq!(shown(ran), json!({"user": EMAIL, "created": "true"}));
    assert_eq!(forum.users(), [EMAIL]);
}

#[test]
fn creating_an_administrator_again_is_no_error() {
    let mut forum = Forum::active();
    let parameters = json!({"email": EMAIL, "password": PASSWORD});
    results(&mut forum, "add-admin-user", parameters.clone());
    assert_eq!(results(&mut forum, "add-admin-user", parameters), json!({"user": EMAIL, "created": "false"}));
}

#[test]
fn a_password_given_by_the_operator_is_passed_on_standard_input_only() {
    let mut forum = Forum::active();
    let ran = run(&mut forum, "add-admin-user", json!({"email": EMAIL, "password": PASSWORD}));
    let hook = ran.hook.unwrap();
    let arguments: Vec<String> = hook.tools.iter().map(|call| call.argv.join(" ")).collect();
    let journal: Vec<String> = hook.boots.iter().map(|boot| boot.entry.to_string()).collect();
    let shown = format!("{arguments:?}{journal:?}{}{}", forum.log(), forum.pod().log("discourse"));
    assert!(!shown.contains(PASSWORD), "{shown}");
}

#[test]
fn a_created_user_gets_a_generated_password() {
    let mut forum = Forum::active();
    let results = results(&mut forum, "create-user", json!({"email": EMAIL, "admin": true}));
    assert_eq!((results["user"].as_str(), results["password"].as_str().map(str::len)), (Some(EMAIL), Some(32)));
    let row = forum.postgresql.query("SELECT admin, active FROM users ORDER BY id DESC LIMIT 1").unwrap();
    assert_eq!(row.trim(), "t|t");
}

#[test]
fn a_new_user_gets_the_username_that_the_operator_chose() {
    let mut forum = Forum::active();
    results(&mut forum, "create-user", json!({"email": EMAIL, "username": "jdoe"}));
    let other = json!({"email": "ann@example.com", "password": PASSWORD, "username": "ann_admin"});
    results(&mut forum, "add-admin-user", other);
    let names = forum.postgresql.query("SELECT username FROM users WHERE id > 0 ORDER BY id").unwrap();
    assert_eq!(names.trim().lines().collect::<Vec<_>>(), ["jdoe", "ann_admin"]);
    let taken = failure(&mut forum, "create-user", json!({"email": "j@example.com", "username": "jdoe"}));
    assert!(taken.starts_with("Discourse does not accept j@example.com: Username "), "{taken}");
}

#[test]
fn a_user_is_promoted() {
    let mut forum = Forum::active();
    results(&mut forum, "create-user", json!({"email": EMAIL}));
    assert_eq!(results(&mut forum, "promote-user", json!({"email": EMAIL})), json!({"user": EMAIL}));
}

#[test]
fn a_user_who_never_confirmed_the_address_is_not_promoted_until_the_operator_sets_a_password() {
    let mut forum = Forum::active();
    results(&mut forum, "create-user", json!({"email": EMAIL, "active": false}));
    let user =
        "SELECT admin, active, password_hash FROM users JOIN user_passwords ON user_id = users.id WHERE users.id > 0";
    let before = forum.postgresql.query(user).unwrap();
    assert_eq!(
        failure(&mut forum, "promote-user", json!({"email": EMAIL})),
        "jane@example.com has never confirmed its address: juju run discourse-k8s/0 add-admin-user --wait=10m \
         email=jane@example.com password=... (sets a password of yours)"
    );
    assert_eq!(forum.postgresql.query(user).unwrap(), before);
    let parameters = json!({"email": EMAIL, "password": PASSWORD});
    assert_eq!(results(&mut forum, "add-admin-user", parameters), json!({"user": EMAIL, "created": "false"}));
    assert_eq!(results(&mut forum, "promote-user", json!({"email": EMAIL})), json!({"user": EMAIL}));
}

#[test]
fn a_user_is_anonymized() {
    let mut forum = Forum::active();
    results(&mut forum, "create-user", json!({"email": EMAIL}));
    let name = forum.postgresql.query("SELECT username FROM users ORDER BY id DESC LIMIT 1").unwrap().trim().to_owned();
    assert_eq!(results(&mut forum, "anonymize-user", json!({"username": name})), json!({"user": name}));
    assert!(!forum.users().contains(&EMAIL.to_owned()), "{:?}", forum.users());
}

#[test]
fn a_request_that_discourse_rejects_fails_with_the_reason_and_the_remedy() {
    let mut forum = Forum::active();
    results(&mut forum, "create-user", json!({"email": EMAIL}));
    for (action, parameters, message) in [
        (
            "create-user",
            json!({"email": EMAIL}),
            "a user jane@example.com exists already: \
             juju run discourse-k8s/0 add-admin-user --wait=10m email=jane@example.com password=... (makes it an administrator)",
        ),
        (
            "promote-user",
            json!({"email": "nobody@example.com"}),
            "there is no user nobody@example.com: juju run discourse-k8s/0 create-user --wait=10m email=...",
        ),
        (
            "add-admin-user",
            json!({"email": "a@example.com", "password": "hunter2"}),
            "Discourse does not accept a@example.com: ",
        ),
        (
            "anonymize-user",
            json!({"username": "typo"}),
            "there is no user typo: give the username as the forum shows it",
        ),
        ("promote-user", json!({"email": "a],db:drop[@example.com"}), "there is no user "),
    ] {
        let failure = failure(&mut forum, action, parameters);
        assert!(failure.starts_with(message) && !failure.contains("hunter2"), "{failure}");
    }
}

#[test]
fn an_action_before_the_forum_is_set_up_fails_with_the_status_of_the_unit() {
    let mut forum = Forum::deployed(1);
    forum.settle();
    let ran = run(&mut forum, "create-user", json!({"email": EMAIL}));
    assert_eq!(format!("blocked: {}", ran.message), forum.status());
    assert_eq!(forum.outcome(ran.hook.as_slice()), Outcome::unchanged(&forum.status()));
}

#[test]
fn an_action_without_pebble_fails_and_says_when_to_try_again() {
    let mut forum = Forum::active();
    forum.pod().kill_container("discourse").unwrap();
    let message = failure(&mut forum, "create-user", json!({"email": EMAIL}));
    assert_eq!(message, "Discourse does not run in discourse-k8s/0; wait until juju status says active and try again");
}
