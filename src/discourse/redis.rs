//! What a Redis must have and be, read by one run of `redis-cli`.
//!
//! *Source*: Redis documentation, INFO; Discourse `config/initializers/001-redis.rb` and `lib/backup_restore.rb`; Sidekiq `cli.rb`.

use std::collections::BTreeMap;

/// The first version that Discourse takes.
const OLDEST: (u32, u32) = (6, 2);

/// The key that exists while Discourse makes or restores a backup.
const OPERATION: &str = "default:backup_restore_operation_is_running";

/// A Redis as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redis {
    /// Its version, such as `7.0.15`.
    pub version: String,
    /// What it does when its memory is full.
    pub policy: String,
    /// Whether it only follows another one.
    pub is_replica: bool,
    /// How much it keeps. *Units*: bytes.
    pub used_memory: u64,
    /// How much it may keep. *Units*: bytes; 0: as much as there is.
    pub max_memory: u64,
    /// Whether a backup, a restore or what keeps them out runs, or was killed less than a minute ago.
    pub is_operating: bool,
}

impl Redis {
    /// The commands for the standard input of `redis-cli`: they only read.
    #[must_use]
    pub fn script() -> String {
        format!("INFO\nEXISTS {OPERATION}\n")
    }

    /// What the commands have printed.
    ///
    /// *Empty*: something else, such as an error.
    #[must_use]
    pub fn parse(output: &str) -> Option<Self> {
        let facts: BTreeMap<&str, &str> = output.lines().filter_map(|line| line.trim_end().split_once(':')).collect();
        let text = |name: &str| facts.get(name).copied().unwrap_or_default().to_owned();
        let number = |name: &str| text(name).parse().unwrap_or_default();
        let version = facts.get("redis_version")?;
        Some(Self {
            version: (*version).to_owned(),
            policy: text("maxmemory_policy"),
            is_replica: text("role") == "slave",
            used_memory: number("used_memory"),
            max_memory: number("maxmemory"),
            is_operating: output.lines().last().is_some_and(|line| line.trim() == "1"),
        })
    }

    /// Whether Discourse does not take this version; one that cannot be read is taken.
    #[must_use]
    pub fn is_too_old(&self) -> bool {
        let mut parts = self.version.split('.').map(|part| part.parse::<u32>().ok());
        let parts = (parts.next().flatten(), parts.next().flatten());
        matches!(parts, (Some(major), Some(minor)) if (major, minor) < OLDEST)
    }

    /// Whether background jobs may be thrown away when its memory is full.
    #[must_use]
    pub fn evicts(&self) -> bool {
        !self.policy.is_empty() && self.policy != "noeviction"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "# Server\r\nredis_version:7.0.15\r\nused_memory:1000\r\nmaxmemory:0\r\n\
        maxmemory_policy:allkeys-lru\r\nrole:slave\r\n\n1\n";

    #[test]
    fn an_answer_has_every_fact() {
        let expected = Redis {
            version: "7.0.15".to_owned(),
            policy: "allkeys-lru".to_owned(),
            is_replica: true,
            used_memory: 1000,
            max_memory: 0,
            is_operating: true,
        };
        assert!(!expected.is_too_old() && expected.evicts());
        assert_eq!(Redis::parse(ANSWER), Some(expected));
        assert_eq!(Redis::parse("NOAUTH Authentication required.\n"), None);
    }

    #[test]
    fn the_oldest_version_is_6_2() {
        let is_too_old = |version: &str| Redis { version: version.to_owned(), ..Redis::default() }.is_too_old();
        assert_eq!(["5.0.7", "6.0.16", "6.2.0", "7.4.1", "odd"].map(is_too_old), [true, true, false, false, false]);
    }
}
