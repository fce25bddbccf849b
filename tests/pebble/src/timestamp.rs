//! Time stamps as the API writes them: RFC 3339 in UTC, fractions without trailing zeros.

use clock::Clock;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The time of day.
#[must_use]
pub fn now(clock: Clock) -> OffsetDateTime {
    OffsetDateTime::from(clock.wall())
}

/// Writes a time stamp.
#[must_use]
pub fn format(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}

/// Writes a time stamp without its fraction.
#[must_use]
pub fn format_seconds(time: OffsetDateTime) -> String {
    format(time.replace_nanosecond(0).unwrap_or(time))
}

/// Writes a time stamp with its milliseconds, as the daemon's log has it.
#[must_use]
pub fn format_millis(time: OffsetDateTime) -> String {
    let seconds = format_seconds(time);
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), time.millisecond())
}

/// Reads a time stamp; `None` if it is none.
#[must_use]
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}
