//! Keys, values and times of secrets as they stand on a command line.

use super::{
    Arguments, Session, ToolError, input,
    quote::quoted,
    secret_value::{self, BASE64, Content},
    settings_file,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{collections::BTreeMap, fs, path::Path};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

const SIZE_LIMIT: usize = 1_000_000;
/// Relative paths of values are seen from where the agent runs, not from where the charm does.
const AGENT_DIR: &str = "/var/lib/juju";
/// What a key ends in whose value is in a file.
const FILE: &str = "#file";

/// The content that pairs or a file give; the file wins.
///
/// *Empty*: no pair and no file.
///
/// # Errors
/// A key, pair or file that is not valid, or too much content.
///
/// *Source*: Juju 3.6 and 4.0, `core/secrets/createsecret.go`.
pub fn read(session: &Session<'_>, arguments: &Arguments) -> Result<Content, ToolError> {
    let mut encoded = encode(pairs(session, &arguments.positionals)?)?;
    if let Some(name) = arguments.value("file").filter(|name| !name.is_empty()) {
        encoded.extend(encode(file(session, name)?)?);
    }
    let mut content = Content::new();
    for (key, value) in &encoded {
        secret_value::insert(&mut content, key, value);
    }
    Ok(content)
}

type Values = BTreeMap<String, Vec<u8>>;

fn pairs(session: &Session<'_>, words: &[String]) -> Result<Values, ToolError> {
    let mut values = Values::new();
    for word in words {
        // Signs of equality at the end may be what fills base64 up.
        let place = word.trim_end_matches('=').find('=').filter(|place| *place > 0);
        let pair = place.and_then(|_| word.split_once('='));
        let (key, value) = pair.ok_or_else(|| ToolError::usage(format!("key value {} not valid", quoted(word))))?;
        match key.strip_suffix(FILE) {
            Some(key) => values.insert(key.to_owned(), file_of_key(session, key, value)?),
            None => values.insert(key.to_owned(), value.as_bytes().to_vec()),
        };
    }
    Ok(values)
}

fn file_of_key(session: &Session<'_>, key: &str, name: &str) -> Result<Vec<u8>, ToolError> {
    let failed =
        |cause: ToolError| ToolError::usage(format!("reading content for secret key {}: {cause}", quoted(key)));
    open(session, name)?.map_err(failed)
}

/// Keys and texts of a file in JSON or YAML.
fn file(session: &Session<'_>, name: &str) -> Result<Values, ToolError> {
    let bytes = open(session, name)?.map_err(|cause| ToolError::usage(cause.to_string()))?;
    let texts = match serde_json::from_slice::<BTreeMap<String, Option<String>>>(&bytes) {
        Ok(texts) => texts,
        Err(_) => settings_file::parse(&bytes).map_err(|cause| ToolError::usage(cause.to_string()))?,
    };
    Ok(texts.into_iter().map(|(key, text)| (key, text.unwrap_or_default().into_bytes())).collect())
}

/// A file that the agent reads, from where it runs; standard input is none.
fn open(session: &Session<'_>, name: &str) -> Result<Result<Vec<u8>, ToolError>, ToolError> {
    let here = session.on_this_machine(&Path::new(AGENT_DIR).join(name));
    let size = fs::metadata(&here).map(|found| found.len()).unwrap_or_default();
    if size > SIZE_LIMIT as u64 {
        return Err(ToolError::usage(format!("secret content in file {} too large: {size} bytes", quoted(name))));
    }
    Ok(fs::read(here).map_err(|cause| input::failure("open", Path::new(name), &cause)))
}

/// All values in base64, of valid keys.
fn encode(values: Values) -> Result<BTreeMap<String, String>, ToolError> {
    let mut encoded = BTreeMap::new();
    for (key, value) in values {
        let (key, value) = match key.strip_suffix(BASE64) {
            Some(key) => (key.to_owned(), String::from_utf8_lossy(&value).into_owned()),
            None => (key, STANDARD.encode(value)),
        };
        if !is_key(&key) {
            return Err(ToolError::usage(format!("key {} not valid", quoted(&key))));
        }
        check_size(&format!(" for key {}", quoted(&key)), value.len())?;
        encoded.insert(key, value);
    }
    check_size("", encoded.values().map(String::len).sum())?;
    Ok(encoded)
}

fn check_size(what: &str, size: usize) -> Result<(), ToolError> {
    if size <= SIZE_LIMIT {
        return Ok(());
    }
    Err(ToolError::usage(format!("base64 encoded secret content{what} too large: {size} bytes")))
}

/// Three or more letters, digits and single dashes, a letter first.
fn is_key(key: &str) -> bool {
    let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    let letters = key.chars().filter(|char| plain(*char)).count();
    key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.ends_with(plain)
        && key.chars().all(|char| plain(char) || char == '-')
        && !key.contains("--")
        && letters >= 3
}

/// Checks `--rotate`.
///
/// # Errors
/// A word that Juju does not know.
pub fn check_policy(policy: Option<&str>) -> Result<(), ToolError> {
    let policies = ["never", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly"];
    match policy {
        Some(policy) if !policies.contains(&policy) => {
            Err(ToolError::usage(format!("rotate policy {} not valid", quoted(policy))))
        }
        _ => Ok(()),
    }
}

/// The time that `--expire` means, in UTC.
///
/// # Errors
/// Neither a time nor a duration above zero.
pub fn expiry(text: &str, now: OffsetDateTime) -> Result<String, ToolError> {
    let time = [text.to_owned(), format!("{text}Z")].iter().find_map(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    let time = match (time, duration(text)) {
        (Some(time), _) => time,
        (None, Some(seconds)) if seconds > 0.0 => now + time::Duration::seconds_f64(seconds),
        (None, Some(_)) => {
            return Err(ToolError::usage(format!("negative expire duration {} not valid", quoted(text))));
        }
        (None, None) => return Err(ToolError::usage(format!("expire time or duration {} not valid", quoted(text)))),
    };
    Ok(time.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default())
}

/// A duration as Go writes it, in seconds: `1h30m`, `-5s`, `0`.
fn duration(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut seconds = 0.0;
    while !rest.is_empty() || text.len() < 2 {
        let digits = rest.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let (unit, factor) = UNITS.into_iter().find(|(unit, _)| tail.starts_with(unit))?;
        seconds += number.parse::<f64>().ok()? * factor;
        rest = tail.strip_prefix(unit)?;
    }
    (rest.len() < text.len()).then_some(sign * seconds)
}

/// What Go counts in, with the seconds of each.
const UNITS: [(&str, f64); 7] =
    [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn a_key_has_three_letters_or_digits_and_begins_with_a_letter() {
        let valid = ["abc", "a-b-c", "user2"];
        let invalid = ["ab", "1ab", "a--bc", "abc-", "Abc", "a_bc", ""];
        assert!(valid.into_iter().all(is_key));
        assert!(!invalid.into_iter().any(is_key));
    }

    #[test]
    fn an_expiry_is_a_time_or_a_duration_above_zero() {
        for (text, time) in [
            ("2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2027-01-01T01:00:00+01:00", "2027-01-01T00:00:00Z"),
            ("2027-01-01T00:00:00", "2027-01-01T00:00:00Z"),
        ] {
            assert_eq!(expiry(text, NOW), Ok(time.to_owned()));
        }
        assert!(["1h30m", "1.5h", "10ms"].into_iter().all(|text| expiry(text, NOW).is_ok()));
        for (text, message) in [
            ("soon", "expire time or duration \"soon\" not valid"),
            ("5", "expire time or duration \"5\" not valid"),
            ("-", "expire time or duration \"-\" not valid"),
            ("0", "negative expire duration \"0\" not valid"),
            ("-5m", "negative expire duration \"-5m\" not valid"),
        ] {
            assert_eq!(expiry(text, NOW), Err(ToolError::usage(message)));
        }
    }
}
