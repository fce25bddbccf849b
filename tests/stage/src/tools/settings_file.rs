//! The map that `--file` names: YAML 1.1 as Go's yaml.v2 reads it, every value as its text.

mod extended;

use super::ToolError;
use serde::{Deserialize, de::IgnoredAny};
use serde_yaml::{Deserializer, Error};
use std::collections::BTreeMap;

/// Parses a map of texts, the first document of a file; null is `None`.
///
/// *Empty*: an empty file is an empty map.
///
/// # Errors
/// Not YAML, not a map, or a value that is itself a map or list; of several the first is told.
pub fn parse(bytes: &[u8]) -> Result<BTreeMap<String, Option<String>>, ToolError> {
    let text = std::str::from_utf8(bytes).map_err(|_| refused("invalid leading UTF-8 octet"))?;
    let Some(document) = Deserializer::from_str(text).next() else { return Ok(BTreeMap::new()) };
    IgnoredAny::deserialize(document).map_err(|cause| malformed(&cause, text))?;
    if let Some(line) = escaped_slash(text) {
        return Err(refused(&placed(line, line - 1, "found unknown escape character")));
    }
    let Some(document) = Deserializer::from_str(text).next() else { return Ok(BTreeMap::new()) };
    let map: Option<BTreeMap<Option<String>, Option<String>>> = match extended::parse(text) {
        Some(map) => Some(map?),
        None => Option::deserialize(document).map_err(|cause| mistyped(&cause, text))?,
    };
    let named = map.unwrap_or_default().into_iter().map(|(key, value)| (key.unwrap_or_default(), value));
    let map: BTreeMap<String, Option<String>> = named.collect();
    match map.keys().find(|key| key.chars().count() > 1024) {
        Some(_) => Err(refused("could not find expected ':'")),
        None => Ok(map),
    }
}

fn refused(message: &str) -> ToolError {
    ToolError::Failed(format!("yaml: {message}"))
}

/// A message with its line, unless it is about the first one, which is number 0.
fn placed(shown: usize, line: usize, problem: &str) -> String {
    if line > 0 { format!("line {shown}: {problem}") } else { problem.to_owned() }
}

/// What no YAML is, at the line where it began: the parser counts lines from 0, the scanner from 1.
fn malformed(cause: &Error, text: &str) -> ToolError {
    let message = cause.to_string();
    let place = cause.location();
    let line = place.as_ref().map_or(0, |place| place.line() - 1);
    if message.starts_with("unknown anchor") {
        let rest = text.get(place.map_or(0, |place| place.index())..).unwrap_or_default();
        let name: String =
            rest.chars().skip(1).take_while(|char| char.is_ascii_alphanumeric() || "-_".contains(*char)).collect();
        return refused(&format!("unknown anchor '{name}' referenced"));
    }
    let ends = [" at line ", ", while ", " at position "].into_iter().filter_map(|end| message.find(end));
    let problem = message.get(..ends.min().unwrap_or(message.len())).unwrap_or_default();
    let context = message.split_once(", while ").map_or("", |(_, context)| context);
    let began = context.split_once(" at line ").and_then(|(_, place)| place.split(' ').next()?.parse::<usize>().ok());
    let is_parser = problem.starts_with("did not find expected <")
        || context.starts_with("parsing a ")
            && !["tag", "%TAG", "quoted"].into_iter().any(|what| context.starts_with(&format!("parsing a {what}")));
    let (shown, line) = match (line, began) {
        (0, Some(began)) => (began - 1, began - 1),
        (line, _) if is_parser => (line, line),
        (line, _) => (line + 1, line),
    };
    refused(&placed(shown, line, &problem.replace("hexadecimal", "hexdecimal")))
}

/// A value that is no text, or a document that is no map.
fn mistyped(cause: &Error, text: &str) -> ToolError {
    let message = cause.to_string();
    let kinds = [
        ("sequence", "seq"),
        ("map", "map"),
        ("string", "str"),
        ("integer", "int"),
        ("boolean", "bool"),
        ("floating point", "float"),
    ];
    let known = kinds.into_iter().find(|(kind, _)| message.contains(&format!("invalid type: {kind}")));
    let Some((_, tag)) = known else { return refused(&message) };
    let value = if ["seq", "map"].contains(&tag) { String::new() } else { shortened(&scalar(text)) };
    let wanted = if message.contains("expected a map") { "map[string]string" } else { "string" };
    let line = cause.location().map_or(1, |place| place.line());
    refused(&format!("unmarshal errors:\n  line {line}: cannot unmarshal !!{tag}{value} into {wanted}"))
}

/// The document as a text.
fn scalar(text: &str) -> String {
    Deserializer::from_str(text).next().and_then(|document| String::deserialize(document).ok()).unwrap_or_default()
}

fn shortened(text: &str) -> String {
    if text.len() <= 10 {
        return format!(" `{text}`");
    }
    format!(" `{}...`", String::from_utf8_lossy(text.as_bytes().get(..7).unwrap_or_default()))
}

/// The line in which `\/` stands in a double-quoted text; JSON allows it, yaml.v2 does not.
fn escaped_slash(text: &str) -> Option<usize> {
    let (mut quoted, mut line, mut chars) = (false, 1, text.chars());
    while let Some(char) = chars.next() {
        match char {
            '"' => quoted = !quoted,
            '\n' => line += 1,
            '\\' if quoted && chars.next() == Some('/') => return Some(line),
            _ => {}
        }
    }
    None
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
        assert_eq!(parse(b"~: a").map(|map| map.get("").cloned()), Ok(Some(Some("a".to_owned()))));
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
    fn what_is_wrong_is_said_as_yaml_v2_says_it() {
        for (text, message) in [
            ("a: 1\nf: [1]", "unmarshal errors:\n  line 2: cannot unmarshal !!seq into string"),
            ("f:\n  a: b\n", "unmarshal errors:\n  line 2: cannot unmarshal !!map into string"),
            ("\n- a", "unmarshal errors:\n  line 2: cannot unmarshal !!seq into map[string]string"),
            ("abc", "unmarshal errors:\n  line 1: cannot unmarshal !!str `abc` into map[string]string"),
            (
                "a very long text",
                "unmarshal errors:\n  line 1: cannot unmarshal !!str `a very ...` into map[string]string",
            ),
            ("5", "unmarshal errors:\n  line 1: cannot unmarshal !!int `5` into map[string]string"),
            ("a: [", "line 1: did not find expected node content"),
            ("{\"a\": \"b\",\n \"c\"", "line 2: did not find expected ',' or '}'"),
            ("- a\nb: c", "line 1: did not find expected '-' indicator"),
            ("a: |\n  x\n y", "line 2: did not find expected key"),
            ("a: b\nc", "line 3: could not find expected ':'"),
            ("a: b: c", "mapping values are not allowed in this context"),
            ("x: 1\na: b: c", "line 2: mapping values are not allowed in this context"),
            ("a: 'x", "found unexpected end of stream"),
            ("a: b\n\tc: d", "line 2: found a tab character that violates indentation"),
            ("@x: 1", "found character that cannot start any token"),
            ("x: y\na: \"\\/\"", "line 2: found unknown escape character"),
            ("a: b\u{1}", "control characters are not allowed"),
            ("a: b\nk: \"\\q\"", "line 2: found unknown escape character"),
            ("a: b\nk: *x", "unknown anchor 'x' referenced"),
            ("k: \"\\x4\"", "did not find expected hexdecimal number"),
            ("a: b\n|: v", "line 2: did not find expected comment or line break"),
            ("'abc' # d", "unmarshal errors:\n  line 1: cannot unmarshal !!str `abc` into map[string]string"),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(ToolError::Failed(format!("yaml: {message}"))), "{text:?}");
        }
    }

    #[test]
    fn what_is_binary_is_decoded() {
        assert_eq!(value("k: !!binary aGVsbG8="), Ok(Some("hello".to_owned())));
        let invalid = "yaml: !!binary value contains invalid base64 data";
        assert_eq!(value("k: !!binary '*'"), Err(ToolError::Failed(invalid.to_owned())));
    }

    #[test]
    fn maps_are_merged_where_they_stand() {
        for (text, wanted) in [
            ("<<: {k: a}\nk: b", "b"),
            ("k: b\n<<: {k: a}", "a"),
            ("<<: [{k: a}, {k: b}]", "a"),
            ("k: !!binary aGk=\n<<: {l: a}", "hi"),
            ("k: '<< !!binary'", "<< !!binary"),
        ] {
            assert_eq!(value(text), Ok(Some(wanted.to_owned())), "{text}");
        }
        let wrong = "yaml: map merge requires map or sequence of maps as the value";
        assert_eq!(value("<<: a"), Err(ToolError::Failed(wrong.to_owned())));
    }

    #[test]
    fn only_the_first_document_counts() {
        assert_eq!(value("k: a\n---\nk: b"), Ok(Some("a".to_owned())));
    }

    #[test]
    fn a_raw_next_line_becomes_a_space() {
        assert_eq!(value("{\"k\": \"a \u{85} b\"}"), Ok(Some("a b".to_owned())));
    }
}
