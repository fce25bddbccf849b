//! The map that `--file` names: YAML 1.1 as Go's yaml.v2 reads it, every value as its text.

use super::ToolError;
use std::collections::BTreeMap;

/// Parses a map of texts; null is `None`.
///
/// *Empty*: an empty file is an empty map.
///
/// # Errors
/// Not YAML, not a map, or a value that is itself a map or list.
pub fn parse(bytes: &[u8]) -> Result<BTreeMap<String, Option<String>>, ToolError> {
    let text = std::str::from_utf8(bytes).map_err(|_| refused("yaml: invalid leading UTF-8 octet"))?;
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    if has_escaped_slash(text) {
        return Err(refused("yaml: found unknown escape character"));
    }
    let map: Option<BTreeMap<String, Option<String>>> =
        serde_yaml::from_str(text).map_err(|cause| refused(&worded(&cause)))?;
    let map = map.unwrap_or_default();
    match map.keys().find(|key| key.chars().count() > 1024) {
        Some(_) => Err(refused("yaml: could not find expected ':'")),
        None => Ok(map),
    }
}

/// A failure as Go words it, where it knows one that is like it.
fn worded(cause: &serde_yaml::Error) -> String {
    let message = cause.to_string();
    let line = cause.location().map_or(1, |location| location.line());
    let is_of = |kind: &str| message.contains(&format!("invalid type: {kind}, expected "));
    let kind = if is_of("sequence") { "!!seq" } else { "!!map" };
    let wanted = if message.contains("expected a map") { "map[string]string" } else { "string" };
    if is_of("sequence") || is_of("map") {
        return format!("yaml: unmarshal errors:\n  line {line}: cannot unmarshal {kind} into {wanted}");
    }
    format!("yaml: {message}")
}

fn refused(message: &str) -> ToolError {
    ToolError::Failed(message.to_owned())
}

/// Whether `\/` stands in a double-quoted text; JSON allows it, yaml.v2 does not.
fn has_escaped_slash(text: &str) -> bool {
    let (mut quoted, mut chars) = (false, text.chars());
    while let Some(char) = chars.next() {
        match char {
            '"' => quoted = !quoted,
            '\\' if quoted && chars.next() == Some('/') => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Option<String>, ToolError> {
        parse(text.as_bytes()).map(|map| map.get("k").cloned().flatten())
    }

    #[test]
    fn scalars_become_their_text() {
        for (text, expected) in [
            ("k: 007", "007"),
            ("k: yes", "yes"),
            ("k: 1.50", "1.50"),
            ("k: true", "true"),
            ("{\"k\": \"a\\u0085b\"}", "a\u{85}b"),
            ("{\"k\": \"😀\"}", "😀"),
            ("k: ''", ""),
        ] {
            assert_eq!(value(text), Ok(Some(expected.to_owned())), "{text}");
        }
    }

    #[test]
    fn null_is_no_value() {
        assert_eq!(value("k: null"), Ok(None));
        assert_eq!(value("k:"), Ok(None));
    }

    #[test]
    fn json_that_go_cannot_read_is_refused() {
        for text in [
            "{\"k\": \"a\\/b\"}",
            "{\"k\": \"\\ud83d\\ude00\"}",
            "{\"k\": \"a\u{7f}b\"}",
            "{\"k\": \"a\u{9f}b\"}",
            "{\"k\": \"a\u{fffe}b\"}",
            "k: [1]",
            "k: {a: b}",
            "[1, 2]",
        ] {
            assert!(value(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_map_of_texts_is_named_with_its_line() {
        for (text, wrong) in [
            ("k: [1]", "line 1: cannot unmarshal !!seq into string"),
            ("a: b\nk: {a: b}", "line 2: cannot unmarshal !!map into string"),
            ("[1, 2]", "line 1: cannot unmarshal !!seq into map[string]string"),
        ] {
            assert_eq!(value(text), Err(refused(&format!("yaml: unmarshal errors:\n  {wrong}"))));
        }
    }

    #[test]
    fn a_raw_next_line_becomes_a_space() {
        assert_eq!(value("{\"k\": \"a \u{85} b\"}"), Ok(Some("a b".to_owned())));
    }
}
