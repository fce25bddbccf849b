//! Prints plans as go-yaml v3 does: four spaces, block style, quotes only where they are needed.

use super::scalar;
use std::fmt::Write;

/// What can be printed.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// A text, quoted where it would be read as something else.
    Text(String),
    /// A number, as it is spelled.
    Number(String),
    /// A sequence.
    List(Vec<Tree>),
    /// A mapping in the order of its keys here.
    Map(Vec<(String, Tree)>),
}

/// Prints a document.
#[must_use]
pub fn print(tree: &Tree) -> String {
    let mut out = String::new();
    match tree {
        Tree::Map(entries) if !entries.is_empty() => print_entries(entries, 0, &mut out),
        other => print_value(other, 0, &mut out),
    }
    out
}

fn print_entries(entries: &[(String, Tree)], indent: usize, out: &mut String) {
    for (key, value) in entries {
        out.push_str(&" ".repeat(indent));
        out.push_str(&inline(key));
        out.push(':');
        print_below(value, indent, out);
    }
}

/// Prints a value after its key.
fn print_below(value: &Tree, indent: usize, out: &mut String) {
    match value {
        Tree::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            print_entries(entries, indent + 4, out);
        }
        Tree::List(items) if !items.is_empty() => {
            out.push('\n');
            for item in items {
                out.push_str(&" ".repeat(indent + 4));
                out.push('-');
                print_below(item, indent + 4, out);
            }
        }
        other => {
            out.push(' ');
            print_value(other, indent, out);
        }
    }
}

fn print_value(value: &Tree, indent: usize, out: &mut String) {
    match value {
        Tree::Text(text) => out.push_str(&scalar_text(text, indent)),
        Tree::Number(number) => out.push_str(number),
        Tree::List(_) => out.push_str("[]"),
        Tree::Map(_) => out.push_str("{}"),
    }
    out.push('\n');
}

fn scalar_text(text: &str, indent: usize) -> String {
    if text.contains('\n') && !has_special(text) && !text.trim_matches('\n').is_empty() {
        literal(text, indent)
    } else {
        inline(text)
    }
}

/// A text on one line, plain or quoted.
fn inline(text: &str) -> String {
    if text.is_empty() || scalar::needs_type_quotes(text) || has_special(text) || text.contains('\n') {
        double_quoted(text)
    } else if is_plain_safe(text) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// A text of several lines as a literal block.
fn literal(text: &str, indent: usize) -> String {
    let body = text.trim_end_matches('\n');
    let ends = text.len() - body.len();
    let mut out = String::from("|");
    if text.starts_with([' ', '\n']) {
        out.push('4');
    }
    out.push_str(match ends {
        0 => "-",
        1 => "",
        _ => "+",
    });
    // A first empty line is lost, as it is with go-yaml.
    let shown = body.strip_prefix('\n').unwrap_or(body);
    for line in shown.split('\n').chain(std::iter::repeat_n("", ends.saturating_sub(1))) {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent + 4));
            out.push_str(line);
        }
    }
    out
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{feff}' => out.push_str("\\uFEFF"),
            '\u{85}' => out.push_str("\\N"),
            control if control.is_control() => drop(write!(out, "\\x{:02X}", u32::from(control))),
            wide if wide > '\u{ffff}' => drop(write!(out, "\\U{:08X}", u32::from(wide))),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// Whether a text has letters that only double quotes can hold.
fn has_special(text: &str) -> bool {
    text.chars().any(|letter| (letter.is_control() && letter != '\n') || letter == '\u{feff}' || letter > '\u{ffff}')
        || text.contains(" \n")
}

/// Whether a text may stand without quotes.
fn is_plain_safe(text: &str) -> bool {
    let begins_badly = text.starts_with(|letter: char| "#,[]{}&*!|>'\"%@` ".contains(letter))
        || text.starts_with("---")
        || text.starts_with("...")
        || ["-", "?", ":"]
            .iter()
            .any(|mark| text.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')));
    let ends_badly = text.ends_with([' ', ':']);
    !begins_badly
        && !ends_badly
        && !text.contains(['\u{2028}', '\u{2029}'])
        && !text.contains(": ")
        && !text.contains(" #")
}

#[cfg(test)]
mod tests {
    use super::{Tree, print};

    fn printed(text: &str) -> String {
        print(&Tree::Map(vec![("k".to_owned(), Tree::Text(text.to_owned()))]))
    }

    #[test]
    fn a_text_is_quoted_only_where_it_would_be_read_as_something_else() {
        let texts = [
            "plain",
            "0123",
            "1.50",
            "on",
            "~",
            "a: b",
            "a #b",
            "- a",
            "-all",
            "it's",
            "",
            "1:30",
            "2026-01-02",
            "tab\t",
        ];
        let lines: Vec<_> = texts.iter().map(|text| printed(text)).collect();
        let expected = [
            "plain",
            "\"0123\"",
            "\"1.50\"",
            "\"on\"",
            "\"~\"",
            "'a: b'",
            "'a #b'",
            "'- a'",
            "-all",
            "it's",
            "\"\"",
            "\"1:30\"",
            "\"2026-01-02\"",
            "\"tab\\t\"",
        ];
        assert_eq!(lines, expected.map(|text| format!("k: {text}\n")));
    }

    #[test]
    fn several_lines_are_a_block_that_keeps_its_last_line_end() {
        assert_eq!(printed("one\ntwo"), "k: |-\n    one\n    two\n");
        assert_eq!(printed("one\ntwo\n"), "k: |\n    one\n    two\n");
    }
}
