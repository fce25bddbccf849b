//! Setting up and migrating the database: once per image and database, whatever happens meanwhile.

use crate::forum::{Forum, MIGRATE, Outcome};
use serde_json::json;
use stage::remote::Postgresql;

/// A forum whose migration fails; no hook has run.
#[track_caller]
fn forum_with_failing_migration() -> Forum {
    Forum::faulty(&[("migrate-fail", "20240205000000")])
}

/// A forum whose database server refuses extensions, after its hooks.
#[track_caller]
fn forum_without_extensions() -> Forum {
    let mut forum = Forum::deployed(1);
    forum.postgresql = Postgresql::new("pg").without_extensions();
    forum.relate();
    forum.settle();
    forum
}

#[test]
fn a_single_unit_applies_every_migration() {
    let mut forum = Forum::related();
    forum.settle();
    assert_eq!(forum.schema_versions().len(), 17);
}

#[test]
fn a_failed_migration_blocks_with_its_name_and_is_not_repeated_at_once() {
    let mut forum = forum_with_failing_migration();
    let failed = forum.settle();
    let status = failed.status.as_str();
    assert!(status.starts_with("blocked: the migration failed: 20240205000000 "), "{status}");
    assert!(status.contains("; next try at "), "{status}");
    assert_eq!(failed, Outcome { rails_boots: vec![MIGRATE.to_owned()], ..Outcome::unready(status) });
    // The database is asked with psql, Redis with redis-cli.
    assert_eq!(forum.update_status(), Outcome::unready(status).posts(&["POST /v1/exec"; 2]));
}

#[test]
fn a_failed_migration_is_repeated_when_the_container_restarts() {
    let mut forum = forum_with_failing_migration();
    forum.settle();
    forum.stage.kill_container(0).unwrap();
    assert_eq!(forum.settle().rails_boots, [MIGRATE]);
}

#[test]
fn a_failed_seed_is_a_failure_though_rake_exits_with_zero() {
    let status = Forum::faulty(&[("seed-fail", "")]).settle().status;
    assert!(status.starts_with("blocked: the migration failed: seeding failed: "), "{status}");
}

#[test]
fn a_refused_extension_blocks_with_the_command_of_the_servers_version() {
    let mut forum = forum_without_extensions();
    let options = "plugin_hstore_enable=true plugin_pg_trgm_enable=true plugin_unaccent_enable=true";
    for (version, options) in [("14.15", options.to_owned()), ("16.4", options.replace('_', "-"))] {
        forum.postgresql.write("version", version);
        let outcome = forum.settle();
        let refused = "PostgreSQL refuses the extensions hstore, pg_trgm, unaccent";
        assert_eq!(outcome.status, format!("blocked: {refused}: juju config pg {options}"));
        assert_eq!(outcome.rails_boots, Vec::<String>::new());
    }
}

#[test]
fn a_pooler_is_no_server_that_allows_extensions() {
    let mut forum = Forum::deployed(1);
    forum.postgresql = Postgresql::new("pgbouncer-k8s").without_extensions();
    forum.postgresql.write("version", "14.15");
    forum.relate();
    let expected = "blocked: PostgreSQL refuses the extensions hstore, pg_trgm, unaccent: \
                    set plugin_hstore_enable=true plugin_pg_trgm_enable=true plugin_unaccent_enable=true \
                    at the PostgreSQL server behind pgbouncer-k8s";
    let status = forum.settle().status;
    assert!(status.starts_with(expected), "{status}");
}

#[test]
fn once_extensions_are_allowed_a_restarted_container_migrates() {
    let mut forum = forum_without_extensions();
    forum.postgresql.allow_extensions(true).unwrap();
    forum.stage.kill_container(0).unwrap();
    assert_eq!(forum.settle(), Outcome::migrated());
}

#[test]
fn a_migration_outlives_a_killed_charm_and_the_next_hook_follows_it() {
    let mut forum = Forum::faulty(&[("migrate-sleep", "2")]);
    forum.stage.faults().kill_at_boot(1);
    let outcome = forum.settle();
    assert_eq!(outcome.failed_hooks.len(), 1, "the charm was killed");
    assert_eq!(Outcome { failed_hooks: vec![], ..outcome }, Outcome::migrated());
}

#[test]
fn another_process_that_migrates_the_database_is_waited_for() {
    let mut forum = Forum::deployed(1);
    forum.stage.relate("database", forum.postgresql.clone()).unwrap();
    forum.settle();
    let lock = forum.postgresql.hold_migration_lock().unwrap();
    forum.stage.relate("redis", forum.redis.clone()).unwrap();
    let expected = "waiting: waiting for another process to migrate the database; nothing to do";
    let outcome = forum.settle();
    assert_eq!((outcome.status.as_str(), outcome.rails_boots), (expected, vec![]));
    drop(lock);
    let mut runs = vec![forum.stage.update_status(0).unwrap()];
    runs.extend(forum.run_hooks());
    assert_eq!(forum.outcome(&runs), Outcome::migrated());
}

#[test]
fn a_running_migration_is_shown_as_maintenance() {
    let mut forum = Forum::faulty(&[("migrate-sleep", "2")]);
    forum.settle();
    assert!(forum.statuses().contains(&"maintenance: migrating the database".to_owned()), "{:?}", forum.statuses());
}

#[test]
fn a_running_migration_shows_how_far_it_is() {
    let mut forum = Forum::faulty(&[("migration-sleep", "0.7")]);
    assert_eq!(forum.settle(), Outcome::migrated());
    let shown = forum.statuses();
    assert!(shown.iter().any(|status| status.starts_with("maintenance: migrating the database: 2024")), "{shown:?}");
}

#[test]
fn a_migration_that_prints_more_than_anyone_reads_is_done_all_the_same() {
    assert_eq!(Forum::faulty(&[("migrate-chatter", "200000")]).settle(), Outcome::migrated());
}

#[test]
fn a_failed_migration_that_prints_more_than_anyone_reads_is_named_all_the_same() {
    let status = Forum::faulty(&[("migrate-chatter", "200000"), ("migrate-fail", "20240205000000")]).settle().status;
    assert!(status.starts_with("blocked: the migration failed: 20240205000000 "), "{status}");
}

/// A forum whose database remembers 20,000 migrations of older images, and whose container restarts.
#[track_caller]
fn forum_with_a_long_history() -> Forum {
    let mut forum = Forum::active();
    let history = "INSERT INTO schema_migrations SELECT 29990101000000 + n FROM generate_series(1, 20000) n";
    forum.postgresql.query(history).unwrap();
    forum.stage.kill_container(0).unwrap();
    forum
}

#[test]
fn a_database_with_a_long_history_is_not_migrated_again() {
    assert_eq!(forum_with_a_long_history().settle(), Outcome::restarted());
}

#[test]
fn in_a_database_with_a_long_history_one_missing_migration_and_the_lock_are_seen() {
    let mut forum = forum_with_a_long_history();
    forum.postgresql.query("DELETE FROM schema_migrations WHERE version = '20240101000000'").unwrap();
    let lock = forum.postgresql.hold_migration_lock().unwrap();
    let expected = "waiting: waiting for another process to migrate the database; nothing to do";
    assert_eq!(forum.settle().without_posts(), Outcome::unready(expected));
    drop(lock);
}

#[test]
fn a_migration_gets_no_variable_that_it_does_not_need() {
    let mut forum = Forum::related();
    forum.stage.config([("smtp_address", json!("mail")), ("smtp_password", json!("hunter2"))]).unwrap();
    forum.settle();
    let variables = |command: &str| {
        let boots = forum.stage.boots(0);
        let boot = boots.iter().rfind(|boot| boot.argv.join(" ").contains(command)).unwrap();
        let names = boot.entry["env"].as_object().unwrap().keys().cloned();
        names.filter(|name| name.starts_with("DISCOURSE_SMTP_") || name == "DISCOURSE_DB_PASSWORD").collect::<Vec<_>>()
    };
    assert!(variables("unicorn").contains(&"DISCOURSE_SMTP_PASSWORD".to_owned()));
    assert_eq!(variables(MIGRATE), ["DISCOURSE_DB_PASSWORD"]);
}

#[test]
fn a_new_primary_is_followed_without_a_migration() {
    let mut forum = Forum::active();
    forum.postgresql.move_primary().unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
}

#[test]
fn a_migrated_database_is_not_migrated_again_even_if_the_peer_databag_has_forgotten_it() {
    let mut forum = Forum::active();
    for key in ["schema", "migrated", "image"] {
        forum.stage.forget("restart", 0, key).unwrap();
    }
    forum.stage.kill_container(0).unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
}
