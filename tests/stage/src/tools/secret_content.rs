//! Ids, keys and values of secrets as they stand on a command line.

use super::{Arguments, Invocation, Session, ToolError, input, settings_file};
use crate::model::Secret;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{collections::BTreeMap, fs, path::Path};

const SIZE_LIMIT: usize = 1_000_000;
/// Relative paths of values are seen from where the agent runs, not from where the charm does.
const AGENT_DIR: &str = "/var/lib/juju";

/// The bare id of a URI.
///
/// # Errors
/// It is not a secret's URI.
pub fn id(uri: &str) -> Result<String, ToolError> {
    let bare = Secret::bare_id(uri);
    let scheme = uri == bare || uri.starts_with("secret:");
    if scheme && bare.len() == 20 && bare.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return Ok(bare.to_owned());
    }
    Err(ToolError::usage(format!("secret URI {uri:?} not valid")))
}

/// The content that pairs or a file give; the file wins.
///
/// *Empty*: no pair and no file.
///
/// # Errors
/// A key, pair or file that is not valid, or too much content.
pub fn read(
    session: &Session<'_>,
    arguments: &Arguments,
    invocation: &Invocation,
) -> Result<BTreeMap<String, String>, ToolError> {
    let mut content = BTreeMap::new();
    for word in &arguments.positionals {
        let pair = word.split_once('=').filter(|(key, value)| !key.is_empty() && !value.is_empty());
        let (key, value) = pair.ok_or_else(|| ToolError::usage(format!("key value {word:?} not valid")))?;
        let (key, value) = entry(session, key, value)?;
        content.insert(key, value);
    }
    if let Some(bytes) = input::file(session, arguments, invocation)? {
        for (key, value) in settings_file::parse(&bytes)? {
            let (key, value) = entry(session, &key, &value.unwrap_or_default())?;
            content.insert(key, value);
        }
    }
    check_size(&content)?;
    Ok(content)
}

fn entry(session: &Session<'_>, key: &str, value: &str) -> Result<(String, String), ToolError> {
    let (name, form) = key.split_once('#').unwrap_or((key, ""));
    if !is_key(name) {
        return Err(ToolError::usage(format!("key {name:?} not valid")));
    }
    let value = match form {
        "" => value.to_owned(),
        "base64" => decode(name, value)?,
        "file" => fs::read_to_string(session.on_this_machine(&Path::new(AGENT_DIR).join(value)))
            .map_err(|cause| ToolError::usage(format!("reading content for secret key {name:?}: {cause}")))?,
        _ => return Err(ToolError::usage(format!("key {key:?} not valid"))),
    };
    Ok((name.to_owned(), value))
}

fn decode(name: &str, value: &str) -> Result<String, ToolError> {
    let wrong = |cause: String| ToolError::usage(format!("secret value for key {name:?}: {cause}"));
    let bytes = STANDARD.decode(value).map_err(|cause| wrong(cause.to_string()))?;
    String::from_utf8(bytes).map_err(|cause| wrong(cause.to_string()))
}

/// The value in base64, as `secret-get KEY#base64` prints it.
#[must_use]
pub fn encode(value: &str) -> String {
    STANDARD.encode(value)
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

fn check_size(content: &BTreeMap<String, String>) -> Result<(), ToolError> {
    let size = |value: &String| value.len().div_ceil(3) * 4;
    if let Some((key, value)) = content.iter().find(|(_, value)| size(value) > SIZE_LIMIT) {
        return Err(ToolError::failed(format!("secret content for key {key:?} too large: {} bytes", size(value))));
    }
    let total: usize = content.values().map(size).sum();
    if total > SIZE_LIMIT {
        return Err(ToolError::failed(format!("secret content too large: {total} bytes")));
    }
    Ok(())
}

/// Checks `--rotate` and `--expire`.
///
/// # Errors
/// A word or time that Juju does not know.
pub fn check_times(arguments: &Arguments) -> Result<(), ToolError> {
    let policies = ["never", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly"];
    if let Some(policy) = arguments.value("rotate").filter(|policy| !policies.contains(policy)) {
        return Err(ToolError::usage(format!("rotate policy {policy:?} not valid")));
    }
    match arguments.value("expire") {
        Some(expire) if !is_time(expire) && !is_duration(expire) => {
            Err(ToolError::usage(format!("expire time or duration {expire:?} not valid")))
        }
        _ => Ok(()),
    }
}

fn is_time(text: &str) -> bool {
    let rfc = &time::format_description::well_known::Rfc3339;
    [text.to_owned(), format!("{text}Z")].iter().any(|text| time::OffsetDateTime::parse(text, rfc).is_ok())
}

/// A Go duration above zero: `1h30m`.
fn is_duration(text: &str) -> bool {
    let mut rest = text;
    let mut is_positive = false;
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let Some(unit) = ["ms", "us", "ns", "h", "m", "s"].into_iter().find(|unit| tail.starts_with(unit)) else {
            return false;
        };
        let Ok(number) = number.parse::<f64>() else { return false };
        is_positive |= number > 0.0;
        rest = tail.strip_prefix(unit).unwrap_or_default();
    }
    is_positive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_three_letters_or_digits_and_begins_with_a_letter() {
        let valid = ["abc", "a-b-c", "user2"];
        let invalid = ["ab", "1ab", "a--bc", "abc-", "Abc", "a_bc", ""];
        assert!(valid.into_iter().all(is_key));
        assert!(!invalid.into_iter().any(is_key));
    }

    #[test]
    fn an_expiry_is_a_time_or_a_duration_above_zero() {
        let expire = |text: &str| is_time(text) || is_duration(text);
        assert!(["2027-01-01T00:00:00Z", "2027-01-01T00:00:00", "1h30m", "1.5h"].into_iter().all(expire));
        assert!(!["soon", "0s", "", "5"].into_iter().any(expire));
    }
}
