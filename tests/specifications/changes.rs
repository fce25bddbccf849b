//! The log names what has changed when the server is restarted: the option, or the relation and its key, and nothing else.

use rehearsal::providers::s3_with_keys;
use stage::remote::Postgresql;

use crate::forum::Forum;

/// What the hooks that are due log of each restart.
#[track_caller]
fn logged_changes(forum: &mut Forum) -> Vec<String> {
    let runs = forum.run_hooks();
    let lines = runs.iter().flat_map(|run| &run.log);
    let changes = lines.filter_map(|line| line.text.split_once("(re)starting Discourse: changed: "));
    changes.map(|(_, changes)| changes.to_owned()).collect()
}

#[test]
fn a_changed_bucket_is_logged_as_the_key_of_the_relation() {
    let mut forum = Forum::active();
    let provider = s3_with_keys();
    forum.stage.relate("s3", provider.clone()).unwrap();
    forum.settle();
    provider.say("bucket", "other-uploads");
    assert_eq!(logged_changes(&mut forum), ["relation s3: bucket"]);
}

#[test]
fn a_new_primary_is_logged_as_the_endpoints_of_the_relation() {
    let mut forum = Forum::active();
    forum.postgresql.move_primary().unwrap();
    assert_eq!(logged_changes(&mut forum), ["relation database: endpoints"]);
}

#[test]
fn a_rotated_password_is_logged_as_the_key_that_it_came_with() {
    let mut forum = Forum::active();
    forum.postgresql.rotate_password().unwrap();
    assert_eq!(logged_changes(&mut forum), ["relation database: password"]);
}

#[test]
fn a_changed_password_of_a_legacy_database_is_logged_as_its_connection_string() {
    let mut forum = Forum::deployed(1);
    let postgresql = Postgresql::new("old-postgresql").over_pgsql();
    forum.stage.relate("redis", forum.redis.clone()).unwrap();
    forum.stage.relate("db", postgresql.clone()).unwrap();
    forum.settle();
    postgresql.rotate_password().unwrap();
    assert_eq!(logged_changes(&mut forum), ["relation db: master"]);
}

#[test]
fn a_changed_host_name_is_logged_as_its_option_alone() {
    let mut forum = Forum::active();
    forum.set("external_hostname", "forum.example.com");
    assert_eq!(logged_changes(&mut forum), ["external_hostname"]);
}

#[test]
fn several_changes_are_logged_once_each() {
    let mut forum = Forum::active();
    forum.set("smtp_domain", "example.com");
    forum.set("developer_emails", "jane@example.com");
    assert_eq!(logged_changes(&mut forum), ["developer_emails, smtp_domain"]);
}
