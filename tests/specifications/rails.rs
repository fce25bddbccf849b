//! The image's scripts and the charm on a workload that is real Rails: what Rails, Rake and Sidekiq themselves decide.
//!
//! Of Discourse is imitated its task `db:migrate` (`tests/rails/README.md`).

use std::fs;

use crate::{
    forum::Forum,
    sidekiq::{eventually, has_one_process, is_done, post_job},
};

/// The migrations of the image.
const MIGRATIONS: usize = 25;
/// One that runs after deployment; what it drops.
const AFTER: &str = "20240408000000";

#[test]
fn a_forum_on_rails_is_migrated_in_two_parts_and_works_off_its_jobs() {
    let forum = Forum::rails(1, &[]);
    assert_eq!(forum.schema_versions().len(), MIGRATIONS);
    let job = post_job(&forum);
    assert!(eventually(|| is_done(&forum, &job)), "{}", forum.pod().log("discourse"));
    assert!(has_one_process(&forum));
    gives_way_to_a_migration_elsewhere(&forum);
    leaves_the_part_after_deployment_for_later_where_the_environment_says_so(&forum);
    builds_anew_what_a_migration_needs_which_takes_pnpm(&forum);
}

/// Rails itself refuses: `ActiveRecord::ConcurrentMigrationError`.
#[track_caller]
fn gives_way_to_a_migration_elsewhere(forum: &Forum) {
    let lock = forum.postgresql.hold_migration_lock().unwrap();
    let ended = forum.inside("bin/rake charm:migrate", &[]);
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert!(ended.output.contains("ConcurrentMigrationError"), "{ended:?}");
    drop(lock);
}

#[track_caller]
fn leaves_the_part_after_deployment_for_later_where_the_environment_says_so(forum: &Forum) {
    let forget =
        format!("DELETE FROM schema_migrations WHERE version = '{AFTER}'; ALTER TABLE topics ADD excerpt varchar");
    forum.postgresql.query(&forget).unwrap();
    let first = forum.inside("bin/rake charm:migrate", &[("SKIP_POST_DEPLOYMENT_MIGRATIONS", "1")]);
    assert_eq!((first.code, forum.schema_versions().len()), (Some(0), MIGRATIONS - 1), "{first:?}");
    let second = forum.inside("bin/rake charm:migrate", &[]);
    assert_eq!((second.code, forum.schema_versions().len()), (Some(0), MIGRATIONS), "{second:?}");
}

#[track_caller]
fn builds_anew_what_a_migration_needs_which_takes_pnpm(forum: &Forum) {
    let built = forum.pod().path("discourse", "/srv/discourse/app/tmp/asset-processor.js").unwrap();
    fs::remove_file(&built).unwrap();
    let ended = forum.inside("bin/rake charm:migrate", &[]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.output.contains("No such file or directory - pnpm"), "{ended:?}");
}
