//! The arrangement of the charm's specifications: a forum on the stage, with real servers beside it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use stage::{
    HookRun, Stage, Status,
    remote::{Postgresql, Redis, Scripted},
};
use tempfile::TempDir;

/// What `juju status` shows of a unit that serves with its default options.
pub const ACTIVE: &str = "active: uploads are lost with the pod: set s3_enabled";

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
    /// Images of this test's own.
    folders: Vec<TempDir>,
}

impl Forum {
    /// Units of a forum that is deployed and related to nothing; no hook has run.
    pub fn deployed(units: u32) -> Self {
        Self::deployed_from(&image("one"), units)
    }

    /// A forum of one unit with its three relations, whose image has faults: knobs and their arguments; no hook has run.
    pub fn faulty(knobs: &[(&str, &str)]) -> Self {
        Self::related_from(faulty_image(knobs))
    }

    /// A forum of one unit with its three relations and an image of its own; no hook has run.
    pub fn related_from(image: TempDir) -> Self {
        let mut forum = Self::deployed_from(image.path(), 1);
        forum.folders.push(image);
        forum.relate();
        forum
    }

    /// Units of a forum with this image, related to nothing; no hook has run.
    pub fn deployed_from(image: &Path, units: u32) -> Self {
        let clock = "0.2".parse().unwrap();
        let stage = Stage::builder().charm(charm()).image(image).units(units).clock(clock).build().unwrap();
        let mut forum = Self {
            stage,
            postgresql: Postgresql::new("postgresql-k8s"),
            redis: Redis::new("redis-k8s"),
            ingress: Scripted::new("nginx-ingress-integrator", "nginx-route", "nginx-route"),
            folders: Vec::new(),
        };
        forum.stage.deploy();
        forum
    }

    /// A forum of one unit with its three relations; no hook has run.
    pub fn related() -> Self {
        Self::related_units(1)
    }

    /// A forum of several units with its three relations; no hook has run.
    pub fn related_units(units: u32) -> Self {
        let mut forum = Self::deployed(units);
        forum.relate();
        forum
    }

    /// A forum of one unit that serves.
    pub fn active() -> Self {
        Self::active_with(&[])
    }

    /// A forum of one unit that serves with these options.
    pub fn active_with(options: &[(&str, Value)]) -> Self {
        let mut forum = Self::related();
        forum.stage.config(options.iter().cloned()).unwrap();
        forum.stage.settle().unwrap();
        assert!(forum.status().starts_with("active"), "{}\n{}", forum.status(), forum.log());
        forum
    }

    /// Integrates the three relations.
    pub fn relate(&mut self) {
        self.stage.relate("database", self.postgresql.clone()).unwrap();
        self.stage.relate("redis", self.redis.clone()).unwrap();
        self.stage.relate("nginx-route", self.ingress.clone()).unwrap();
    }

    /// Turns a fault of the first unit's workload on.
    pub fn turn_on(&self, knob: &str, argument: &str) {
        std::fs::write(self.knob(knob), argument).unwrap();
    }

    /// Turns it off again.
    pub fn turn_off(&self, knob: &str) {
        std::fs::remove_file(self.knob(knob)).unwrap();
    }

    fn knob(&self, knob: &str) -> PathBuf {
        let knobs = self.stage.pod(0).unwrap().path("discourse", "/srv/discourse/knobs").unwrap();
        std::fs::create_dir_all(&knobs).unwrap();
        knobs.join(knob)
    }

    /// The migrations that the database has seen.
    pub fn schema_versions(&self) -> Vec<String> {
        let rows = self.postgresql.query("SELECT version FROM schema_migrations ORDER BY version").unwrap();
        rows.lines().map(str::to_owned).collect()
    }

    /// Lets all agents catch up; gives the hooks that ran.
    pub fn settle(&mut self) -> Vec<HookRun> {
        self.stage.settle().unwrap()
    }

    /// The status of the first unit as one line.
    pub fn status(&self) -> String {
        self.status_of(0)
    }

    /// The status of a unit as one line.
    pub fn status_of(&self, unit: u32) -> String {
        self.stage.unit(unit).status().to_string()
    }

    /// Every status that the first unit has had, oldest first, repetitions in a row left out.
    pub fn statuses(&self) -> Vec<String> {
        let mut shown: Vec<String> = self.stage.unit(0).status_history().iter().map(Status::to_string).collect();
        shown.dedup();
        shown
    }

    /// What the first unit has logged, for messages of failed tests.
    pub fn log(&self) -> String {
        let lines = self.stage.unit(0).log();
        let texts: Vec<String> =
            lines.iter().map(|line| format!("{} {}: {}", line.level, line.logger, line.text)).collect();
        texts.join("\n")
    }

    /// What a port of the first unit's pod answers to a request.
    pub fn ask(&self, port: u16, request: &str) -> String {
        let mut stream = TcpStream::connect((self.stage.unit(0).address(), port)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The users in the database, by e-mail address.
    pub fn users(&self) -> Vec<String> {
        let rows = self.postgresql.query("SELECT email FROM user_emails ORDER BY email").unwrap();
        rows.lines().map(str::to_owned).collect()
    }
}

/// The names of the hooks, in their order.
pub fn names(runs: &[HookRun]) -> Vec<&str> {
    runs.iter().map(|run| run.hook.as_str()).collect()
}

/// The Rails boots of some hooks: what was run, by its last words; starts of services apart.
pub fn rails_boots(runs: &[HookRun]) -> Vec<String> {
    let boots = runs.iter().flat_map(|run| &run.boots).map(|boot| boot.argv.join(" "));
    boots.filter(|argv| !argv.contains("unicorn") && !argv.contains("sidekiq")).collect()
}

/// The starts of the server among some hooks.
pub fn server_starts(runs: &[HookRun]) -> usize {
    runs.iter().flat_map(|run| &run.boots).filter(|boot| boot.argv.join(" ").contains("unicorn")).count()
}

/// What some hooks wrote: calls of hook tools that change something, without their arguments.
pub fn writes(runs: &[HookRun]) -> Vec<&str> {
    let calls = runs.iter().flat_map(|run| &run.tools).filter(|call| call.is_write());
    calls.filter_map(|call| call.argv.first().map(String::as_str)).collect()
}

/// The requests of some hooks that change something in the workload.
pub fn posts(runs: &[HookRun]) -> Vec<String> {
    let requests = runs.iter().flat_map(|run| &run.requests).filter(|request| request.method != "GET");
    requests.map(|request| format!("{} {}", request.method, request.path)).collect()
}

/// The hook ended well, changed nothing in the workload, and showed neither a panic nor a password.
pub fn assert_harmless(forum: &Forum, run: &HookRun) {
    let (_, password) = forum.postgresql.credentials().unwrap();
    let said = forum.log();
    assert!(run.is_success(), "{}: {said}", run.exit);
    assert_eq!(posts(std::slice::from_ref(run)), Vec::<String>::new(), "{said}");
    for word in ["panicked at", "hunter2", password.as_str()] {
        assert!(!said.contains(word) && !forum.status().contains(word), "{said}");
    }
    assert!(forum.stage.is_ready(0), "{said}");
}

/// The charm as Juju unpacks it.
pub fn charm() -> PathBuf {
    place("CHARM", "charm")
}

/// An image that the stage's containers run: `one`, or `two` with one more migration of each kind.
pub fn image(name: &str) -> PathBuf {
    place("IMAGES", "image").join(name)
}

/// The image `one` with faults of its workload turned on.
pub fn faulty_image(knobs: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&image("one"), folder.path());
    let place = folder.path().join("srv/discourse/knobs");
    std::fs::create_dir_all(&place).unwrap();
    for (knob, argument) in knobs {
        std::fs::write(place.join(knob), argument).unwrap();
    }
    folder
}

/// Copies a folder with owners and modes.
pub fn copy(from: &Path, to: &Path) {
    let is_copied = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap().success();
    assert!(is_copied, "{}", from.display());
}

/// Where a variable says, else in `target/`.
fn place(variable: &str, folder: &str) -> PathBuf {
    std::env::var_os(variable)
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target").join(folder), PathBuf::from)
}
