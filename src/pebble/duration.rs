//! Durations in Go's format, such as `1m0s` and `1.5s`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// The nanoseconds of each unit.
const UNITS: [(&str, f64); 8] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// Parses a duration.
///
/// *Empty*: the text is not a duration, or it is negative, which has no meaning for Pebble.
pub(super) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = Some(text).filter(|text| !text.is_empty())?;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (term, after) = first_term(rest)?;
        total = total.checked_add(term)?;
        rest = after;
    }
    Some(total)
}

/// Parses one number and its unit, and returns the rest of the text.
fn first_term(text: &str) -> Option<(Duration, &str)> {
    let (number, rest) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit() && c != '.')?)?;
    let (unit, after) = rest.split_at_checked(rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()))?;
    let nanoseconds = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    let value: f64 = number.parse().ok()?;
    let seconds = value * nanoseconds / 1e9;
    Duration::try_from_secs_f64(seconds).ok().map(|duration| (duration, after))
}

/// Formats a duration in seconds, milliseconds or nanoseconds, whichever is the longest exact unit.
pub(super) fn format(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    match (nanoseconds % 1_000_000_000, nanoseconds % 1_000_000) {
        (0, _) => format!("{}s", duration.as_secs()),
        (_, 0) => format!("{}ms", duration.as_millis()),
        _ => format!("{nanoseconds}ns"),
    }
}

#[expect(clippy::ref_option, reason = "serde passes the field as it is")]
pub(super) fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => serializer.serialize_str(&format(*duration)),
        None => serializer.serialize_none(),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        None => Ok(None),
        Some(text) => parse(&text).map(Some).ok_or_else(|| D::Error::custom("not a duration")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_duration_are_equal() {
        let minutes = ["1m0s", "60s", "60000ms", "0h1m", "1.0m", "1m0.000s"].map(parse);
        assert_eq!(minutes, [Some(Duration::from_mins(1)); 6]);
    }

    #[test]
    fn terms_and_fractions_add_up() {
        assert_eq!(parse("1h2m3.5s"), Some(Duration::from_millis(3_723_500)));
        assert_eq!(parse("1.5ms250µs3ns"), Some(Duration::from_nanos(1_750_003)));
    }

    #[test]
    fn a_text_that_is_not_a_duration_is_rejected() {
        let rejected =
            ["", "5", "s", "1", "1x", "-1s", "1s2", "1..5s", "1e3s", "99999999999999999999h", "é"].map(parse);
        assert_eq!(rejected, [None; 11]);
    }

    #[test]
    fn a_formatted_duration_is_parsed_as_the_same() {
        let durations = [0, 1, 1_500_000_000, 25_000_000_000, 90_000_000_001].map(Duration::from_nanos);
        let texts = durations.map(format);
        assert_eq!(texts, ["0s", "1ns", "1500ms", "25s", "90000000001ns"]);
        assert_eq!(texts.each_ref().map(|text| parse(text)), durations.map(Some));
    }
}
