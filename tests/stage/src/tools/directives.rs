//! How much storage of a name shall be added: `data`, `data=2`.

use super::quote::quoted;
use crate::model::Version;
use std::collections::BTreeSet;

/// What Juju 3.6 calls a constraint and 4.0 a directive.
fn word(juju: Version) -> &'static str {
    if juju == Version::V3_6 { "constraint" } else { "directive" }
}

/// Checks all directives of a command line.
///
/// # Errors
/// The first one that is none, stands twice, or says more than a number.
///
/// *Source*: Juju 3.6, `storage/constraints.go`; 4.0, `internal/storage/directive.go`; both, `jujuc/storage-add.go`.
pub fn check(juju: Version, words: &[String]) -> Result<(), String> {
    let (word, plural) = (word(juju), format!("{}s", word(juju)));
    let what = if juju == Version::V3_6 { &plural } else { word };
    let mut names = BTreeSet::new();
    let mut directives = Vec::new();
    for text in words {
        let (name, directive) = text.split_once('=').unwrap_or((text, "1"));
        if name.is_empty() || directive.contains('=') {
            return Err(format!("expected \"name={what}\" or \"name\", got {}", quoted(text)));
        }
        if !names.insert(name) {
            return Err(format!("storage {} specified more than once", quoted(name)));
        }
        let wrong = |why| format!("cannot parse {what} for storage {}: {why}", quoted(name));
        directives.push((name, parse(word, directive).map_err(wrong)?));
    }
    match directives.into_iter().find(|(_, is_number)| !is_number) {
        Some((name, _)) => Err(format!("only count can be specified for {}", quoted(name))),
        None => Ok(()),
    }
}

/// Whether a directive is a number and no more.
fn parse(word: &str, text: &str) -> Result<bool, String> {
    let (mut pool, mut count, mut size) = (None, None, None);
    for field in text.split(',').filter(|field| !field.is_empty()) {
        let digits = field.strip_prefix('-').unwrap_or(field);
        if field.starts_with(|first: char| first.is_ascii_alphabetic()) && is_pool(field) {
            set(&mut pool, field).map_err(|old| {
                format!("pool name is already set to {}, new value {} not valid", quoted(&old), quoted(field))
            })?;
        } else if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) {
            if digits != field || digits.bytes().all(|digit| digit == b'0') {
                return Err(format!("cannot parse count: count must be greater than zero, got {}", quoted(field)));
            }
            set(&mut count, field).map_err(|old| {
                format!("storage instance count is already set to {old}, new value {field} not valid")
            })?;
        } else if is_size(digits) {
            size = Some(field);
        } else {
            return Err(format!("unrecognized storage {word} {} not valid", quoted(field)));
        }
    }
    match (pool, count, size) {
        (None, None, None) => Err(format!("storage {word}s require at least one field to be specified")),
        (pool, _, size) => Ok(pool.is_none() && size.is_none()),
    }
}

fn set(place: &mut Option<String>, value: &str) -> Result<(), String> {
    match place.replace(value.to_owned()) {
        Some(old) => Err(old),
        None => Ok(()),
    }
}

fn is_pool(text: &str) -> bool {
    text.chars().all(|char| char.is_ascii_alphanumeric() || "-?".contains(char))
}

/// A number with a unit, as `1.5G` or `10MiB`.
fn is_size(text: &str) -> bool {
    let unit = text.trim_start_matches(|char: char| char.is_ascii_digit() || char == '.');
    let number = text.strip_suffix(unit).unwrap_or_default();
    let mut letters = unit.chars();
    letters.next().is_some_and(|first| "MGTPEZY".contains(first))
        && ["", "B", "iB"].contains(&letters.as_str())
        && number.split('.').count() <= 2
        && number.split('.').all(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(juju: Version, line: &str) -> String {
        check(juju, &line.split(' ').map(str::to_owned).collect::<Vec<_>>()).err().unwrap_or_default()
    }

    #[test]
    fn a_name_may_have_a_number() {
        assert_eq!(refusal(Version::V3_6, "data cache=2 logs=007"), "");
    }

    #[test]
    fn both_jujus_refuse_all_else_in_their_words() {
        for (line, message) in [
            ("data=1=2", "expected \"name=WHAT\" or \"name\", got \"data=1=2\""),
            ("=1", "expected \"name=WHAT\" or \"name\", got \"=1\""),
            ("data data=2", "storage \"data\" specified more than once"),
            (
                "data=",
                "cannot parse WHAT for storage \"data\": storage WORDs require at least one field to be specified",
            ),
            (
                "data=0",
                "cannot parse WHAT for storage \"data\": cannot parse count: count must be greater than zero, got \"0\"",
            ),
            (
                "data=-1",
                "cannot parse WHAT for storage \"data\": cannot parse count: count must be greater than zero, got \"-1\"",
            ),
            ("data=1x", "cannot parse WHAT for storage \"data\": unrecognized storage WORD \"1x\" not valid"),
            ("data=1.5", "cannot parse WHAT for storage \"data\": unrecognized storage WORD \"1.5\" not valid"),
            (
                "data=1,2",
                "cannot parse WHAT for storage \"data\": storage instance count is already set to 1, new value 2 not valid",
            ),
            (
                "data=a,b",
                "cannot parse WHAT for storage \"data\": pool name is already set to \"a\", new value \"b\" not valid",
            ),
            ("data=ebs", "only count can be specified for \"data\""),
            ("data=1.5GiB", "only count can be specified for \"data\""),
            ("data=2,10M", "only count can be specified for \"data\""),
        ] {
            let [old, new] = [("constraints", "constraint"), ("directive", "directive")]
                .map(|(what, word)| message.replace("WHAT", what).replace("WORD", word));
            assert_eq!([refusal(Version::V3_6, line), refusal(Version::V4_0, line)], [old, new], "{line}");
        }
    }
}
