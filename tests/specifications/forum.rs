//! The arrangement of the charm's specifications: a forum on the stage, with real servers beside it.

mod images;
mod inside;
mod jujus;
mod mail;
mod operations;
mod outcome;
mod pace;
mod workload;

use std::{path::Path, thread};

use serde_json::{Value, json};
use stage::{
    Builder, HookRun, Stage, Status,
    remote::{Postgresql, Redis, Scripted},
    sandbox::IpStack,
};
use tempfile::TempDir;

pub use images::{bare_image, charm, copy_of, faulty_image, idle_charm, image, image_copy, slow_image, with_faults};
pub use jujus::on_every_juju;
pub use outcome::{ACTIVE, MIGRATE, Outcome, names, rails_boots, server_starts, started, writes};

/// The stage's time where nothing is said of it: five times as fast as real time.
const FAST: &str = "0.2";

/// A forum and the applications that it is related to.
pub struct Forum {
    /// Juju's model and everything in it.
    pub stage: Stage,
    /// The application behind `database`.
    pub postgresql: Postgresql,
    /// The application behind `redis`.
    pub redis: Redis,
    /// The application behind `nginx-route`.
    pub ingress: Scripted,
    /// Images that only this forum uses.
    images: Vec<TempDir>,
}

impl Forum {
    /// A forum of this many units without relations; no hook has run.
    #[track_caller]
    pub fn deployed(units: u32) -> Self {
        Self::deployed_from(&image("one"), units)
    }

    /// A forum with this image and this many units, without relations; no hook has run.
    #[track_caller]
    pub fn deployed_from(image: &Path, units: u32) -> Self {
        Self::deployed_on(Stage::builder().image(image).units(units))
    }

    /// A forum on this stage, without relations; no hook has run.
    #[track_caller]
    pub fn deployed_on(stage: Builder) -> Self {
        Self::paced(stage, FAST)
    }

    /// The same, with this time scale.
    #[track_caller]
    fn paced(stage: Builder, time_scale: &str) -> Self {
        let clock = time_scale.parse().unwrap();
        let mut forum = Self {
            stage: stage.charm(charm()).clock(clock).build().unwrap(),
            postgresql: Postgresql::new("postgresql-k8s"),
            redis: Redis::new("redis-k8s"),
            ingress: Scripted::new("nginx-ingress-integrator", "nginx-route", "nginx-route"),
            images: Vec::new(),
        };
        forum.stage.deploy();
        forum
    }

    /// A forum of one unit with its three relations and an image of its own; no hook has run.
    #[track_caller]
    pub fn related_from(image: TempDir) -> Self {
        let mut forum = Self::deployed_from(image.path(), 1);
        forum.images.push(image);
        forum.relate();
        forum
    }

    /// A forum of one unit with its three relations, whose workload has faults, each with its argument; no hook has run.
    #[track_caller]
    pub fn faulty(faults: &[(&str, &str)]) -> Self {
        Self::related_from(faulty_image(faults))
    }

    /// A forum of one unit with its three relations; no hook has run.
    #[track_caller]
    pub fn related() -> Self {
        Self::related_units(1)
    }

    /// A forum of this many units with its three relations, which share their uploads if there are several; no hook has run.
    #[track_caller]
    pub fn related_units(units: u32) -> Self {
        let mut forum = Self::deployed(units);
        forum.relate();
        if units > 1 {
            forum.share_uploads();
        }
        forum
    }

    /// Names an object storage that nobody asks for anything.
    #[track_caller]
    pub fn share_uploads(&mut self) {
        let options = [
            ("s3_enabled", json!(true)),
            ("s3_access_key_id", json!("id")),
            ("s3_secret_access_key", json!("hunter2")),
            ("s3_bucket", json!("uploads")),
            ("s3_region", json!("eu-west-1")),
        ];
        self.stage.config(options).unwrap();
    }

    /// A forum of this many units with its three relations and shared uploads, in real time and with servers that are as slow as on a
    /// cluster; no hook has run.
    #[track_caller]
    pub fn related_in_real_time(units: u32) -> Self {
        Self::related_in_real_time_with(units, &[])
    }

    /// The same, whose workload has faults, each with its argument.
    #[track_caller]
    pub fn related_in_real_time_with(units: u32, faults: &[(&str, &str)]) -> Self {
        let image = with_faults(slow_image("one"), faults);
        let mut forum = Self::paced(Stage::builder().image(image.path()).units(units), "1");
        forum.images.push(image);
        forum.relate();
        forum.share_uploads();
        forum
    }

    /// `juju refresh` to a copy of an image that is as slow as on a cluster.
    #[track_caller]
    pub fn refresh_slowly(&mut self, name: &str) {
        let image = slow_image(name);
        self.stage.refresh(charm(), image.path()).unwrap();
        self.images.push(image);
    }

    /// A forum of one unit with its three relations, in a cluster with IPv6 only; no hook has run.
    #[track_caller]
    pub fn related_by_ipv6() -> Self {
        Self::related_on(Stage::builder().ip_stack(IpStack::Ipv6Only))
    }

    /// A forum on this stage with its three relations; no hook has run.
    #[track_caller]
    pub fn related_on(stage: Builder) -> Self {
        let mut forum = Self::deployed_on(stage.image(image("one")));
        forum.relate();
        forum
    }

    /// A forum of one unit that serves.
    #[track_caller]
    pub fn active() -> Self {
        Self::active_with(&[])
    }

    /// A forum of one unit that serves with these options.
    #[track_caller]
    pub fn active_with(options: &[(&str, Value)]) -> Self {
        Self::active_on(Stage::builder(), options)
    }

    /// A forum on this stage that serves with these options.
    #[track_caller]
    pub fn active_on(stage: Builder, options: &[(&str, Value)]) -> Self {
        let mut forum = Self::related_on(stage);
        forum.stage.config(options.iter().cloned()).unwrap();
        forum.settle();
        assert!(forum.status().starts_with("active"), "{}", forum.status());
        forum
    }

    /// Integrates the three relations.
    #[track_caller]
    pub fn relate(&mut self) {
        self.stage.relate("database", self.postgresql.clone()).unwrap();
        self.stage.relate("redis", self.redis.clone()).unwrap();
        self.stage.relate("nginx-route", self.ingress.clone()).unwrap();
    }

    /// Sets an option; null resets it.
    #[track_caller]
    pub fn set(&mut self, option: &str, value: impl Into<Value>) {
        self.stage.config([(option, value.into())]).unwrap();
    }

    /// Runs hooks until nothing is left to do.
    #[track_caller]
    pub fn settle(&mut self) -> Outcome {
        let runs = self.run_hooks();
        self.outcome(&runs)
    }

    /// Runs `update-status` on the first unit.
    #[track_caller]
    pub fn update_status(&mut self) -> Outcome {
        let run = self.stage.update_status(0).unwrap();
        self.outcome(&[run])
    }

    /// Runs hooks until nothing is left to do; gives them in their order.
    #[track_caller]
    pub fn run_hooks(&mut self) -> Vec<HookRun> {
        self.stage.settle().unwrap()
    }

    /// What some hooks have led to, none of which may show a panic or a secret; in secrets of tests stands `hunter2`.
    #[track_caller]
    pub fn outcome(&self, runs: &[HookRun]) -> Outcome {
        let password = self.postgresql.credentials().map(|(_, password)| password);
        let shown = format!("{}\n{}", self.status(), self.log());
        for word in ["panicked at", "hunter2"].into_iter().chain(password.as_deref()) {
            assert!(!shown.contains(word), "the status or the log shows {word:?}: {}", self.status());
        }
        Outcome::of(runs, self.status(), self.stage.is_ready(0))
    }

    /// The status of the first unit as one line.
    pub fn status(&self) -> String {
        self.status_of(0)
    }

    /// The status of a unit as one line.
    pub fn status_of(&self, unit: u32) -> String {
        self.stage.unit(unit).status().to_string()
    }

    /// Every status that the first unit has had, oldest first, without repetitions in a row.
    pub fn statuses(&self) -> Vec<String> {
        let mut shown: Vec<String> = self.stage.unit(0).status_history().iter().map(Status::to_string).collect();
        shown.dedup();
        shown
    }

    /// What the units have logged.
    pub fn log(&self) -> String {
        let lines = self.stage.model().units.values().flat_map(|unit| &unit.log);
        let texts: Vec<String> = lines.map(|line| format!("{} {}: {}", line.level, line.logger, line.text)).collect();
        texts.join("\n")
    }

    /// The migrations that the database has seen.
    #[track_caller]
    pub fn schema_versions(&self) -> Vec<String> {
        let rows = self.postgresql.query("SELECT version FROM schema_migrations ORDER BY version").unwrap();
        rows.lines().map(str::to_owned).collect()
    }

    /// The users in the database, by e-mail address.
    #[track_caller]
    pub fn users(&self) -> Vec<String> {
        let rows = self.postgresql.query("SELECT email FROM user_emails ORDER BY email").unwrap();
        rows.lines().map(str::to_owned).collect()
    }
}

impl Drop for Forum {
    /// Shows what happened to a forum whose specification fails.
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}\n{}", self.stage.status_text(), self.log());
        }
    }
}
