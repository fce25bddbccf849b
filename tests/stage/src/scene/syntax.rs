//! What is no YAML at all, at the line that is to be mended.

/// Parts of what the parser says, and what helps.
const REMEDIES: [(&str, &str); 8] = [
    ("block mapping", "indent this line as one above"),
    ("block sequence", "indent this line as one above"),
    ("flow mapping", "look for a missing ',' or '}' before"),
    ("flow sequence", "look for a missing ',' or ']' before"),
    ("mapping values", "quote a text that holds \": \""),
    ("simple key", "add a ':', or indent this line further"),
    ("unclosed quote", "close it"),
    ("unexpected character", "quote the text"),
];

/// What helps against what the parser complains about.
pub(super) fn remedy(complaint: &str) -> Option<&'static str> {
    REMEDIES.iter().find(|(part, _)| complaint.contains(part)).map(|(_, remedy)| *remedy)
}

/// The mistake that a person made where the parser found something else than it needs.
///
/// *Empty*: the parser's own words and line say it as well.
pub(super) fn mistake(text: &str) -> Option<(u64, String)> {
    tab(text).or_else(|| bracket(text))
}

/// A line that a tab indents.
fn tab(text: &str) -> Option<(u64, String)> {
    let is_indent = |line: &str| line.trim_start_matches(' ').starts_with('\t') && !line.trim().is_empty();
    let (line, _) = (1..).zip(text.lines()).find(|(_, line)| is_indent(line))?;
    Some((line, "a tab indents this line: YAML takes blanks alone".to_owned()))
}

/// A bracket that is still open where the next item of a list begins, or at the end.
fn bracket(text: &str) -> Option<(u64, String)> {
    let mut open: Vec<(u64, char)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("- ") && !open.is_empty() {
            break;
        }
        for character in outside_quotes(line) {
            match character {
                '{' | '[' => open.push((number, character)),
                '}' | ']' => drop(open.pop()),
                _ => {}
            }
        }
    }
    let (line, character) = open.pop()?;
    let closing = if character == '{' { '}' } else { ']' };
    Some((line, format!("the bracket {character:?} is not closed: add {closing:?}")))
}

/// The characters of a line that are neither within quotes nor in a comment.
fn outside_quotes(line: &str) -> impl Iterator<Item = char> {
    let (mut quote, mut last) = (None, ' ');
    let mut is_comment = false;
    line.chars().filter(move |&character| {
        is_comment |= character == '#' && quote.is_none() && last == ' ';
        let begins = quote.is_none() && "\"'".contains(character) && " {[,:".contains(last);
        let is_outside = quote.is_none() && !begins && !is_comment;
        if begins {
            quote = Some(character);
        } else if quote == Some(character) {
            quote = None;
        }
        last = character;
        is_outside
    })
}
