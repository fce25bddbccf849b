//! Setting up and migrating the database: once per image and database, whatever happens meanwhile.

use std::{thread, time::Duration};

use crate::forum::{ACTIVE, Forum, rails_boots};
use stage::{HookEvent, remote::Cluster};

const MIGRATE: &str = "bin/rake charm:migrate";

#[test]
fn a_unit_alone_applies_every_migration() {
    let mut forum = Forum::related();
    forum.settle();
    assert_eq!(forum.schema_versions().len(), 16);
}

#[test]
fn a_failed_migration_blocks_with_its_name_and_rests_for_an_hour() {
    let mut forum = Forum::faulty(&[("migrate-fail", "20240205000000")]);
    let runs = forum.settle();
    let status = forum.status();
    assert!(status.starts_with("blocked: the migration failed: 20240205000000 "), "{status}\n{}", forum.log());
    assert!(status.contains("; next try at "), "{status}");
    assert_eq!(rails_boots(&runs), [MIGRATE]);
    assert!(!forum.stage.is_ready(0), "a roll-out stops here");
    let again = forum.stage.update_status(0).unwrap();
    assert_eq!((rails_boots(&[again]), forum.status()), (vec![], status));
}

#[test]
fn a_failed_migration_is_tried_again_when_the_container_restarts() {
    let mut forum = Forum::faulty(&[("migrate-fail", "20240205000000")]);
    forum.settle();
    forum.stage.kill_container(0).unwrap();
    assert_eq!(rails_boots(&forum.settle()), [MIGRATE]);
}

#[test]
fn a_failed_seed_is_a_failure_though_rake_ends_well() {
    let mut forum = Forum::faulty(&[("seed-fail", "")]);
    forum.settle();
    assert!(forum.status().starts_with("blocked: the migration failed: seeding failed: "), "{}", forum.status());
}

#[test]
fn a_refused_extension_names_the_option_of_the_provider_and_its_repair_is_noticed() {
    let mut forum = Forum::deployed(1);
    forum.postgresql = stage::remote::Postgresql::new("pg").without_extensions();
    forum.relate();
    forum.settle();
    let status = forum.status();
    assert!(status.starts_with("blocked: PostgreSQL refuses the extension "), "{status}\n{}", forum.log());
    assert!(status.contains(": juju config pg plugin_"), "{status}");
    forum.postgresql.allow_extensions(true).unwrap();
    forum.stage.kill_container(0).unwrap();
    forum.settle();
    assert_eq!(forum.status(), ACTIVE);
}

#[test]
fn a_migration_survives_the_death_of_the_charm_and_is_followed_by_the_next_hook() {
    let mut forum = Forum::faulty(&[("migrate-sleep", "2")]);
    forum.stage.faults().kill_at_boot(1);
    let runs = forum.settle();
    assert!(runs.iter().any(|run| !run.is_success()), "the charm was killed");
    assert_eq!((forum.status().as_str(), rails_boots(&runs)), (ACTIVE, vec![MIGRATE.to_owned()]), "{}", forum.log());
}

#[test]
fn a_lock_of_another_process_is_waited_for() {
    let mut forum = Forum::deployed(1);
    forum.stage.relate("database", forum.postgresql.clone()).unwrap();
    forum.settle();
    let database = forum.postgresql.database().unwrap();
    let hold = "SELECT pg_advisory_lock(1); SELECT pg_sleep(60)";
    let holder = thread::spawn(move || Cluster::shared().unwrap().query(&database, hold));
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    while forum.postgresql.query(locks).unwrap().trim() == "0" {
        thread::sleep(Duration::from_millis(10));
    }
    forum.stage.relate("redis", forum.redis.clone()).unwrap();
    forum.settle();
    assert_eq!(forum.status(), "waiting: waiting for another process to migrate the database; nothing to do");
    let end = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'";
    forum.postgresql.query(end).unwrap();
    assert!(holder.join().unwrap().is_err(), "the lock was held until now");
    forum.stage.update_status(0).unwrap();
    forum.settle();
    assert_eq!(forum.status(), ACTIVE);
}

#[test]
fn long_work_shows_progress() {
    let mut forum = Forum::faulty(&[("migrate-sleep", "2")]);
    forum.settle();
    assert!(forum.statuses().contains(&"maintenance: migrating the database".to_owned()), "{:?}", forum.statuses());
}

#[test]
fn a_moved_primary_is_followed_without_a_migration() {
    let mut forum = Forum::active();
    forum.postgresql.move_primary().unwrap();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), rails_boots(&runs)), (ACTIVE, vec![]));
    assert_eq!(crate::forum::server_starts(&runs), 1);
}

#[test]
fn a_migrated_database_is_not_migrated_again_whatever_is_remembered() {
    let mut forum = Forum::active();
    for key in ["schema", "migrated", "image"] {
        forum
            .stage
            .model_mut()
            .relation_mut("restart")
            .unwrap()
            .local_units
            .get_mut("discourse-k8s/0")
            .unwrap()
            .remove(key);
    }
    forum.stage.kill_container(0).unwrap();
    let runs = forum.settle();
    assert_eq!((forum.status().as_str(), rails_boots(&runs)), (ACTIVE, vec![]));
    let run = forum.stage.hook(0, &HookEvent::update_status()).unwrap();
    assert!(run.is_success());
}
