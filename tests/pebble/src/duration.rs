//! Durations as plans and requests spell them: `1.5s`, `500ms`, `1h0m0s`.
//!
//! *Source*: Go's `time.ParseDuration` and `Duration.String`.

use std::{fmt::Write, time::Duration};
use thiserror::Error;

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DurationError {
    /// There is no number where one must stand, or it is too large.
    #[error("time: invalid duration {0:?}")]
    Invalid(String),
    /// A number stands alone.
    #[error("time: missing unit in duration {0:?}")]
    MissingUnit(String),
    /// The unit is none of `ns`, `us`, `ms`, `s`, `m`, `h`.
    #[error("time: unknown unit {unit:?} in duration {text:?}")]
    UnknownUnit {
        /// What stands after the number.
        unit: String,
        /// The whole text.
        text: String,
    },
}

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads a duration; one below zero counts as zero.
///
/// # Errors
/// The text has no number, no unit or an unknown unit.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let is_negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "0" {
        return Ok(Duration::ZERO);
    }
    if unsigned.is_empty() {
        return Err(invalid());
    }
    let mut rest = unsigned;
    let mut total = 0_f64;
    while !rest.is_empty() {
        let (nanos, after) = parse_part(rest, text)?;
        total += nanos;
        rest = after;
    }
    if is_negative {
        return Ok(Duration::ZERO);
    }
    Duration::try_from_secs_f64(total / 1e9)
        .ok()
        .filter(|duration| duration.as_nanos() <= i64::MAX as u128)
        .map(rounded)
        .ok_or_else(invalid)
}

/// Writes a duration with its largest unit first: `1h0m0s`, `1.5s`, `300ms`.
#[must_use]
pub fn format(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => decimal(nanos, 1_000, "µs"),
        1_000_000..1_000_000_000 => decimal(nanos, 1_000_000, "ms"),
        _ => format_long(nanos),
    }
}

/// The nanoseconds of one number with its unit, and what follows it.
fn parse_part<'text>(part: &'text str, whole: &str) -> Result<(f64, &'text str), DurationError> {
    let number_end = part.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(part.len());
    let (number, rest) = part.split_at(number_end);
    let value: f64 = number.parse().map_err(|_| DurationError::Invalid(whole.to_owned()))?;
    if rest.is_empty() {
        return Err(DurationError::MissingUnit(whole.to_owned()));
    }
    let unit_end = rest.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let (_, nanos) = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(|| DurationError::UnknownUnit { unit: unit.to_owned(), text: whole.to_owned() })?;
    #[expect(clippy::cast_precision_loss, reason = "the largest unit has 42 bits")]
    Ok((value * *nanos as f64, rest))
}

/// Takes back what the way over floating point added below a nanosecond's neighbours.
fn rounded(duration: Duration) -> Duration {
    let nanos = duration.subsec_nanos();
    match nanos % 100 {
        99 => duration + Duration::from_nanos(1),
        1 => duration.saturating_sub(Duration::from_nanos(1)),
        _ => duration,
    }
}

fn format_long(nanos: u128) -> String {
    const SECOND: u128 = 1_000_000_000;
    let (hours, minutes) = (nanos / SECOND / 3600, nanos / SECOND / 60 % 60);
    let seconds = decimal(nanos % (60 * SECOND), SECOND, "s");
    match (hours, minutes) {
        (0, 0) => seconds,
        (0, _) => format!("{minutes}m{seconds}"),
        _ => format!("{hours}h{minutes}m{seconds}"),
    }
}

/// A number of units with its fraction, trailing zeros cut.
fn decimal(nanos: u128, unit: u128, name: &str) -> String {
    let mut text = (nanos / unit).to_string();
    let width = unit.to_string().len() - 1;
    let fraction = format!("{:0width$}", nanos % unit);
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        let _ = write!(text, ".{fraction}");
    }
    text + name
}

#[cfg(test)]
mod tests {
    use super::{DurationError, format, parse};

    #[test]
    fn a_duration_is_written_with_its_largest_unit_first() {
        let spellings = ["60s", "1500ms", "60m", "0.100s", "70s", "1h2m3.5s", "250us", "0s", "-3s"];
        let written: Vec<_> = spellings.iter().map(|text| parse(text).map(format)).collect();
        let expected = ["1m0s", "1.5s", "1h0m0s", "100ms", "1m10s", "1h2m3.5s", "250µs", "0s", "0s"];
        assert_eq!(written, expected.map(|text| Ok(text.to_owned())));
    }

    #[test]
    fn a_bare_number_misses_its_unit_and_words_are_no_durations() {
        assert_eq!(parse("5"), Err(DurationError::MissingUnit("5".to_owned())));
        assert_eq!(parse("soon"), Err(DurationError::Invalid("soon".to_owned())));
        assert_eq!(parse(""), Err(DurationError::Invalid(String::new())));
        assert_eq!(
            parse("5x").map_err(|error| error.to_string()),
            Err("time: unknown unit \"x\" in duration \"5x\"".to_owned())
        );
    }
}
