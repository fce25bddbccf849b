//! What holds for every operation that changes the forum: its job outlives a killed action, keeps all others out, and can be run again
//! in any unit.
//!
//! The workload is a real Rails application, which imitates what the operations do with Discourse (`tests/rails/README.md`).

use serde_json::{Value, json};
use stage::ActionStatus;

use crate::forum::Forum;

/// Actions with their jobs, and parameters with which they go well.
fn operations() -> [(&'static str, &'static str, Value); 3] {
    let remap = json!({
        "from": "http://old.example", "to": "http://new.example", "dry-run": false, "confirm": "http://old.example", "force": true,
        "wait": 120,
    });
    [
        ("create-backup", "backup", json!({"wait": 120})),
        ("rebake-posts", "rebake", json!({"posts": "all", "wait": 120})),
        ("remap", "remap", remap),
    ]
}

/// A forum of three units whose object storage keeps its backups, and with a password of each kind in its options.
#[track_caller]
fn forum() -> Forum {
    let mut forum = Forum::rails(3, &[]);
    forum.set("s3_backup_bucket", "backups");
    forum.stage.config([("smtp_address", json!("10.1.0.1")), ("smtp_password", json!("hunter2"))]).unwrap();
    forum.settle();
    forum
}

#[test]
fn an_operation_goes_on_without_its_action_keeps_all_others_out_and_runs_in_any_unit() {
    let mut forum = forum();
    for (action, job, parameters) in operations() {
        let id = is_killed(&mut forum, action, &parameters, job);
        for (other, _, parameters) in operations() {
            for unit in [0, 1] {
                let refused = is_refused(&mut forum, unit, other, &parameters);
                assert!(refused.starts_with(&format!("another operation runs: {job}")), "{action}, {other}: {refused}");
            }
        }
        forum.turn_off("boot-hold");
        forum.wait_for_the_end(&id);
        assert_eq!(forum.act(0, "job-status", json!({"job-id": id}))["status"], "done");
        assert_eq!(forum.act(1, action, parameters)["status"], "done", "{action}");
    }
    assert_eq!(forum.act(2, "list-backups", json!({}))["count"], "2");
}

#[test]
fn whom_discourses_own_mark_keeps_out_is_told_when_to_try_again() {
    let mut forum = Forum::rails(1, &[]);
    let mark = "default:backup_restore_operation_is_running";
    forum.redis.query(&["SET", mark, "1"]).unwrap();
    let refused = forum.refused(0, "create-backup", json!({}));
    let expected = "a backup or restore of Discourse itself runs, such as the daily one or one from the admin page, \
                    or an operation was killed less than a minute ago: try again once it has ended, or in a minute";
    assert_eq!(refused, expected);
    forum.redis.query(&["DEL", mark]).unwrap();
    assert_eq!(forum.act(0, "create-backup", json!({"wait": 120}))["status"], "done");
}

/// Asked again where the servers took too long to answer, as they may on a busy machine.
#[track_caller]
fn is_refused(forum: &mut Forum, unit: u32, action: &str, parameters: &Value) -> String {
    let mut refuse = || forum.refused(unit, action, parameters.clone());
    let first = refuse();
    if first.contains("no answer within") { refuse() } else { first }
}

/// The action is killed when Rails begins to boot, which is held there; gives the name of its job, which runs.
#[track_caller]
fn is_killed(forum: &mut Forum, action: &str, parameters: &Value, job: &str) -> String {
    forum.turn_on("boot-hold", "");
    forum.stage.faults().kill_at_boot(1);
    let killed = forum.stage.run(0, action, parameters.clone()).unwrap();
    assert_eq!((killed.status, killed.message.as_str()), (ActionStatus::Failed, "terminated"), "{action}");
    let status = forum.act(0, "job-status", json!({}));
    let id = status["job"].as_str().unwrap().to_owned();
    assert_eq!(status["status"], "running", "{status:?}");
    assert!(id.starts_with(&format!("discourse-k8s/0:{job}:")), "{id}");
    id
}
