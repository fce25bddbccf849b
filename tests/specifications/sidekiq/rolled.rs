//! Several units, each with Sidekiq, are restarted one by one while long jobs run: each job is done once.

use serde_json::json;

use super::{eventually, post_job};
use crate::forum::{Forum, server_starts};

/// How long a job takes. *Units*: seconds.
const JOB: &str = "10";

/// More jobs than the units have begun before the first of them restarts, so that each unit restarts in the middle of one.
const JOBS: usize = 8;

/// How often jobs were done, and how many of them there are.
#[track_caller]
fn done(forum: &Forum) -> (usize, usize) {
    let counts = forum.postgresql.query("SELECT count(*) || ' ' || count(DISTINCT jid) FROM performed_jobs").unwrap();
    let (all, different) = counts.trim().split_once(' ').unwrap();
    (all.parse().unwrap(), different.parse().unwrap())
}

#[track_caller]
fn assert_each_job_is_done_once(is_service: bool) {
    let mut forum = Forum::related_in_real_time_with(3, &[("job-sleep", JOB)]);
    forum.set("sidekiq_as_service", json!(is_service));
    forum.run_hooks();
    (0..JOBS).for_each(|_| drop(post_job(&forum)));
    forum.set("max_category_nesting", 3);
    assert_eq!(server_starts(&forum.run_hooks()), 3);
    let (count, _) = done(&forum);
    assert!(eventually(|| done(&forum).1 == JOBS), "{:?}", done(&forum));
    assert_eq!(done(&forum), (JOBS, JOBS), "{count} were done when the last unit had restarted");
}

#[test]
fn jobs_that_run_while_units_restart_one_by_one_are_done_once() {
    assert_each_job_is_done_once(false);
}

#[test]
fn jobs_that_run_in_a_service_of_their_own_while_units_restart_one_by_one_are_done_once() {
    assert_each_job_is_done_once(true);
}
