//! The options of the forum itself: its limits, its users and its background jobs.

use crate::discourse::{mail_server::mail_address, sizing::Wanted};

use super::{Sidekiq, Throttle, reader::Reader};

/// The memory that Discourse takes at least. *Source*: Discourse `lib/demon/sidekiq.rb`. *Units*: megabytes.
const LEAST_MEMORY: i64 = 500;

/// The most processes and threads that a server is given.
const MOST_WORKERS: u64 = 64;
const MOST_SIDEKIQ_THREADS: u64 = 50;

impl Reader<'_> {
    pub(super) fn throttle(&mut self) -> Throttle {
        let given = self.word("throttle_level");
        Throttle::parse(&given).unwrap_or_else(|| {
            self.reject("throttle_level", "throttle_level must be none, permissive or strict");
            Throttle::None
        })
    }

    pub(super) fn max_category_nesting(&mut self) -> i64 {
        let given = self.number("max_category_nesting");
        if !(2..=3).contains(&given) {
            self.reject("max_category_nesting", "max_category_nesting must be 2 or 3");
        }
        given
    }

    pub(super) fn sidekiq(&mut self) -> Sidekiq {
        let max_memory = self.number("sidekiq_max_memory");
        if max_memory < LEAST_MEMORY {
            self.warn(format!("sidekiq_max_memory counts as {LEAST_MEMORY}, which is the least that works"));
        }
        Sidekiq { is_service: self.boolean("sidekiq_as_service"), max_memory }
    }

    pub(super) fn sizing(&mut self) -> Wanted {
        Wanted {
            workers: self.amount("web_workers", MOST_WORKERS),
            sidekiq_threads: self.amount("sidekiq_concurrency", MOST_SIDEKIQ_THREADS),
        }
    }

    /// A number from 0 up to a limit.
    fn amount(&mut self, option: &'static str, most: u64) -> u64 {
        let given = u64::try_from(self.number(option)).ok().filter(|number| *number <= most);
        given.unwrap_or_else(|| {
            self.reject(option, format!("{option} must be a number from 0 to {most}"));
            0
        })
    }

    pub(super) fn developer_emails(&mut self) -> String {
        let emails = self.list("developer_emails");
        if emails.iter().any(|email| !is_email(email)) {
            self.warn("developer_emails has an entry that is no e-mail address");
        }
        // Discourse compares one of its lists of them in lower case, the other as it is written.
        emails.join(",").to_lowercase()
    }

    /// Names of groups in Discourse have no blanks, quotes and separators.
    pub(super) fn saml_sync_groups(&mut self) -> Vec<String> {
        let groups = self.list("saml_sync_groups");
        if groups.iter().any(|group| group.contains(|c: char| c.is_whitespace() || "|;\"'".contains(c))) {
            self.warn("saml_sync_groups has an entry that is no name of a group: separate them by commas");
        }
        groups
    }
}

/// Whether it is nothing but an address: Discourse compares it with those of users.
fn is_email(text: &str) -> bool {
    mail_address(text).is_some_and(|address| address.eq_ignore_ascii_case(text))
}
