//! Restores as actions: the forum is the restored one or the old one, row for row, whatever happens.
//!
//! The workload is a real Rails application, which imitates the steps of Discourse's restore (`tests/rails/README.md`).

mod killed;

use std::time::{SystemTime, UNIX_EPOCH};

use discourse_k8s::discourse::aside::{Before, Mark, Stage};
use rehearsal::providers::s3;
use serde_json::json;

use crate::forum::{Forum, server_starts};

const OLD: &str = "the first post";
const NEW: &str = "the first post, one more";

/// A forum with a backup, and a post that was written after it.
#[track_caller]
fn forum(units: u32) -> (Forum, String) {
    let mut forum = Forum::rails(units, &[("lease", "5")]);
    let backup = forum.back_up();
    forum.post("one more");
    assert_eq!(forum.posts(), Ok(NEW.to_owned()));
    (forum, backup)
}

/// A forum whose backups no pod takes along, and whose locks live so many seconds.
#[track_caller]
fn forum_with_bucket(lease: &str) -> Forum {
    let mut forum = Forum::rails(1, &[("lease", lease)]);
    forum.share_uploads();
    forum.set("s3_backup_bucket", "backups");
    forum.settle();
    forum
}

#[track_caller]
fn restore(forum: &mut Forum, unit: u32, backup: &str) -> serde_json::Map<String, serde_json::Value> {
    forum.act(unit, "restore-backup", json!({"backup-id": backup, "confirm": backup, "wait": 300}))
}

#[track_caller]
fn assert_serves(forum: &Forum, units: u32, posts: &str) {
    for unit in 0..units {
        let status = forum.status_of(unit);
        assert!(status.starts_with("active") && forum.stage.is_ready(unit), "{unit}: {status}");
    }
    assert_eq!(forum.posts(), Ok(posts.to_owned()));
}

/// Runs hooks, and those of the passing time, until all units serve.
#[track_caller]
fn run_to_the_end(forum: &mut Forum) {
    forum.run_hooks();
    for _ in 0..20 {
        if (0..3).all(|unit| forum.status_of(unit).starts_with("active")) {
            return;
        }
        for unit in 0..3 {
            forum.stage.update_status(unit).unwrap();
        }
        forum.run_hooks();
    }
}

#[test]
fn a_restore_changes_nothing_if_anything_is_wrong_or_fails_and_is_taken_back_by_force() {
    let (mut forum, backup) = forum(1);
    changes_nothing_if_anything_is_wrong(&mut forum, &backup);
    leaves_the_old_forum_where_it_fails_and_says_so(&mut forum, &backup);
    brings_the_backup_back_and_the_server_starts_with_it(&mut forum, &backup);
    is_taken_back_by_force_only(&mut forum, &backup);
}

#[track_caller]
fn changes_nothing_if_anything_is_wrong(forum: &mut Forum, backup: &str) {
    for (parameters, message) in [
        (json!({"backup-id": backup, "confirm": "x"}), "the forum is replaced: confirm it"),
        (json!({"backup-id": "../x.tgz", "confirm": "../x.tgz"}), "the parameter backup-id is no name of a backup"),
        (
            json!({"backup-id": "none.tgz", "confirm": "none.tgz"}),
            "there is no such backup in the pod of discourse-k8s/0",
        ),
    ] {
        let refused = forum.refused(0, "restore-backup", parameters);
        assert!(refused.starts_with(message), "{refused}");
    }
    let refused = forum.refused(0, "rollback-restore", json!({"confirm": "x"}));
    assert_eq!(refused, "no restore has put anything aside: there is nothing to bring back");
    assert_eq!(server_starts(&forum.run_hooks()), 0);
    assert_serves(forum, 1, NEW);
}

#[track_caller]
fn leaves_the_old_forum_where_it_fails_and_says_so(forum: &mut Forum, backup: &str) {
    forum.turn_on("die-at", "migrate raise");
    forum.refused(0, "restore-backup", json!({"backup-id": backup, "confirm": backup, "wait": 300}));
    forum.turn_off("die-at");
    forum.settle();
    assert_serves(forum, 1, NEW);
    assert!(forum.status().contains("failed, the forum is as it was"), "{}", forum.status());
}

#[track_caller]
fn brings_the_backup_back_and_the_server_starts_with_it(forum: &mut Forum, backup: &str) {
    forum.postgresql.query("CREATE VIEW backup.left_over AS SELECT 1").unwrap();
    let parameters = json!({"backup-id": backup, "confirm": backup, "discard-previous": true, "wait": 300});
    let run = forum.stage.run(0, "restore-backup", parameters).unwrap();
    let results = run.results;
    assert_eq!((&results["status"], &results["emails"]), (&json!("done"), &json!("disabled")), "{results:?}");
    assert!(run.log.iter().any(|line| line.starts_with("restoring a backup")), "{:?}", run.log);
    forum.settle();
    assert_serves(forum, 1, OLD);
    assert_eq!(forum.stage.unit_bag("restart", 0).get("restore"), None);
    assert_eq!(server_starts(&[forum.stage.update_status(0).unwrap()]), 0);
}

#[track_caller]
fn is_taken_back_by_force_only(forum: &mut Forum, backup: &str) {
    let again = forum.refused(0, "restore-backup", json!({"backup-id": backup, "confirm": backup}));
    assert!(again.contains("discard-previous=true") && again.contains("force=true"), "{again}");
    let database = forum.postgresql.credentials().unwrap().0;
    let refused = forum.refused(0, "rollback-restore", json!({"confirm": database}));
    assert!(refused.contains("force=true"), "{refused}");
    let name = refused.split("confirm=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    is_given_up_if_a_table_is_in_the_way(forum, &name);
    let results = forum.act(0, "rollback-restore", json!({"confirm": name, "force": true}));
    assert!(results["restored-tables"].as_str().unwrap().parse::<u32>().unwrap() > 10, "{results:?}");
    forum.settle();
    assert_serves(forum, 1, NEW);
}

#[track_caller]
fn is_given_up_if_a_table_is_in_the_way(forum: &mut Forum, name: &str) {
    let owner = forum.postgresql.query("SELECT tableowner FROM pg_tables WHERE tablename = 'posts' LIMIT 1").unwrap();
    forum.postgresql.query("ALTER TABLE public.topics OWNER TO postgres").unwrap();
    let failed = forum.refused(0, "rollback-restore", json!({"confirm": name, "force": true}));
    assert_eq!(failed, "nothing was changed; see juju status for the reason");
    forum.settle();
    assert_serves(forum, 1, OLD);
    let cause = "was given up, nothing was changed: ERROR: relation \"topics\" already exists";
    assert!(forum.status().contains(cause), "{}", forum.status());
    let told = forum.act(0, "job-status", json!({}));
    assert_eq!(told["status"], "failed");
    assert!(told["detail"].as_str().unwrap().contains(cause), "{told:?}");
    forum.postgresql.query(&format!("ALTER TABLE public.topics OWNER TO \"{}\"", owner.trim())).unwrap();
}

#[test]
fn a_forum_that_could_not_start_again_is_not_stopped_for_a_restore() {
    let mut forum = Forum::active();
    forum.stage.relate("s3", s3()).unwrap();
    forum.settle();
    let refused = forum.refused(0, "restore-backup", json!({"backup-id": "a.sql.gz", "confirm": "a.sql.gz"}));
    assert!(refused.starts_with("once stopped, the forum could not start: "), "{refused}");
    assert!(forum.stage.is_ready(0));
}

#[test]
fn a_backup_in_the_object_storage_is_restored_again_though_nobody_can_list_it_meanwhile() {
    let mut forum = forum_with_bucket("5");
    let backup = forum.back_up();
    forum.post("one more");
    forum.turn_on("die-at", "load");
    let parameters = json!({"backup-id": backup, "confirm": backup, "wait": 300});
    forum.refused(0, "restore-backup", parameters);
    forum.settle();
    forum.turn_off("die-at");
    seems_older_than_its_backup(&forum);
    let other = json!({"backup-id": "other.sql.gz", "confirm": "other.sql.gz"});
    let refused = forum.refused(0, "restore-backup", other);
    assert_eq!(
        refused,
        format!("bring the forum back first: juju run discourse-k8s/0 rollback-restore confirm={backup}")
    );
    restore(&mut forum, 0, &backup);
    forum.settle();
    assert_serves(&forum, 1, OLD);
}

/// What a restore has loaded before it was interrupted is of an older version than the forum that it has put aside.
#[track_caller]
fn seems_older_than_its_backup(forum: &Forum) {
    let owner = "(SELECT tableowner FROM pg_tables WHERE schemaname = 'backup' LIMIT 1)";
    let older = "CREATE TABLE IF NOT EXISTS public.schema_migrations (version text); DELETE FROM public.schema_migrations; \
                 INSERT INTO public.schema_migrations VALUES ('20000101000000');";
    let statements = format!(
        "{older} DO $$ BEGIN EXECUTE format('ALTER TABLE public.schema_migrations OWNER TO %I', {owner}); END $$"
    );
    forum.postgresql.query(&statements).unwrap();
}

#[test]
fn all_units_stop_before_a_restore_and_one_that_does_not_is_named_and_waited_for_while_the_others_serve() {
    let (mut forum, backup) = forum(3);
    forum.stage.freeze(2).unwrap();
    let results = restore(&mut forum, 0, &backup);
    assert_eq!(results["status"], "waiting", "{results:?}");
    forum.run_hooks();
    assert!(forum.status().contains("begins once discourse-k8s/2 has stopped"), "{}", forum.status());
    let followed = forum.act(0, "job-status", json!({"job-id": results["job-id"]}));
    assert_eq!(followed["status"], "waiting", "{followed:?}");
    assert_eq!(forum.act(0, "job-status", json!({}))["job"], results["job-id"]);
    assert_eq!(forum.posts(), Ok(NEW.to_owned()));
    let refused = forum.refused(0, "restore-backup", json!({"backup-id": backup, "confirm": backup}));
    assert!(refused.starts_with("a restore is under way: juju run discourse-k8s/0 job-status"), "{refused}");
    forum.stage.thaw(2).unwrap();
    run_to_the_end(&mut forum);
    assert_serves(&forum, 3, OLD);
    is_taken_back_in_another_unit_once_the_pod_that_restores_is_lost(&mut forum, &backup);
    is_asked_of_one_unit_only_though_it_was_killed_before_it_told_the_others(&mut forum);
}

#[track_caller]
fn is_asked_of_one_unit_only_though_it_was_killed_before_it_told_the_others(forum: &mut Forum) {
    let backup = forum.back_up();
    forum.post("two more");
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap();
    let mark = |unit: &str| Mark { backup: backup.clone(), stage: Stage::Asked, time, unit: unit.to_owned() };
    // A rollback whose mark is gone moves nothing under servers that have started again.
    let moved = forum.postgresql.query(&mark("discourse-k8s/0").move_back()).unwrap();
    assert_eq!(moved.lines().last(), Some("changed"));
    // Two units ask at the same moment, when neither has seen a mark.
    let set = ["discourse-k8s/0", "discourse-k8s/1"]
        .map(|unit| forum.postgresql.query(&mark(unit).script(Before::Nothing, None)).unwrap());
    assert_eq!(set.each_ref().map(|printed| printed.lines().last()), [Some("end"), Some("changed")]);
    let refused = forum.refused(1, "restore-backup", json!({"backup-id": backup, "confirm": backup}));
    let elsewhere =
        format!("the restore of {backup} was asked of discourse-k8s/0, which has not begun it: run it there again");
    assert!(refused.starts_with(&elsewhere), "{refused}");
    let call_off = format!("call it off: juju run discourse-k8s/0 rollback-restore confirm={backup}");
    let refused = forum.refused(2, "create-backup", json!({}));
    assert!(refused.ends_with(&call_off), "{refused}");
    assert_eq!(restore(forum, 0, &backup)["status"], "waiting");
    run_to_the_end(forum);
    assert_serves(forum, 3, NEW);
}

#[track_caller]
fn is_taken_back_in_another_unit_once_the_pod_that_restores_is_lost(forum: &mut Forum, backup: &str) {
    forum.post("one more");
    forum.turn_on("die-at", "load KILL");
    let parameters = json!({"backup-id": backup, "confirm": backup, "discard-previous": true, "wait": 0});
    forum.act(0, "restore-backup", parameters);
    forum.run_hooks();
    forum.stage.kill_pod(0).unwrap();
    forum.run_hooks();
    for unit in 0..3 {
        forum.stage.update_status(unit).unwrap();
        let status = forum.status_of(unit);
        assert!(status.starts_with(&format!("blocked: restore of {backup} was interrupted")), "{unit}: {status}");
    }
    forum.act(1, "rollback-restore", json!({"confirm": backup}));
    run_to_the_end(forum);
    assert_serves(forum, 3, NEW);
}
