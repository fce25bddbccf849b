//! How many processes a server has, and what they take.
//!
//! *Source*: Discourse `config/unicorn.conf.rb` and `config/discourse_defaults.conf`. The memory of a process is a rule of thumb.

use std::collections::BTreeMap;

/// The variable with the number of processes that answer requests.
pub const WORKERS: &str = "UNICORN_WORKERS";

/// The variable with the number of threads that run background jobs.
pub const SIDEKIQ_THREADS: &str = "DISCOURSE_SIDEKIQ_WORKERS";

/// The variable with the most connections of one process to the database.
pub const POOL: &str = "DISCOURSE_DB_POOL";

/// What Discourse takes where nothing is set.
pub const USUAL: Sizing = Sizing { workers: 3, sidekiq_threads: 5, pool: 8 };

/// Processes with a pool besides the workers: Sidekiq, the master, and the collector of metrics.
const OTHER_PROCESSES: u64 = 3;

/// What all processes share, and what each has of its own. *Units*: MiB.
const SHARED_MEMORY: u64 = 400;
const OWN_MEMORY: u64 = 300;

/// The size of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizing {
    /// Processes that answer requests.
    pub workers: u64,
    /// Threads that run background jobs.
    pub sidekiq_threads: u64,
    /// The most connections of one process to the database.
    pub pool: u64,
}

impl Sizing {
    /// The size that an environment gives a server.
    #[must_use]
    pub fn of(environment: &BTreeMap<String, String>) -> Self {
        let number = |name: &str, usual| environment.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
        Self {
            workers: number(WORKERS, USUAL.workers),
            sidekiq_threads: number(SIDEKIQ_THREADS, USUAL.sidekiq_threads),
            pool: number(POOL, USUAL.pool),
        }
    }

    /// The most connections to the database.
    #[must_use]
    pub fn connections(self) -> u64 {
        self.workers.saturating_add(OTHER_PROCESSES).saturating_mul(self.pool)
    }

    /// The memory that it may come to need. *Units*: MiB.
    #[must_use]
    pub fn memory(self) -> u64 {
        self.workers.saturating_add(1).saturating_mul(OWN_MEMORY).saturating_add(SHARED_MEMORY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_settings_has_48_connections_and_takes_1600_mib() {
        let usual = Sizing::of(&BTreeMap::new());
        assert_eq!((usual, usual.connections(), usual.memory()), (USUAL, 48, 1600));
        let more = BTreeMap::from([(WORKERS.to_owned(), "8".to_owned()), (POOL.to_owned(), "12".to_owned())]);
        assert_eq!(Sizing::of(&more).connections(), 132);
    }
}
