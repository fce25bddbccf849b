//! Backups as actions: made, listed, followed; one operation at a time, whose end wakes the charm.
//!
//! The workload is a real Rails application, which imitates Discourse's classes for backups (`tests/rails/README.md`).

use serde_json::{Value, json};

use crate::forum::{ACTIVE, Forum, on_every_juju, rails_boots};

/// What the results of an action tell under some keys.
fn told<'a>(results: &'a serde_json::Map<String, Value>, keys: &[&str]) -> Vec<&'a str> {
    keys.iter().map(|key| results.get(*key).and_then(Value::as_str).unwrap_or("")).collect()
}

#[test]
fn a_backup_is_made_listed_and_told_of_while_the_forum_serves() {
    let mut forum = Forum::rails(1, &[]);
    // What a unit has left that is lost.
    let owner = "(SELECT tableowner FROM pg_tables WHERE tablename = 'posts')";
    let mark = "COMMENT ON SCHEMA backup IS ''charm-restore a.sql.gz asked 1 by discourse-k8s/7''";
    let statement =
        format!("DO $$ BEGIN EXECUTE format('CREATE SCHEMA backup AUTHORIZATION %I; {mark}', {owner}); END $$");
    forum.postgresql.query(&statement).unwrap();
    let made = forum.act(0, "create-backup", json!({"name": "before", "wait": 120}));
    let id = made["backup-id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("before-20") && id.contains("-v2024") && id.ends_with(".sql.gz"), "{id}");
    assert_eq!(told(&made, &["status", "location"]), ["done", "local"]);
    assert!(made["warning"].as_str().unwrap().starts_with("it is in this pod and dies with it"), "{made:?}");
    assert_eq!((forum.status().as_str(), forum.stage.is_ready(0)), (ACTIVE, true));

    let run = forum.stage.run(0, "list-backups", json!({"format": "json"})).unwrap();
    assert_eq!(rails_boots(run.hook.as_slice()), Vec::<String>::new());
    let listed: Value = serde_json::from_str(run.results["backups"].as_str().unwrap()).unwrap();
    assert_eq!((&listed[0]["id"], &listed[0]["restorable"]), (&json!(id), &json!(true)));
    assert_eq!(told(&run.results, &["count", "location", "newest"]), ["1", "the pod of discourse-k8s/0", &id]);

    let status = forum.act(0, "job-status", json!({"job-id": made["job-id"], "lines": 3}));
    assert_eq!(told(&status, &["job", "status"]), [made["job-id"].as_str().unwrap(), "done"]);
    assert_eq!(status["log"].as_str().unwrap().lines().count(), 3, "{status:?}");
}

#[test]
fn a_backup_that_nobody_waits_for_goes_on_keeps_a_second_one_out_and_wakes_the_charm_at_its_end() {
    let mut forum = Forum::rails(1, &[]);
    forum.turn_on("hold-at", "dump");
    let begun = forum.act(0, "create-backup", json!({"wait": 0}));
    let id = begun["job-id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&begun["status"], &begun["follow"]),
        (&json!("running"), &json!(format!("juju run discourse-k8s/0 job-status job-id={id}")))
    );
    forum.wait_for_operation("backup");
    let refused = forum.refused(0, "create-backup", json!({}));
    assert!(refused.starts_with("another operation runs: backup"), "{refused}");
    assert_eq!(forum.act(0, "job-status", json!({}))["status"], "running");
    forum.turn_off("hold-at");
    forum.wait_for_the_end(&id);
    let hooks: Vec<_> = forum.run_hooks().into_iter().map(|run| run.hook).collect();
    assert_eq!(hooks, ["discourse-pebble-custom-notice"]);
    assert_eq!(forum.act(0, "list-backups", json!({}))["count"], "1");
}

#[test]
fn what_a_backup_cannot_do_is_told_with_its_cause() {
    let mut forum = Forum::rails(1, &[("no-space", "dump")]);
    let failed = forum.refused(0, "create-backup", json!({"wait": 120}));
    assert!(failed.contains("; see juju run discourse-k8s/0 job-status job-id=discourse-k8s/0:backup:"), "{failed}");
    assert_eq!(forum.act(0, "job-status", json!({}))["status"], "failed");
    for (parameters, message) in [
        (json!({"name": "../x"}), "the parameter name must be 64 letters, digits, dashes or underscores at most"),
        (json!({"wait": 601}), "the parameter wait must be a whole number from 0 to 600"),
    ] {
        let run = forum.stage.run(0, "create-backup", parameters);
        // Juju itself refuses what the schema of the action excludes.
        assert!(run.is_err() || run.is_ok_and(|run| run.message == message), "{message}");
    }
}

#[test]
fn a_job_is_asked_for_in_its_own_unit() {
    let mut forum = Forum::related();
    forum.settle();
    let none = forum.refused(0, "job-status", json!({"job-id": "odd"}));
    assert_eq!(none, "a job-id has the form <unit>:<job>:<time>: leave it out for the newest job of discourse-k8s/0");
    let elsewhere = forum.refused(0, "job-status", json!({"job-id": "discourse-k8s/3:backup:20261130T004212Z"}));
    let command = "juju run discourse-k8s/3 job-status job-id=discourse-k8s/3:backup:20261130T004212Z";
    assert_eq!(elsewhere, format!("that job runs in discourse-k8s/3: {command}"));
    let lost = forum.act(0, "job-status", json!({"job-id": "discourse-k8s/0:backup:20261130T004212Z"}));
    assert_eq!(lost["status"], "lost");
    let migration = forum.act(0, "job-status", json!({}));
    assert!(migration["job"].as_str().unwrap().starts_with("discourse-k8s/0:migrate:"), "{migration:?}");
}

#[test]
fn a_unit_without_a_server_makes_no_backup() {
    on_every_juju(|stage| {
        let mut forum = Forum::deployed_on(stage);
        forum.settle();
        assert_eq!(forum.refused(0, "create-backup", json!({})), forum.status().split_once(": ").unwrap().1);
    });
}
