//! JSON as Go's `encoding/json` writes it: keys sorted by their bytes, markup and line separators escaped.

use super::{Datum, number};

/// Writes a value without a line break.
pub fn write(value: &Datum) -> String {
    let mut out = String::new();
    append(&mut out, value);
    out
}

fn append(out: &mut String, value: &Datum) {
    match value {
        Datum::Nothing | Datum::NoMap | Datum::NoLines => out.push_str("null"),
        Datum::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Datum::Number(number) => out.push_str(&number::in_json(*number)),
        Datum::Text(text) | Datum::Time(text) => append_text(out, text),
        Datum::Bytes(bytes) => append_bytes(out, bytes),
        Datum::Lines(lines) => list(out, lines, |out, line| append_text(out, line)),
        Datum::List(items) => list(out, items, append),
        Datum::Map(members) => map(out, members.iter().map(|(key, item)| (key.as_str(), item))),
        Datum::Record(fields) => map(out, fields.iter().map(|(name, item)| (*name, item))),
    }
}

fn list<T>(out: &mut String, items: &[T], each: impl Fn(&mut String, &T)) {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(']');
}

fn map<'v>(out: &mut String, members: impl Iterator<Item = (&'v str, &'v Datum)>) {
    out.push('{');
    for (place, (key, item)) in members.enumerate() {
        if place > 0 {
            out.push(',');
        }
        append_text(out, key);
        out.push(':');
        append(out, item);
    }
    out.push('}');
}

fn append_text(out: &mut String, text: &str) {
    out.push('"');
    append_chars(out, text);
    out.push('"');
}

/// Each byte that belongs to no letter is written as the sign for one.
fn append_bytes(out: &mut String, bytes: &[u8]) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        append_chars(out, chunk.valid());
        chunk.invalid().iter().for_each(|_| out.push_str("\\ufffd"));
    }
    out.push('"');
}

fn append_chars(out: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.extend(["\\u", &format!("{:04x}", u32::from(char))]);
            }
            plain => out.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_escaped_as_go_escapes_them() {
        for (text, written) in [
            ("<b>&amp;</b> 'x'", r#""\u003cb\u003e\u0026amp;\u003c/b\u003e 'x'""#),
            ("a\u{1}b\u{7f}c", "\"a\\u0001b\u{7f}c\""),
            ("a\u{85}b\u{2028}c\u{2029}", "\"a\u{85}b\\u2028c\\u2029\""),
            ("\u{8}\u{c}\n\r\t\"\\/\0", r#""\b\f\n\r\t\"\\/\u0000""#),
            ("\u{feff}☃ 😀", "\"\u{feff}☃ 😀\""),
        ] {
            assert_eq!(write(&Datum::from(text)), written);
        }
    }

    #[test]
    fn each_byte_that_is_no_text_has_its_sign() {
        assert_eq!(write(&Datum::Bytes(b"a\xff\xe2\x98b".to_vec())), r#""a\ufffd\ufffd\ufffdb""#);
    }

    #[test]
    fn keys_are_sorted_by_their_bytes_and_fields_stay_where_they_are() {
        let map = json!({"a9": null, "a10": [], "B": {}, "é": [1, "x"]});
        assert_eq!(write(&Datum::from(&map)), r#"{"B":{},"a10":[],"a9":null,"é":[1,"x"]}"#);
        let record = Datum::Record(vec![("z", true.into()), ("a", Datum::Lines(vec!["x".to_owned()]))]);
        assert_eq!(write(&record), r#"{"z":true,"a":["x"]}"#);
    }
}
