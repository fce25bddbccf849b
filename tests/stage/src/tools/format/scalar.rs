//! How Go's yaml.v2 quotes, escapes and breaks a text.

use super::{resolve, yaml::Emitter};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Columns after which a blank becomes a line break.
const WIDTH: usize = 80;
/// Signs of base64 in a line.
const BYTES_WIDTH: usize = 70;
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The ways to write a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What stands in a text.
#[derive(Default)]
struct Traits {
    may_be_plain: bool,
    may_be_single: bool,
    may_be_literal: bool,
}

/// Whether a key is short enough to stand before its colon, in one line.
pub fn is_simple_key(key: &str) -> bool {
    !key.chars().any(is_break) && key.len() <= 128
}

/// Writes a text, as a key or as a value.
pub fn write(emitter: &mut Emitter, text: &str, is_simple_key: bool) {
    match style_of(text, is_simple_key) {
        Style::Plain => plain(emitter, text, !is_simple_key),
        Style::Single => single(emitter, text, !is_simple_key),
        Style::Double => double(emitter, text, !is_simple_key),
        Style::Literal => literal(emitter, text),
    }
}

/// Writes a word or a number that needs no quotes.
pub fn write_word(emitter: &mut Emitter, word: &str) {
    plain(emitter, word, false);
}

/// Writes bytes that are no text, with the tag that says so.
pub fn write_bytes(emitter: &mut Emitter, bytes: &[u8]) {
    emitter.space();
    "!!binary".chars().for_each(|char| emitter.put(char));
    emitter.end_scalar();
    let encoded = STANDARD.encode(bytes);
    let signs: Vec<char> = encoded.chars().collect();
    match signs.len() {
        0..BYTES_WIDTH => plain(emitter, &encoded, false),
        _ => {
            literal(
                emitter,
                &signs.chunks(BYTES_WIDTH).flat_map(|line| line.iter().chain(&['\n'])).collect::<String>(),
            );
        }
    }
}

fn style_of(text: &str, is_simple_key: bool) -> Style {
    let traits = traits_of(text);
    let wished = match text {
        _ if is_simple_key && text.chars().any(is_break) => Style::Double,
        _ if text.contains('\n') => Style::Literal,
        _ if resolve::is_other_than_text(text) => Style::Double,
        _ => Style::Plain,
    };
    match wished {
        Style::Plain if traits.may_be_plain => Style::Plain,
        Style::Plain if traits.may_be_single => Style::Single,
        Style::Literal if traits.may_be_literal && !is_simple_key => Style::Literal,
        _ => Style::Double,
    }
}

fn traits_of(text: &str) -> Traits {
    let chars: Vec<char> = text.chars().collect();
    let pairs = || chars.iter().zip(chars.iter().skip(1));
    let (first, last) = (chars.first().copied().unwrap_or('\0'), chars.last().copied().unwrap_or('\0'));
    let is_special = chars.iter().any(|char| !is_printable(*char));
    let space_before_break = pairs().any(|(char, next)| *char == ' ' && is_break(*next));
    let space_after_break = pairs().any(|(char, next)| is_break(*char) && *next == ' ');
    let is_multiline = chars.iter().copied().any(is_break);
    let is_padded = [first, last].into_iter().any(|end| end == ' ' || is_break(end));
    let may_be_single = !space_after_break && !space_before_break && !is_special;
    Traits {
        may_be_plain: may_be_single && !is_multiline && !is_padded && !has_indicator(&chars),
        may_be_single,
        may_be_literal: last != ' ' && !space_before_break && !is_special,
    }
}

/// Whether an unquoted text would be read as something of YAML's own.
fn has_indicator(chars: &[char]) -> bool {
    let is_blank_after = |place: usize| chars.get(place + 1).is_none_or(|next| [' ', '\t'].contains(next));
    let is_indicator = |(place, char): (usize, &char)| match char {
        '#' if place > 0 => chars.get(place - 1).is_some_and(|before| is_blank_or_break(*before)),
        ':' => is_blank_after(place),
        '?' | '-' => place == 0 && is_blank_after(place),
        _ => place == 0 && "#,[]{}&*!|>'\"%@`".contains(*char),
    };
    chars.starts_with(&['-'; 3]) || chars.starts_with(&['.'; 3]) || chars.iter().enumerate().any(is_indicator)
}

fn plain(emitter: &mut Emitter, text: &str, may_break: bool) {
    emitter.space();
    let mut after_space = false;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let folds = char == ' ' && may_break && !after_space && emitter.column > WIDTH && chars.peek() != Some(&' ');
        if folds {
            emitter.indent();
        } else {
            emitter.put(char);
        }
        after_space = char == ' ';
    }
    emitter.end_scalar();
}

fn single(emitter: &mut Emitter, text: &str, may_break: bool) {
    emitter.space();
    emitter.put('\'');
    let (mut after_space, mut after_break) = (false, false);
    for (place, char) in text.char_indices() {
        let next = text.get(place + 1..).unwrap_or_default();
        if is_break(char) {
            emitter.put_break(char);
        } else if char == ' ' {
            let is_inside = place > 0 && !next.is_empty() && !next.starts_with(' ');
            let folds = may_break && !after_space && emitter.column > WIDTH && is_inside;
            if folds { emitter.indent() } else { emitter.put(' ') }
        } else {
            if after_break {
                emitter.indent();
            }
            if char == '\'' {
                emitter.put('\'');
            }
            emitter.put_text(char);
        }
        after_break = is_break(char);
        after_space = char == ' ';
    }
    emitter.put('\'');
    emitter.end_scalar();
}

fn double(emitter: &mut Emitter, text: &str, may_break: bool) {
    emitter.space();
    emitter.put('"');
    // A text that begins with a byte order mark is escaped as a whole.
    let all = text.starts_with(BYTE_ORDER_MARK);
    let mut after_space = false;
    for (place, char) in text.char_indices() {
        let next = text.get(place + char.len_utf8()..).unwrap_or_default();
        if all || !is_printable(char) || is_break(char) || ['"', '\\'].contains(&char) {
            escape(emitter, char);
        } else if char == ' ' && may_break && !after_space && emitter.column > WIDTH && place > 0 && !next.is_empty() {
            emitter.indent();
            if next.starts_with(' ') {
                emitter.put('\\');
            }
        } else {
            emitter.put(char);
        }
        after_space = char == ' ' && !all;
    }
    emitter.put('"');
    emitter.end_scalar();
}

fn escape(emitter: &mut Emitter, char: char) {
    let code = u32::from(char);
    let escaped = match char {
        '\0' => "0".to_owned(),
        '\u{7}' => "a".to_owned(),
        '\u{8}' => "b".to_owned(),
        '\t' => "t".to_owned(),
        '\n' => "n".to_owned(),
        '\u{b}' => "v".to_owned(),
        '\u{c}' => "f".to_owned(),
        '\r' => "r".to_owned(),
        '\u{1b}' => "e".to_owned(),
        '"' | '\\' => char.to_string(),
        '\u{85}' => "N".to_owned(),
        '\u{a0}' => "_".to_owned(),
        '\u{2028}' => "L".to_owned(),
        '\u{2029}' => "P".to_owned(),
        _ if code <= 0xff => format!("x{code:02X}"),
        _ if code <= 0xffff => format!("u{code:04X}"),
        _ => format!("U{code:08X}"),
    };
    emitter.put('\\');
    escaped.chars().for_each(|char| emitter.put(char));
}

fn literal(emitter: &mut Emitter, text: &str) {
    emitter.space();
    emitter.put('|');
    if text.starts_with(|first| first == ' ' || is_break(first)) {
        emitter.put('2');
    }
    let mut ends = text.chars().rev();
    match (ends.next().is_some_and(is_break), ends.next().is_none_or(is_break)) {
        (false, _) => emitter.put('-'),
        (true, true) => emitter.put('+'),
        (true, false) => {}
    }
    emitter.begin_line();
    let mut after_break = true;
    for char in text.chars() {
        if is_break(char) {
            emitter.put_break(char);
        } else {
            if after_break {
                emitter.indent();
            }
            emitter.put_text(char);
        }
        after_break = is_break(char);
    }
}

fn is_break(char: char) -> bool {
    ['\r', '\n', '\u{85}', '\u{2028}', '\u{2029}'].contains(&char)
}

fn is_blank_or_break(char: char) -> bool {
    [' ', '\t', '\0'].contains(&char) || is_break(char)
}

/// What yaml.v2 writes unescaped: line feeds, and what YAML 1.1 prints within 16 bits, tabs not among them.
fn is_printable(char: char) -> bool {
    matches!(char, '\n' | ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}
