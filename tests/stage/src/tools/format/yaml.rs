//! YAML as Go's yaml.v2 writes it: block style, keys in natural order, lists in a map not indented.

use super::{Datum, number, order::in_natural_order, scalar};

const STEP: usize = 2;

/// Writes a value as a document, without blank lines at its end.
///
/// *Empty*: no value has no document.
pub fn write(value: &Datum) -> String {
    if *value == Datum::Nothing {
        return String::new();
    }
    let mut emitter = Emitter::default();
    emitter.node(value, false);
    emitter.out.truncate(emitter.out.trim_end_matches('\n').len());
    emitter.out + "\n"
}

/// The text so far, and where it stands.
#[derive(Default)]
pub struct Emitter {
    out: String,
    /// Characters in the last line.
    pub column: usize,
    /// Blanks before the next line; the whole document has none yet.
    level: Option<usize>,
    /// Whether the last line needs something before the next word.
    is_tight: bool,
    /// Whether the last line has more than blanks and the indicators of lists and keys.
    is_written: bool,
}

impl Emitter {
    fn node(&mut self, value: &Datum, in_map: bool) {
        match value {
            Datum::Nothing => self.word("null"),
            Datum::NoMap => self.empty("{}"),
            Datum::NoLines => self.empty("[]"),
            Datum::Bool(value) => self.word(if *value { "true" } else { "false" }),
            Datum::Number(number) => self.word(&number::in_yaml(*number)),
            Datum::Text(text) => self.text(text, false),
            Datum::Bytes(bytes) => self.bytes(bytes),
            Datum::Time(time) => self.word(time),
            Datum::Lines(lines) => self.list(lines, in_map, |emitter, line| emitter.text(line, false)),
            Datum::List(items) => self.list(items, in_map, |emitter, item| emitter.node(item, false)),
            Datum::Map(members) => {
                self.map(&in_natural_order(members.iter().map(|(key, item)| (item, key.clone()))));
            }
            Datum::Record(fields) => {
                let members: Vec<_> = fields.iter().map(|(name, item)| (item, (*name).to_owned())).collect();
                self.map(&members);
            }
        }
    }

    fn word(&mut self, word: &str) {
        self.deeper(Some(STEP), |emitter| scalar::write_word(emitter, word));
    }

    fn text(&mut self, text: &str, is_simple_key: bool) {
        self.deeper(Some(STEP), |emitter| scalar::write(emitter, text, is_simple_key));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.deeper(Some(STEP), |emitter| scalar::write_bytes(emitter, bytes));
    }

    fn empty(&mut self, brackets: &str) {
        self.space();
        brackets.chars().for_each(|char| self.put(char));
        self.end_scalar();
    }

    fn list<T>(&mut self, items: &[T], in_map: bool, each: impl Fn(&mut Self, &T)) {
        if items.is_empty() {
            return self.empty("[]");
        }
        let write = |emitter: &mut Self| {
            for item in items {
                emitter.indent();
                emitter.indicator('-');
                each(emitter, item);
            }
        };
        // A list that begins after its key is not indented.
        if in_map && self.is_written { write(self) } else { self.deeper(Some(0), write) }
    }

    fn map(&mut self, members: &[(&Datum, String)]) {
        if members.is_empty() {
            return self.empty("{}");
        }
        self.deeper(Some(0), |emitter| {
            for (item, key) in members {
                emitter.indent();
                if scalar::is_simple_key(key) {
                    emitter.text(key, true);
                    emitter.put(':');
                    emitter.end_scalar();
                } else {
                    emitter.indicator('?');
                    emitter.text(key, false);
                    emitter.indent();
                    emitter.indicator(':');
                }
                emitter.node(item, true);
            }
        });
    }

    /// Writes something one level deeper; `first` is the level below the document itself.
    fn deeper(&mut self, first: Option<usize>, write: impl FnOnce(&mut Self)) {
        let outer = self.level;
        self.level = outer.map_or(first, |level| Some(level + STEP));
        write(self);
        self.level = outer;
    }

    /// A dash, or a sign of a long key, after which the same line goes on.
    fn indicator(&mut self, sign: char) {
        self.space();
        self.put(sign);
        self.is_tight = true;
    }

    /// Goes to where the line of this level begins; a new line unless the last one has nothing else yet.
    pub fn indent(&mut self) {
        let level = self.level.unwrap_or(0);
        if self.is_written || self.column > level || self.column == level && self.is_tight {
            self.put_break('\n');
        }
        while self.column < level {
            self.put(' ');
        }
        self.is_tight = false;
        self.is_written = false;
    }

    /// A blank where the last character needs one.
    pub fn space(&mut self) {
        if self.is_tight {
            self.put(' ');
        }
    }

    /// A character of a line.
    pub fn put(&mut self, char: char) {
        self.out.push(char);
        self.column += 1;
    }

    /// A character of a text, after which the line does not count as empty.
    pub fn put_text(&mut self, char: char) {
        self.put(char);
        self.is_written = true;
    }

    /// The end of a line.
    pub fn put_break(&mut self, char: char) {
        self.out.push(char);
        self.column = 0;
        self.is_written = false;
    }

    /// The end of a line after which nothing is needed before the next word.
    pub fn begin_line(&mut self) {
        self.put_break('\n');
        self.is_tight = false;
    }

    /// The end of a word.
    pub fn end_scalar(&mut self) {
        self.is_tight = true;
        self.is_written = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Texts and how they stand after a key.
    const TEXTS: &[(&str, &str)] = &[
        ("", "\"\""),
        ("plain", "plain"),
        ("yes", "\"yes\""),
        ("Yes", "\"Yes\""),
        ("yEs", "yEs"),
        ("n", "\"n\""),
        ("~", "\"~\""),
        ("null", "\"null\""),
        ("=", "="),
        ("<<", "<<"),
        ("<b>", "<b>"),
        ("true", "\"true\""),
        (".inf", "\".inf\""),
        ("-.INF", "\"-.INF\""),
        (".nan", "\".nan\""),
        ("007", "\"007\""),
        ("08", "08"),
        ("0o17", "\"0o17\""),
        ("0x1F", "\"0x1F\""),
        ("0b-1", "\"0b-1\""),
        ("1_000", "\"1_000\""),
        ("+12", "\"+12\""),
        ("1.", "1."),
        ("1.10", "\"1.10\""),
        ("1e3", "1e3"),
        ("1e+3", "\"1e+3\""),
        ("-.5", "\"-.5\""),
        (".5e3", "\".5e3\""),
        (".59_3", "\".59_3\""),
        ("18446744073709551615", "\"18446744073709551615\""),
        ("99999999999999999999", "\"99999999999999999999\""),
        ("12:30:45", "\"12:30:45\""),
        ("1:99", "1:99"),
        ("2026-01-02", "\"2026-01-02\""),
        ("2026-2-30", "2026-2-30"),
        ("2026-1-2T3:4:5.5Z", "\"2026-1-2T3:4:5.5Z\""),
        ("2026-01-02t03:04:05+02:00", "\"2026-01-02t03:04:05+02:00\""),
        ("2026-01-02  03:04:05", "\"2026-01-02  03:04:05\""),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05"),
        ("2026-01", "2026-01"),
        ("- a", "'- a'"),
        ("-a", "-a"),
        ("-", "'-'"),
        ("? a", "'? a'"),
        ("?a", "?a"),
        (": a", "': a'"),
        (":a", ":a"),
        ("a:", "'a:'"),
        ("a: b", "'a: b'"),
        ("a:b", "a:b"),
        ("a #b", "'a #b'"),
        ("a#b", "a#b"),
        ("#a", "'#a'"),
        ("a, b", "a, b"),
        ("[a]", "'[a]'"),
        ("{a: b}", "'{a: b}'"),
        ("*x", "'*x'"),
        ("&x", "'&x'"),
        ("!t", "'!t'"),
        ("%x", "'%x'"),
        ("@x", "'@x'"),
        ("`x", "'`x'"),
        ("|", "'|'"),
        (">", "'>'"),
        ("'", "''''"),
        ("\"", "'\"'"),
        ("it's", "it's"),
        ("'it''s", "'''it''''s'"),
        ("--- a", "'--- a'"),
        ("...", "'...'"),
        ("..", ".."),
        (" a", "' a'"),
        ("a ", "'a '"),
        ("\ta", "\"\\ta\""),
        ("a\tb", "\"a\\tb\""),
        ("a\\b", "a\\b"),
        ("a\u{1}b\u{7f}c", "\"a\\x01b\\x7Fc\""),
        ("\u{0}\u{7}\u{8}\u{b}\u{c}\u{1b}", "\"\\0\\a\\b\\v\\f\\e\""),
        ("é ☃", "é ☃"),
        ("😀", "\"\\U0001F600\""),
        ("\u{feff}a b", "\"\\uFEFF\\x61\\x20\\x62\""),
        ("a\u{feff}", "\"a\\uFEFF\""),
        ("\u{fffe}", "\"\\uFFFE\""),
        ("a\u{85}b", "\"a\\Nb\""),
        ("\u{a0}", "\u{a0}"),
        ("a\u{2028}b", "'a\u{2028}  b'"),
        ("a\u{2028} b", "\"a\\L b\""),
        ("a\rb", "\"a\\rb\""),
        ("a\n", "|\n  a"),
        ("a\nb", "|-\n  a\n  b"),
        ("a\n\nb\n", "|\n  a\n\n  b"),
        ("a\n\n", "|+\n  a\n"),
        ("\na", "|2-\n\n  a"),
        ("\n", "|2+\n"),
        (" a\nb", "|2-\n   a\n  b"),
        ("a \nb", "\"a \\nb\""),
        ("a\n b", "|-\n  a\n   b"),
        ("a\nb ", "\"a\\nb \""),
        ("a\n\tb", "\"a\\n\\tb\""),
        ("a\n😀", "\"a\\n\\U0001F600\""),
        ("a\u{2028}b\n", "|\n  a\u{2028}  b"),
    ];

    fn written(text: &str) -> String {
        let map = Datum::Map([("k".to_owned(), text.into())].into());
        write(&map).trim_start_matches("k: ").trim_end_matches('\n').to_owned()
    }

    #[test]
    fn texts_are_quoted_as_go_quotes_them() {
        for (text, expected) in TEXTS {
            assert_eq!(written(text), expected.trim_end_matches('\n'), "{text:?}");
        }
    }

    #[test]
    fn long_texts_are_folded_at_a_blank_after_eighty_columns() {
        let x = "x".repeat(50);
        assert_eq!(written(&format!("{x} {x} {x}")), format!("{x} {x}\n  {x}"));
        assert_eq!(written(&format!("{x} {x}  {x} y")), format!("{x} {x}  {x}\n  y"));
        assert_eq!(written(&format!("{x} {x}: {x}")), format!("'{x} {x}:\n  {x}'"));
        assert_eq!(written(&format!("{x} {x}\t  {x}")), format!("\"{x} {x}\\t\n  \\ {x}\""));
        assert_eq!(written(&x.repeat(3)), x.repeat(3));
    }

    #[test]
    fn lists_in_a_map_are_not_indented_and_maps_in_a_list_are() {
        let value = json!({"l": [1, [true, {"a": null, "b": []}], {"c": {"d": [{}]}}], "m": {"e": {"f": "x\ny\n"}}});
        let expected =
            "l:\n- 1\n- - true\n  - a: null\n    b: []\n- c:\n    d:\n    - {}\nm:\n  e:\n    f: |\n      x\n      y\n";
        assert_eq!(write(&Datum::from(&value)), expected);
    }

    #[test]
    fn keys_are_in_natural_order_and_quoted_too() {
        let keys = ["a10", "a9", "A", "b", "1", "", "-", "é", "yes", "probe/10", "probe/9", "007", "a b"];
        let map = Datum::Map(keys.iter().map(|key| ((*key).to_owned(), true.into())).collect());
        let written = write(&map);
        let keys: Vec<&str> = written.lines().map(|line| line.trim_end_matches(": true")).collect();
        let expected =
            ["\"\"", "'-'", "\"1\"", "\"007\"", "A", "a b", "a9", "a10", "b", "probe/9", "probe/10", "\"yes\"", "é"];
        assert_eq!(keys, expected);
    }

    #[test]
    fn a_key_of_several_lines_or_many_letters_has_a_line_of_its_own() {
        let long = "k".repeat(129);
        let map = Datum::Map([(long.clone(), vec!["x".to_owned()].into()), ("a\nb".to_owned(), 1.0.into())].into());
        assert_eq!(write(&map), format!("? |-\n  a\n  b\n: 1\n? {long}\n: - x\n"));
    }

    #[test]
    fn bytes_that_are_no_text_are_written_in_base64_in_lines_of_seventy_signs() {
        let value = |bytes: Vec<u8>| write(&Datum::Map([("k".to_owned(), Datum::Bytes(bytes))].into()));
        assert_eq!(value(vec![0, 255]), "k: !!binary AP8=\n");
        assert_eq!(value(vec![255; 52]), format!("k: !!binary |\n  {}w\n  ==\n", "/".repeat(69)));
        assert_eq!(write(&Datum::Bytes(vec![0, 255])), "!!binary AP8=\n");
    }

    #[test]
    fn what_is_not_there_is_told_from_what_is_empty() {
        for (value, expected) in [
            (Datum::Nothing, ""),
            (Datum::NoMap, "{}\n"),
            (Datum::NoLines, "[]\n"),
            ("".into(), "\"\"\n"),
            ("a\n\n".into(), "|+\n  a\n"),
        ] {
            assert_eq!(write(&value), expected, "{value:?}");
        }
    }
}
