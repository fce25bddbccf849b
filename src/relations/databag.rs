//! Databags: what they hold, and the changes that lead from one to another.

use std::collections::BTreeMap;

use serde_json::Value;

/// The content of one databag.
pub type Databag = BTreeMap<String, String>;

/// Changes of one databag, by key; the empty text deletes a key.
pub type Changes = BTreeMap<String, String>;

/// The changes that bring a databag to the wanted values; keys that are not wanted are left alone.
#[must_use]
pub fn difference(current: &Databag, wanted: &Databag) -> Changes {
    let differs = |key: &str, value: &str| current.get(key).map_or("", String::as_str) != value;
    wanted.iter().filter(|(key, value)| differs(key, value)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The text of a JSON value: the one that the databag holds already if it means the same, so that spacing alone is no difference.
pub(super) fn json_text(current: &Databag, key: &str, wanted: &Value) -> String {
    let is_same = |text: &&String| serde_json::from_str::<Value>(text).is_ok_and(|written| written == *wanted);
    current.get(key).filter(is_same).cloned().unwrap_or_else(|| wanted.to_string())
}

/// A databag of these keys and values.
#[cfg(test)]
pub(crate) fn bag(pairs: &[(&str, &str)]) -> Databag {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The value of a key.
///
/// *Empty*: it is missing, empty or blank.
#[must_use]
pub fn non_empty<'a>(bag: &'a Databag, key: &str) -> Option<&'a str> {
    bag.get(key).map(String::as_str).filter(|value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_differences_are_written() {
        let current = bag(&[("same", "1"), ("old", "1"), ("stale", "1"), ("foreign", "1")]);
        let wanted = bag(&[("same", "1"), ("old", "2"), ("stale", ""), ("absent", ""), ("new", "3")]);
        assert_eq!(difference(&current, &wanted), bag(&[("old", "2"), ("stale", ""), ("new", "3")]));
    }

    #[test]
    fn json_that_means_the_same_stays_as_it_is_written() {
        let current = bag(&[("spaced", "[ 1,\n2 ]"), ("other", "[2]"), ("broken", "[")]);
        let text = |key: &str| json_text(&current, key, &serde_json::json!([1, 2]));
        assert_eq!(["spaced", "other", "broken", "absent"].map(text), ["[ 1,\n2 ]", "[1,2]", "[1,2]", "[1,2]"]);
    }
}
