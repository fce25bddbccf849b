//! Texts in messages, quoted as Go quotes them.

/// A text in double quotes, what cannot be printed escaped.
pub fn quoted(text: &str) -> String {
    let escaped: String = text.chars().map(escape).collect();
    format!("\"{escaped}\"")
}

/// Several texts in brackets.
pub fn quoted_list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", quoted.join(" "))
}

fn escape(char: char) -> String {
    match char {
        '"' | '\\' => format!("\\{char}"),
        '\u{7}' => "\\a".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\u{b}' => "\\v".to_owned(),
        '\0'..='\u{7f}' if char.is_ascii_control() => format!("\\x{:02x}", u32::from(char)),
        _ if is_printable(char) => char.to_string(),
        _ if u32::from(char) <= 0xffff => format!("\\u{:04x}", u32::from(char)),
        _ => format!("\\U{:08x}", u32::from(char)),
    }
}

/// Rust escapes what Go escapes, and marks that combine with the letter before them, too.
fn is_printable(char: char) -> bool {
    !char.escape_debug().to_string().starts_with("\\u") || ('\u{300}'..='\u{36f}').contains(&char)
}

#[cfg(test)]
mod tests {
    use super::{quoted, quoted_list};

    #[test]
    fn only_what_prints_stays_as_it_is() {
        for (text, written) in [
            ("it's \"so\" \\", "\"it's \\\"so\\\" \\\\\""),
            ("\u{7}\u{8}\u{b}\u{c}\n\r\t", "\"\\a\\b\\v\\f\\n\\r\\t\""),
            ("\0\u{1b}\u{7f}", "\"\\x00\\x1b\\x7f\""),
            ("ü☃😀e\u{301}", "\"ü☃😀e\u{301}\""),
            ("\u{85}\u{a0}\u{2028}\u{feff}", "\"\\u0085\\u00a0\\u2028\\ufeff\""),
        ] {
            assert_eq!(quoted(text), written);
        }
        assert_eq!(quoted_list(&["a".to_owned(), String::new()]), "[\"a\" \"\"]");
    }
}
