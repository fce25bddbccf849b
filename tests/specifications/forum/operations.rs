//! A forum whose workload is a real Rails application, with posts that tell whether it is the same.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use stage::{ActionRun, ActionStatus, Stage};

use super::{Forum, copy_of, with_faults};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// What tells one forum from another: its posts, row by row.
const ROWS: &str = "SELECT string_agg(raw, ', ' ORDER BY id) FROM posts";

impl Forum {
    /// A Rails forum of this many units that serves, with a post and faults of its workload.
    #[track_caller]
    pub fn rails(units: u32, faults: &[(&str, &str)]) -> Self {
        let faults = [&[("restore-wait", "0.1")], faults].concat();
        let image = with_faults(copy_of("rails"), &faults);
        let mut forum = Self::deployed_on(Stage::builder().image(image.path()).units(units));
        forum.images.push(image);
        forum.relate();
        if units > 1 {
            forum.share_uploads();
        }
        forum.settle();
        assert!(forum.status().starts_with("active"), "{}", forum.status());
        forum.post("the first post");
        forum
    }

    /// Adds a post.
    #[track_caller]
    pub fn post(&self, raw: &str) {
        let statement =
            format!("INSERT INTO posts (topic_id, raw, created_at, updated_at) VALUES (1, '{raw}', now(), now())");
        self.postgresql.query(&statement).unwrap();
    }

    /// The posts, row by row; an error if there is no forum.
    pub fn posts(&self) -> Result<String, String> {
        self.postgresql.query(ROWS).map(|rows| rows.trim().to_owned()).map_err(|error| error.to_string())
    }

    /// Runs an action that succeeds, and gives its results.
    #[track_caller]
    pub fn act(&mut self, unit: u32, action: &str, parameters: Value) -> serde_json::Map<String, Value> {
        let run = self.stage.run(unit, action, parameters).unwrap();
        self.assert_secrets_are_hidden(&run);
        assert_eq!(run.status, ActionStatus::Completed, "{action}: {}\n{:?}", run.message, run.log);
        run.results
    }

    /// Runs an action that is refused, and gives its message.
    #[track_caller]
    pub fn refused(&mut self, unit: u32, action: &str, parameters: Value) -> String {
        let run = self.stage.run(unit, action, parameters).unwrap();
        self.assert_secrets_are_hidden(&run);
        assert_eq!(run.status, ActionStatus::Failed, "{action}: {:?}", run.results);
        run.message
    }

    /// Makes a backup, and gives its id.
    #[track_caller]
    pub fn back_up(&mut self) -> String {
        let results = self.act(0, "create-backup", json!({"wait": 120}));
        assert_eq!(results["status"], "done", "{results:?}");
        results["backup-id"].as_str().unwrap().to_owned()
    }

    /// Waits until an operation holds its lock.
    #[track_caller]
    pub fn wait_for_operation(&self, job: &str) {
        let held = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) \
                    WHERE classid = 584792 AND granted AND datname = current_database()";
        self.wait_until(|forum| {
            let count = forum.postgresql.query(&format!("{held} AND application_name = 'charm-{job}'")).unwrap();
            count.trim() == "1"
        });
    }

    /// Waits until a job of the first unit does not run any more.
    #[track_caller]
    pub fn wait_for_the_end(&mut self, id: &str) {
        let began = Instant::now();
        while self.act(0, "job-status", json!({"job-id": id}))["status"] == "running" {
            assert!(began.elapsed() < PATIENCE, "{id} does not end");
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// What the newest restore of the first unit has printed so far.
    pub fn restore_log(&self) -> String {
        let pebble = self.pod().processes("discourse").into_keys().next();
        let log = pebble.map(|process| format!("/proc/{process}/root/run/discourse/restore.log"));
        log.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default()
    }

    /// What runs in the first unit's workload with this in its command line.
    pub fn processes_of(&self, command: &str) -> Vec<i32> {
        let processes = self.pod().processes("discourse").into_iter();
        processes.filter(|(_, line)| line.contains(command)).map(|(process, _)| process).collect()
    }

    /// Waits, at most two minutes.
    #[track_caller]
    pub fn wait_until(&self, is_so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            assert!(began.elapsed() < PATIENCE, "it does not come to it");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// No password of database or object storage is in results, messages, logs or arguments of commands.
    #[track_caller]
    fn assert_secrets_are_hidden(&self, run: &ActionRun) {
        let password = self.postgresql.credentials().map(|(_, password)| password);
        let argv: Vec<String> =
            run.hook.iter().flat_map(|hook| &hook.tools).flat_map(|call| call.argv.clone()).collect();
        let shown =
            format!("{:?} {} {:?} {argv:?} {:?} {}", run.results, run.message, run.log, self.statuses(), self.log());
        for word in ["hunter2"].into_iter().chain(password.as_deref()) {
            assert!(!shown.contains(word), "{word:?} is shown: {shown}");
        }
    }
}
