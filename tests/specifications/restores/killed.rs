//! Whatever strikes a restore at whatever step, either way out leaves the old forum or the restored one, row for row.
//!
//! `STAGE_ALL_KILLS` plays every step with every blow, `STAGE_SEED` chooses another sample of them.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rand::{SeedableRng, rngs::StdRng, seq::IteratorRandom};
use serde_json::{Map, Value, json};

use super::{NEW, OLD, assert_serves, forum_with_bucket};
use crate::{
    forum::Forum,
    sample,
    sidekiq::{eventually, is_done, post_job},
};

/// Every step of a restore, in order (`tests/rails/README.md`).
const STEPS: [&str; 17] = [
    "mark",
    "fetch",
    "unpack",
    "gunzip",
    "validate",
    "readonly",
    "pause",
    "wait",
    "flush",
    "queues",
    "move",
    "functions",
    "load",
    "migrate",
    "reconnect",
    "settings",
    "uploads",
];
const BLOWS: [Blow; 5] =
    [Blow::Signal(Signal::SIGTERM), Blow::Signal(Signal::SIGKILL), Blow::Pebble, Blow::Pod, Blow::Database];
/// So many are played if nothing else is said.
const SAMPLE: usize = 2;

/// What a client of PostgreSQL sees of its restart.
const END_SESSIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                            WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// What strikes.
#[derive(Debug, Clone, Copy)]
enum Blow {
    /// The job gets a signal.
    Signal(Signal),
    /// Pebble dies, and with it all of its container, which Kubernetes starts again.
    Pebble,
    /// The pod is lost and comes again.
    Pod,
    /// PostgreSQL restarts: all sessions end.
    Database,
}

/// Where and how a restore is struck.
type Point = (&'static str, Blow);

#[test]
fn a_restore_that_is_struck_at_any_step_leaves_two_ways_out() {
    let mut forum = forum_with_bucket("2");
    // An archive, which takes a step more than a dump alone.
    let made = forum.act(0, "create-backup", json!({"s3-uploads": true, "wait": 120}));
    let backup = made["backup-id"].as_str().unwrap().to_owned();
    forum.post("one more");
    for point in chosen() {
        Struck { forum: &mut forum, backup: &backup, point }.leaves_two_ways_out();
    }
    // A restore pauses Sidekiq, which no blow may leave behind.
    let job = post_job(&forum);
    assert!(eventually(|| is_done(&forum, &job)), "{}", forum.pod().log("discourse"));
}

/// A sample by the seed, or without one all.
fn chosen() -> Vec<Point> {
    let points: Vec<Point> = STEPS.iter().flat_map(|step| BLOWS.map(|blow| (*step, blow))).collect();
    let told = format!("restores: {SAMPLE} of {} kill points", points.len());
    match sample::seed(&told, "a_restore_that_is_struck") {
        Some(seed) => points.into_iter().sample(&mut StdRng::seed_from_u64(seed), SAMPLE),
        None => points,
    }
}

/// Whether the log is this job's, and the job waits at this step.
fn is_held(log: &str, job: &str, step: &str) -> bool {
    log.lines().next() == Some(job) && log.contains(&format!("held at {step}"))
}

/// A forum whose restore is struck.
struct Struck<'a> {
    forum: &'a mut Forum,
    backup: &'a str,
    point: Point,
}

impl Struck<'_> {
    /// Rolled back, the forum is the old one; restored again, it is the restored one. Then it is as before.
    fn leaves_two_ways_out(&mut self) {
        self.strike();
        if self.forum.status().starts_with("blocked") {
            self.forum.act(0, "rollback-restore", json!({"confirm": self.backup}));
            self.forum.settle();
        }
        self.assert_serves(NEW);
        self.strike();
        assert_eq!(self.restore(300)["status"], "done", "{:?}", self.point);
        self.forum.settle();
        self.assert_serves(OLD);
        self.forum.post("one more");
    }

    /// Afterwards the forum is the old one and serves, or nothing runs and the status names both ways out.
    fn strike(&mut self) {
        let (step, blow) = self.point;
        self.forum.turn_on("hold-at", step);
        let job = self.restore(0)["job-id"].as_str().unwrap().to_owned();
        self.forum.wait_until(|forum| is_held(&forum.restore_log(), &job, step));
        match blow {
            Blow::Signal(signal) => self.signal(signal),
            Blow::Pebble => self.forum.stage.kill_container(0).unwrap(),
            Blow::Pod => self.forum.stage.kill_pod(0).unwrap(),
            Blow::Database => drop(self.forum.postgresql.query(END_SESSIONS).unwrap()),
        }
        self.run_hooks();
        self.forum.wait_until(|forum| forum.processes_of("charm:restore").is_empty());
        self.forum.turn_off("hold-at");
        self.run_hooks();
        self.assert_told();
    }

    fn signal(&self, signal: Signal) {
        let jobs = self.forum.processes_of("scripts/jobs/restore");
        kill(Pid::from_raw(jobs[0]), signal).unwrap();
    }

    fn run_hooks(&mut self) {
        self.forum.settle();
        self.forum.update_status();
        self.forum.settle();
    }

    fn assert_told(&self) {
        let (status, backup) = (self.forum.status(), self.backup);
        let told = format!(
            "blocked: restore of {backup} was interrupted: run rollback-restore, or restore-backup again: \
             juju run discourse-k8s/0 rollback-restore confirm={backup}"
        );
        if status != told {
            self.assert_serves(NEW);
        }
    }

    fn restore(&mut self, wait: u32) -> Map<String, Value> {
        let backup = self.backup;
        let parameters = json!({"backup-id": backup, "confirm": backup, "discard-previous": true, "wait": wait});
        self.forum.act(0, "restore-backup", parameters)
    }

    #[track_caller]
    fn assert_serves(&self, posts: &str) {
        println!("{:?}", self.point);
        assert_serves(self.forum, 1, posts);
    }
}
