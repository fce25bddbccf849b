//! How many processes a server has, and what they take.
//!
//! *Source*: Discourse `config/unicorn.conf.rb` and `config/discourse_defaults.conf`; for the choice by limits, `discourse_docker`
//! `image/setup_wizard/lib/discourse_setup/resource_scaler.rb`. The memory of a process is a rule of thumb.

use std::collections::BTreeMap;

use crate::discourse::environment::{Origin, SIDEKIQS, Variable, Variables};

/// The variable with the number of processes that answer requests.
pub const WORKERS: &str = "UNICORN_WORKERS";

/// The variable with the number of threads that run background jobs.
pub const SIDEKIQ_THREADS: &str = "DISCOURSE_SIDEKIQ_WORKERS";

/// The variable with the most connections of one process to the database.
pub const POOL: &str = "DISCOURSE_DB_POOL";

/// What Discourse takes where nothing is set.
pub const USUAL: Sizing = Sizing { workers: 3, sidekiq_threads: 5, pool: 8, is_sidekiq_apart: false };

/// Processes with a pool besides the workers: Sidekiq, the master, and the collector of metrics.
const OTHER_PROCESSES: u64 = 3;

/// What all processes share, and what each has of its own. *Units*: MiB.
const SHARED_MEMORY: u64 = 400;
const OWN_MEMORY: u64 = 300;

/// How many workers the charm chooses.
const FEWEST_WORKERS: u64 = 2;
const MOST_WORKERS: u64 = 8;

/// How many threads for jobs the charm chooses at most.
const MOST_SIDEKIQ_THREADS: u64 = 20;

/// The memory up to which memory decides how many workers there are, and processors do above. *Units*: bytes.
const LITTLE_MEMORY: u64 = 2 << 30;

/// The threads of a process with connections of their own besides those for jobs.
const OTHER_THREADS: u64 = 3;

/// What a container may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// *Units*: bytes; *Empty*: there is no limit.
    pub memory: Option<u64>,
    /// Processors. *Units*: thousandths; *Empty*: there is no limit.
    pub milli_cpus: Option<u64>,
}

/// The size that the options ask for; 0 leaves it to the charm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Processes that answer requests.
    pub workers: u64,
    /// Threads that run background jobs.
    pub sidekiq_threads: u64,
}

/// A number of bytes for people, such as `3.4 GiB`.
#[must_use]
pub fn readable(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // In tenths of a unit.
    let mut tenths = bytes.saturating_mul(10) / 1024;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while tenths >= 10_240 && units.len() > 0 {
        tenths /= 1024;
        unit = units.next();
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, unit.copied().unwrap_or_default())
}

impl Limits {
    /// The limits in the files `memory.max` and `cpu.max` of a control group.
    #[must_use]
    pub fn parse(memory: Option<&[u8]>, cpu: Option<&[u8]>) -> Self {
        let text = |bytes: Option<&[u8]>| bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).map(str::to_owned);
        let share = text(cpu).and_then(|text| {
            let (quota, period) = text.trim().split_once(' ')?;
            quota.parse::<u64>().ok()?.saturating_mul(1000).checked_div(period.parse().ok()?)
        });
        Self { memory: text(memory).and_then(|text| text.trim().parse().ok()), milli_cpus: share }
    }

    /// Whole processors, rounded up.
    fn cpus(self) -> Option<u64> {
        self.milli_cpus.map(|share| share.div_ceil(1000))
    }
}

impl Wanted {
    /// The variables of this size. What is as usual needs none, so that a server which runs without them is not restarted.
    #[must_use]
    pub fn variables(self, limits: Limits) -> Variables {
        let workers = if self.workers == 0 { chosen_workers(limits) } else { self.workers };
        let threads = if self.sidekiq_threads == 0 { chosen_threads(limits) } else { self.sidekiq_threads };
        let pool = threads.saturating_add(OTHER_THREADS).max(USUAL.pool);
        let variables = [
            (WORKERS, workers, USUAL.workers, "web_workers"),
            (SIDEKIQ_THREADS, threads, USUAL.sidekiq_threads, "sidekiq_concurrency"),
            (POOL, pool, USUAL.pool, "sidekiq_concurrency"),
        ];
        let unusual = variables.into_iter().filter(|(_, number, usual, _)| number != usual);
        unusual
            .map(|(name, number, _, option)| (name, Variable::plain(number.to_string(), Origin::Option(option))))
            .collect()
    }
}

/// Two workers for each GiB of a little memory, or for each processor of more.
fn chosen_workers(limits: Limits) -> u64 {
    let by_cpus = limits.cpus().map(|cpus| cpus.saturating_mul(2));
    let by_memory = limits.memory.map(|memory| memory.saturating_mul(2) >> 30);
    let chosen = match (limits.memory, by_cpus) {
        (Some(memory), _) if memory <= LITTLE_MEMORY => by_memory,
        (_, Some(by_cpus)) => Some(by_cpus),
        (Some(_), None) => by_memory,
        (None, None) => None,
    };
    chosen.map_or(USUAL.workers, |chosen| chosen.clamp(FEWEST_WORKERS, MOST_WORKERS))
}

/// Five threads for each processor.
fn chosen_threads(limits: Limits) -> u64 {
    let chosen = limits.cpus().map(|cpus| cpus.saturating_mul(USUAL.sidekiq_threads));
    chosen.map_or(USUAL.sidekiq_threads, |chosen| chosen.clamp(USUAL.sidekiq_threads, MOST_SIDEKIQ_THREADS))
}

/// The size of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizing {
    /// Processes that answer requests.
    pub workers: u64,
    /// Threads that run background jobs.
    pub sidekiq_threads: u64,
    /// The most connections of one process to the database.
    pub pool: u64,
    /// Whether Sidekiq is a service of its own, which shares no memory with the workers.
    pub is_sidekiq_apart: bool,
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
            is_sidekiq_apart: environment.get(SIDEKIQS).is_some_and(|number| number == "0"),
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
        let processes = self.workers.saturating_add(1 + u64::from(self.is_sidekiq_apart));
        processes.saturating_mul(OWN_MEMORY).saturating_add(SHARED_MEMORY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_readable() {
        assert_eq!(
            [0, 1023, 1536, 5 << 20, 7 << 41].map(readable),
            ["0 B", "1023 B", "1.5 KiB", "5.0 MiB", "14.0 TiB"]
        );
    }

    /// The variables for two options, in a container with so many GiB and thousandths of processors.
    fn variables(workers: u64, sidekiq_threads: u64, gib: Option<u64>, milli_cpus: Option<u64>) -> Vec<String> {
        let limits = Limits { memory: gib.map(|gib| gib << 30), milli_cpus };
        let variables = Wanted { workers, sidekiq_threads }.variables(limits);
        variables.into_iter().map(|(name, variable)| format!("{name}={}", variable.expose())).collect()
    }

    #[test]
    fn what_is_as_usual_needs_no_variable_whatever_the_limits_are() {
        assert_eq!(variables(3, 5, Some(64), Some(32_000)), Vec::<String>::new());
        assert_eq!(variables(0, 0, None, None), Vec::<String>::new());
    }

    #[test]
    fn a_number_is_taken_as_it_is_and_more_jobs_need_more_connections() {
        let expected = ["UNICORN_WORKERS=12", "DISCOURSE_SIDEKIQ_WORKERS=10", "DISCOURSE_DB_POOL=13"];
        assert_eq!(variables(12, 10, Some(1), Some(500)), expected);
        assert_eq!(variables(3, 4, None, None), ["DISCOURSE_SIDEKIQ_WORKERS=4"]);
    }

    #[test]
    fn the_charm_chooses_by_memory_if_there_is_little_else_by_processors() {
        let chosen = |gib, milli_cpus| variables(0, 5, gib, milli_cpus);
        assert_eq!(chosen(Some(1), Some(8000)), ["UNICORN_WORKERS=2"]);
        assert_eq!(chosen(Some(2), None), ["UNICORN_WORKERS=4"]);
        assert_eq!(chosen(Some(16), Some(2500)), ["UNICORN_WORKERS=6"]);
        assert_eq!(chosen(Some(16), None), ["UNICORN_WORKERS=8"]);
        assert_eq!(chosen(None, Some(500)), ["UNICORN_WORKERS=2"]);
        assert_eq!(variables(3, 0, None, Some(2000)), ["DISCOURSE_SIDEKIQ_WORKERS=10", "DISCOURSE_DB_POOL=13"]);
    }

    #[test]
    fn limits_are_those_of_a_control_group() {
        let limits = |memory: &str, cpu: &str| Limits::parse(Some(memory.as_bytes()), Some(cpu.as_bytes()));
        let expected = Limits { memory: Some(1 << 30), milli_cpus: Some(1500) };
        assert_eq!(limits("1073741824\n", "150000 100000\n"), expected);
        assert_eq!(limits("max\n", "max 100000\n"), Limits::default());
        assert_eq!((limits("", "1 0"), Limits::parse(None, None)), (Limits::default(), Limits::default()));
    }

    #[test]
    fn a_server_without_settings_has_48_connections_and_takes_1600_mib() {
        let usual = Sizing::of(&BTreeMap::new());
        assert_eq!((usual, usual.connections(), usual.memory()), (USUAL, 48, 1600));
        let more = BTreeMap::from([(WORKERS.to_owned(), "8".to_owned()), (POOL.to_owned(), "12".to_owned())]);
        assert_eq!(Sizing::of(&more).connections(), 132);
        let apart = BTreeMap::from([(SIDEKIQS.to_owned(), "0".to_owned())]);
        assert_eq!(Sizing::of(&apart).memory(), 1900);
    }
}
