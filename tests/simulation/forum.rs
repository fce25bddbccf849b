//! A forum on a stage without any time of its own: the built charm, hosted Pebbles and played programs.

use std::{
    collections::BTreeSet,
    fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use clock::{Clock, Drive};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::{Value, json};
use stage::{
    Life, Relation, Stage, StageError, Version,
    pod::{Pebble, Place},
    remote::Scripted,
};

use crate::{
    image::{Images, MIGRATIONS, destructive, list},
    machine::Container,
    world::World,
};

/// The variable from which the charm takes the time of day.
const TIME: &str = "DISCOURSE_K8S_TIME";

/// How long a server that does not answer counts as one that may still do so.
const IDLE: Duration = Duration::from_secs(90);

/// A forum and what its pods share.
pub struct Forum {
    /// Juju's model and everything in it.
    pub stage: Stage,
    /// Database, Redis and servers.
    pub world: World,
    /// The application behind `database`.
    pub postgresql: Scripted,
    /// The application behind `redis`.
    pub redis: Scripted,
    /// Both images.
    pub images: Arc<Images>,
}

/// What a forum is deployed as.
pub struct Plan {
    /// How many units.
    pub units: u32,
    /// Decides what Juju leaves to chance, and how long servers take to boot.
    pub seed: u64,
    /// The Juju that it runs on.
    pub juju: Version,
    /// How long a server takes to boot. *Units*: milliseconds.
    pub boot: RangeInclusive<u64>,
    /// How long every other one takes, if not as long: longer than a hook waits for it, so that others go on meanwhile.
    pub slow_boot: Option<RangeInclusive<u64>>,
}

impl Forum {
    /// A forum with shared uploads and all that it requires; no hook has run.
    ///
    /// # Errors
    /// The stage cannot be built.
    pub fn deployed(plan: &Plan, images: Arc<Images>) -> Result<Self, StageError> {
        let world = World::default();
        let pebble = workload(plan, world.clone());
        let mut stage = Stage::builder()
            .charm(charm())
            .image(images.older())
            .units(plan.units)
            .seed(plan.seed)
            .juju(plan.juju)
            .pebble(pebble)
            .clock(Clock::driven(Drive::leaked()))
            .time_variable(TIME)
            .idle_timeout(IDLE)
            .build()?;
        stage.deploy();
        let postgresql = Scripted::new("postgresql-k8s", "database", "postgresql_client")
            .app("database", "discourse")
            .app("endpoints", "postgresql-k8s-primary:5432")
            .app("version", "14.11")
            .secret("secret-user", &[("username", "forum"), ("password", "hunter2")]);
        let redis = Scripted::new("redis-k8s", "redis", "redis")
            .app("leader-host", "redis-k8s-0.redis-k8s-endpoints")
            .unit("hostname", "10.1.1.1")
            .unit("port", "6379");
        let mut forum = Self { stage, world, postgresql, redis, images };
        forum.stage.relate("database", forum.postgresql.clone())?;
        forum.stage.relate("redis", forum.redis.clone())?;
        forum.stage.config(uploads())?;
        Ok(forum)
    }

    /// The numbers of the units that live.
    pub fn units(&self) -> Vec<u32> {
        let number = |name: &String| name.rsplit('/').next().and_then(|number| number.parse().ok());
        let mut numbers: Vec<u32> = self.stage.model().units.keys().filter_map(number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// The identity of a unit's Pebble; none if it has no pod.
    pub fn pebble_of(&self, unit: u32) -> Option<String> {
        self.stage.pod(unit).and_then(|pod| pod.boot_id("discourse"))
    }

    /// The relation with Redis, if there is one: alive, or about to go.
    pub fn redis_relation(&self) -> Option<Life> {
        let is_redis = |relation: &&Relation| relation.ends.iter().any(|end| end.endpoint == "redis");
        self.stage.model().relations.values().find(is_redis).map(|relation| relation.life)
    }

    /// The image that a unit's pod was made from.
    pub fn revision(&self, unit: u32) -> String {
        let pod = self.stage.pod(unit).and_then(|pod| pod.path("discourse", "/srv/discourse/REVISION").ok());
        pod.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default()
    }

    /// What `juju status` shows of each unit.
    pub fn statuses(&self) -> Vec<String> {
        self.stage.model().units.iter().map(|(name, unit)| format!("{name} {}", unit.status)).collect()
    }
}

/// Uploads that all units share.
fn uploads() -> [(&'static str, Value); 5] {
    [
        ("s3_enabled", json!(true)),
        ("s3_access_key_id", json!("id")),
        ("s3_secret_access_key", json!("hunter2")),
        ("s3_bucket", json!("uploads")),
        ("s3_region", json!("eu-west-1")),
    ]
}

/// Pebbles whose containers run what is played; boots take as long as the seed says.
fn workload(plan: &Plan, world: World) -> Pebble {
    let random = Arc::new(Mutex::new(StdRng::seed_from_u64(plan.seed)));
    let (quick, slow) = (plan.boot.clone(), plan.slow_boot.clone());
    let all: BTreeSet<String> = destructive(&list(&MIGRATIONS)).collect();
    Pebble::hosted(move |place: &Place| {
        let migrations = fs::read_to_string(place.root.join("srv/discourse/MIGRATIONS")).unwrap_or_default();
        let random = Arc::clone(&random);
        let (quick, slow) = (quick.clone(), slow.clone());
        let boot = move || {
            let mut random = random.lock().unwrap_or_else(PoisonError::into_inner);
            let range = slow.clone().filter(|_| random.random_ratio(1, 2)).unwrap_or(quick.clone());
            Duration::from_millis(random.random_range(range))
        };
        let pace = (boot, Duration::from_secs(7));
        Arc::new(Container::new(&place.pod, migrations, all.clone(), world.clone(), pace))
    })
}

/// The charm as Juju unpacks it.
fn charm() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/charm");
    std::env::var_os("CHARM").map_or_else(default, PathBuf::from)
}
