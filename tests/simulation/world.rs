//! What the pods of a life share: the database, Redis, and an eye on all servers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The database, Redis and the servers of one life.
#[derive(Debug, Clone, Default)]
pub struct World(Arc<Mutex<State>>);

/// All of it at one moment.
#[derive(Debug, Default)]
pub struct State {
    /// The migrations that were applied, in their order.
    pub applied: Vec<String>,
    /// Whether a migration holds the lock.
    pub is_migrating: bool,
    /// What Redis has as the key of sessions.
    pub key: Option<String>,
    /// The servers that run, by pod.
    pub servers: BTreeMap<String, Server>,
    /// The pods whose gate was shut or whose server was stopped since this was last emptied.
    pub disturbed: BTreeSet<String>,
    /// What must never happen, and did.
    pub violations: Vec<String>,
}

/// A server that runs.
#[derive(Debug, Clone, Default)]
pub struct Server {
    /// The destructive migrations that its code knows.
    pub post: BTreeSet<String>,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
}

/// The lock of a migration; gone with whoever holds it.
pub struct MigrationLock {
    world: World,
}

impl World {
    /// Looks or changes something.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock that only one migration has; `None` if another one has it.
    pub fn begin_migration(&self) -> Option<MigrationLock> {
        let is_held = std::mem::replace(&mut self.lock().is_migrating, true);
        (!is_held).then(|| MigrationLock { world: self.clone() })
    }
}

impl Drop for MigrationLock {
    fn drop(&mut self) {
        self.world.lock().is_migrating = false;
    }
}

impl State {
    /// How many of these versions are missing.
    pub fn missing<'a>(&self, versions: impl IntoIterator<Item = &'a str>) -> usize {
        versions.into_iter().filter(|version| !self.applied.iter().any(|applied| applied == version)).count()
    }

    /// Applies a migration; one that older code cannot live with must find none that serves.
    pub fn apply(&mut self, pod: &str, version: &str, is_destructive: bool) {
        if self.missing([version]) == 0 {
            return;
        }
        self.applied.push(version.to_owned());
        let older = |server: &&Server| !server.post.contains(version);
        if is_destructive && self.servers.values().any(|server| older(&server)) {
            self.violations.push(format!("{pod} applied the destructive migration {version} while older code serves"));
        }
    }

    /// A server starts: one whose code is older than the database must not.
    pub fn start_server(&mut self, pod: &str, server: Server, destructive: &BTreeSet<String>) {
        let unknown =
            self.applied.iter().find(|version| destructive.contains(*version) && !server.post.contains(*version));
        if let Some(version) = unknown {
            self.violations.push(format!("{pod} starts older code after the destructive migration {version}"));
        }
        if self.servers.insert(pod.to_owned(), server).is_some() {
            self.violations.push(format!("{pod} runs two servers"));
        }
    }

    /// A pod gets no more requests, or its server ends.
    pub fn disturb(&mut self, pod: &str) {
        self.disturbed.insert(pod.to_owned());
    }
}
