//! JSON that YAML parsers read as the same value.

use std::fmt::Write as _;

use serde::Serialize;

/// Serializes a value as JSON, and escapes the characters that Go's YAML parsers would reject or change.
///
/// # Errors
///
/// [`serde_json::Error`] if a map has keys that are not strings.
///
/// *Source*: go-yaml v2 and v3, `readerc.go` and `scannerc.go`.
pub(crate) fn yaml_safe_json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    let json = serde_json::to_string(value)?;
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match u32::from(character) {
            // Writing to a string cannot fail.
            code @ (0x7f..=0x9f | 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff) => {
                let _ = write!(safe, "\\u{code:04x}");
            }
            _ => safe.push(character),
        }
    }
    Ok(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_yaml_would_change_are_escaped() {
        let text = "\u{7f}\u{85}\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}";
        assert_eq!(yaml_safe_json(text).unwrap(), r#""\u007f\u0085\u2028\u2029\ufeff\ufffe\uffff""#);
    }

    #[test]
    fn all_other_characters_are_left_as_they_are() {
        assert_eq!(yaml_safe_json("a/ü😀\n").unwrap(), "\"a/ü😀\\n\"");
    }

    #[test]
    fn a_json_parser_reads_the_same_text() {
        let text: String = ('\0'..='\u{ffff}').chain(['😀']).collect();
        let back: String = serde_json::from_str(&yaml_safe_json(&text).unwrap()).unwrap();
        assert_eq!(back, text);
    }
}
