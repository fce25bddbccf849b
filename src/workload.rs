//! Long work and other commands in the workload container, for steps and actions alike: start, follow, find again, run
//! a rake task, ask the database and Redis.
//!
//! A job outlives the charm's process, so whoever needs it later finds it again by the change that Pebble keeps and by its summary.

mod examination;
mod inspection;
mod jobs;
mod psql;
mod rake;
mod redis;
mod secret_key;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

pub use examination::{ask_servers, diagnose, examine, probe};
pub use inspection::inspect;
pub use jobs::{follow, latest, start};
pub use psql::{CHANGE_PATIENCE, PATIENCE as DATABASE_PATIENCE, psql};
pub use rake::rake;
pub use secret_key::find as find_secret_key;

/// A time stamp of Pebble. *Units*: seconds since 1970; *Empty*: it is malformed.
#[must_use]
pub fn unix_time(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}
