//! Texts as nobody should write them.

use std::fmt;

use crate::draw::{Draw, Kind};

/// A drawn text.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// What is written.
    pub value: String,
    /// What is odd about it.
    pub shape: Shape,
}

/// What is odd about a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Nothing in it.
    Empty,
    /// Only blanks.
    Blank,
    /// More than any process can be given.
    Huge,
    /// Too long to be meant.
    Long,
    /// Control characters and line breaks.
    Control,
    /// Brackets in brackets.
    Nested,
    /// JSON of another type.
    Json,
    /// Letters of the whole world.
    Foreign,
    /// An address with odd parts.
    Address,
    /// A number out of range, or none at all.
    Number,
    /// A word, which may be a good value.
    Word,
    /// A URI of a secret that is not there, or none at all.
    SecretUri,
}

const SHAPES: [Shape; 12] = [
    Shape::Empty,
    Shape::Blank,
    Shape::Huge,
    Shape::Long,
    Shape::Control,
    Shape::Nested,
    Shape::Json,
    Shape::Foreign,
    Shape::Address,
    Shape::Number,
    Shape::Word,
    Shape::SecretUri,
];

/// In these and all other tables, `@` stands for the marker of the case.
const BLANK: [&str; 4] = [" ", "\n", "\t \r\n", "\u{a0}\u{2003}"];
const CONTROL: [&str; 6] = [
    "@\u{1b}[31m@\u{7}",
    "\r\n@\r\n@",
    "@\n@: INFO ok\n",
    "\u{1}@\u{7f}",
    "@\u{85}\u{2028}@\u{202e}",
    "\u{feff}@\u{200b}@\u{0}",
];
const JSON: [&str; 14] = [
    "null",
    "true",
    "[]",
    "{}",
    "17",
    "\"@\"",
    "[\"@\"]",
    "{\"@\":\"@\"}",
    "{\"url\":{\"@\":1}}",
    "{\"url\":\"@\"}",
    "{\"url\":\"http://@:@@@.example.com:99999/@\"}",
    "[{\"protocol\":{\"name\":\"otlp_http\"},\"url\":\"@\"}]",
    "[{\"protocol\":\"@\",\"url\":[\"@\"]},null]",
    "{\"errors\":\"@\",\"valid\":\"@\"}",
];
const FOREIGN: [&str; 5] = ["@-é", "@.日本.example", "ｚ@", "@ \u{1f4a9}", "@\u{301}\u{202e}@"];
const ADDRESS: [&str; 18] = [
    "http://@:@@@.example.com:99999/@?@#@",
    "https://@.example.com:443/",
    "http://@.example.com/@",
    "https://[fe80::1%25@]/",
    "http://[@",
    "@.example.com:0",
    "@.example.com:5432,@:1",
    "//@",
    "http://",
    "file:///@",
    "@://@",
    "https://@.example.com/ @",
    "postgresql://@:@@@/@",
    "host=@ password='@ dbname=@ user=@",
    "host='@' password=@ dbname=@ user=@ port=99999",
    "-----BEGIN CERTIFICATE-----\n@\n-----END CERTIFICATE-----",
    "127.0.0.1:@",
    "/@/../@",
];
const NUMBER: [&str; 11] = [
    "-1",
    "0",
    "65536",
    "99999999999999999999",
    "1e999",
    "NaN",
    "0x10",
    "\u{663}",
    "1.5",
    "+1",
    "-9223372036854775808",
];
const WORD: [&str; 10] = ["@", "@.example.com", "None", "true", "none", "plain", "ready", "host", "@,@", "*"];
/// None has a marker, since a well-formed one is an argument of `secret-get`.
const SECRET_URI: [&str; 9] = [
    "secret:cst00000000000999990",
    "secret://6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14/cst00000000000999990",
    "secret://00000000-0000-0000-0000-000000000000/cst00000000000000010",
    "secret:",
    "secret:a b",
    "cst00000000000000010",
    "--help",
    "--label=user",
    "secret:cst00000000000000010?x=1",
];
const HUGE: [usize; 2] = [131_072, 1 << 20];

impl Text {
    /// Draws a text that stands for a value of this kind.
    pub fn draw(draw: &mut Draw, kind: Kind) -> Self {
        let shape = draw.pick(&SHAPES);
        let marker = draw.marker(kind);
        let value = match shape {
            Shape::Empty => String::new(),
            Shape::Blank => draw.pick(&BLANK).to_owned(),
            Shape::Huge => marker + &"x".repeat(draw.pick(&HUGE)),
            Shape::Long => marker.repeat(1 + draw.below(2_000)),
            Shape::Nested => nested(draw),
            other => draw.pick(table(other)).replace('@', &marker).replace('\0', ""),
        };
        Self { value, shape }
    }

    /// Whether no program takes it for a value: to whoever expects one it is missing, or cannot be passed on.
    pub fn is_never_a_value(&self) -> bool {
        matches!(self.shape, Shape::Empty | Shape::Blank | Shape::Huge)
    }

    /// Whether it is never a host name, an address, or a list of hosts.
    pub fn is_never_a_host(&self) -> bool {
        let text = self.value.trim();
        self.is_never_a_value()
            || self.shape == Shape::Nested
            || text.contains(|c: char| c.is_control() || "{\"'= ".contains(c))
    }
}

const fn table(shape: Shape) -> &'static [&'static str] {
    match shape {
        Shape::Control => &CONTROL,
        Shape::Json => &JSON,
        Shape::Foreign => &FOREIGN,
        Shape::Address => &ADDRESS,
        Shape::Number => &NUMBER,
        Shape::SecretUri => &SECRET_URI,
        _ => &WORD,
    }
}

/// Brackets in brackets, closed or not.
fn nested(draw: &mut Draw) -> String {
    let depth = draw.pick(&[40, 3_000, 100_000]);
    let (open, close) = draw.pick(&[("[", "]"), ("{\"a\":", "}"), ("{\"url\":[", "]}")]);
    let inner = if open.ends_with(':') { "1" } else { "" };
    let end = if draw.one_in(2) { close.repeat(depth) } else { String::new() };
    open.repeat(depth) + inner + &end
}

impl fmt::Display for Text {
    /// The beginning of the text, so that a case is told in one line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.value.len();
        let beginning: String = self.value.chars().take(50).collect();
        write!(formatter, "{beginning:?}")?;
        if beginning.len() < length { write!(formatter, "... of {length} bytes") } else { Ok(()) }
    }
}
