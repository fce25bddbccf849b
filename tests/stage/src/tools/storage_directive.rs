//! How much storage a charm asks for: `data=2`.
//!
//! *Source*: Juju 3.6, `storage/constraints.go`, and 4.0, `core/storage/directive.go`.

use super::quote::quoted;
use crate::model::Version;
use std::collections::BTreeMap;

/// What a directive may hold; a charm may give the count alone.
#[derive(Default)]
struct Directive {
    pool: Option<String>,
    count: Option<u64>,
    size: Option<String>,
}

/// The number of new instances by the name of their storage.
///
/// # Errors
/// The first word that is no directive, in the words of this Juju.
pub fn counts(words: &[String], juju: Version) -> Result<BTreeMap<String, u64>, String> {
    let what = if juju == Version::V3_6 { "constraint" } else { "directive" };
    let mut counts = BTreeMap::new();
    for word in words {
        let (name, text) = match word.split('=').collect::<Vec<_>>().as_slice() {
            [name] if !name.is_empty() => (*name, "1"),
            [name, text] if !name.is_empty() => (*name, *text),
            _ => return Err(format!("expected \"name={}\" or \"name\", got {}", plural(what, juju), quoted(word))),
        };
        if counts.contains_key(name) {
            return Err(format!("storage {} specified more than once", quoted(name)));
        }
        let failed = |cause| format!("cannot parse {} for storage {}: {cause}", plural(what, juju), quoted(name));
        counts.insert(name.to_owned(), Directive::parse(text, what).map_err(failed)?);
    }
    let is_more = |directive: &Directive| directive.pool.is_some() || directive.size.is_some();
    if let Some((name, _)) = counts.iter().find(|(_, directive)| is_more(directive)) {
        return Err(format!("only count can be specified for {}", quoted(name)));
    }
    Ok(counts.into_iter().map(|(name, directive)| (name, directive.count.unwrap_or(1))).collect())
}

/// Juju 3.6 speaks of constraints, and 4.0 of one directive.
fn plural(what: &str, juju: Version) -> String {
    if juju == Version::V3_6 { format!("{what}s") } else { what.to_owned() }
}

impl Directive {
    fn parse(text: &str, what: &str) -> Result<Self, String> {
        let mut directive = Self::default();
        for field in text.split(',').filter(|field| !field.is_empty()) {
            directive.take(field, what)?;
        }
        let is_empty = directive.pool.is_none() && directive.count.is_none() && directive.size.is_none();
        if is_empty {
            Err(format!("storage {what}s require at least one field to be specified"))
        } else {
            Ok(directive)
        }
    }

    fn take(&mut self, field: &str, what: &str) -> Result<(), String> {
        let again = |kind: &str, old: &str, new: &str| {
            Err(format!("{kind} is already set to {old}, new value {new} not valid"))
        };
        if is_pool(field) {
            return match self.pool.replace(field.to_owned()) {
                Some(old) => again("pool name", &quoted(&old), &quoted(field)),
                None => Ok(()),
            };
        }
        if let Some(count) = count(field) {
            let step = if what == "constraint" { "cannot parse count" } else { "parsing storage count" };
            let count = count.map_err(|cause| format!("{step}: {cause}"))?;
            return match self.count.replace(count) {
                Some(old) => again("storage instance count", &old.to_string(), &count.to_string()),
                None => Ok(()),
            };
        }
        if !is_size(field) {
            return Err(format!("unrecognized storage {what} {} not valid", quoted(field)));
        }
        if field.starts_with('-') {
            return Err(format!("cannot parse size: expected a non-negative number, got {}", quoted(field)));
        }
        self.size = Some(field.to_owned());
        Ok(())
    }
}

fn is_pool(field: &str) -> bool {
    field.starts_with(|first: char| first.is_ascii_alphabetic())
        && field.chars().all(|char| char.is_ascii_alphanumeric() || ['-', '?'].contains(&char))
}

/// The number in a field of digits; none in another one, or in one with more than a number can have.
fn count(field: &str) -> Option<Result<u64, String>> {
    let digits = field.strip_prefix('-').unwrap_or(field);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let refused = || format!("count must be greater than zero, got {}", quoted(field));
    match field.parse::<u64>() {
        _ if !is_number => None,
        Ok(count) if count > 0 => Some(Ok(count)),
        Err(_) if digits == field => None,
        _ => Some(Err(refused())),
    }
}

fn is_size(field: &str) -> bool {
    let number = field.trim_end_matches("iB").trim_end_matches('B');
    let Some(number) = number.strip_suffix(['M', 'G', 'T', 'P', 'E', 'Z', 'Y']) else { return false };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole.strip_prefix('-').unwrap_or(whole)) && are_digits(part)
}

#[cfg(test)]
mod tests {
    use super::{Version, counts};

    fn read(words: &str, juju: Version) -> Result<Vec<(String, u64)>, String> {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        counts(&words, juju).map(|counts| counts.into_iter().collect())
    }

    #[test]
    fn a_name_alone_is_one_and_a_number_is_as_many() {
        let wanted = [("data".to_owned(), 1), ("logs".to_owned(), 3)];
        assert_eq!(read("logs=3 data", Version::V3_6), Ok(wanted.to_vec()));
    }

    #[test]
    fn what_is_no_count_is_refused_as_juju_refuses_it() {
        for (words, refused) in [
            ("=1", "expected \"name=constraints\" or \"name\", got \"=1\""),
            ("a=1=2", "expected \"name=constraints\" or \"name\", got \"a=1=2\""),
            ("a a=2", "storage \"a\" specified more than once"),
            (
                "a=",
                "cannot parse constraints for storage \"a\": storage constraints require at least one field to be specified",
            ),
            (
                "a=0",
                "cannot parse constraints for storage \"a\": cannot parse count: count must be greater than zero, got \"0\"",
            ),
            (
                "a=-1",
                "cannot parse constraints for storage \"a\": cannot parse count: count must be greater than zero, got \"-1\"",
            ),
            (
                "a=1,2",
                "cannot parse constraints for storage \"a\": storage instance count is already set to 1, new value 2 not valid",
            ),
            (
                "a=x,y",
                "cannot parse constraints for storage \"a\": pool name is already set to \"x\", new value \"y\" not valid",
            ),
            ("a=1.5", "cannot parse constraints for storage \"a\": unrecognized storage constraint \"1.5\" not valid"),
            (
                "a=-1G",
                "cannot parse constraints for storage \"a\": cannot parse size: expected a non-negative number, got \"-1G\"",
            ),
            ("a=1.5GiB", "only count can be specified for \"a\""),
            ("a=ebs,1", "only count can be specified for \"a\""),
        ] {
            assert_eq!(read(words, Version::V3_6), Err(refused.to_owned()));
        }
    }

    #[test]
    fn juju_4_0_speaks_of_directives() {
        for (words, refused) in [
            (
                "a=0",
                "cannot parse directive for storage \"a\": parsing storage count: count must be greater than zero, got \"0\"",
            ),
            ("a=_", "cannot parse directive for storage \"a\": unrecognized storage directive \"_\" not valid"),
            ("=", "expected \"name=directive\" or \"name\", got \"=\""),
        ] {
            assert_eq!(read(words, Version::V4_0), Err(refused.to_owned()));
        }
    }
}
