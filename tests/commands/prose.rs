//! The commands that sentences and messages name.

/// The commands in a text or source file, without the word `juju`; what is filled in, in braces, angle brackets or italics, is one word.
pub fn commands(text: &str) -> Vec<String> {
    let text = joined(text);
    let starts = text.match_indices("juju ").filter(|(place, _)| {
        let before = text.get(..*place).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || "-_/.".contains(c))
    });
    let rests = starts.filter_map(|(place, start)| text.get(place + start.len()..));
    let commands = rests.filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase())).map(command);
    commands.collect()
}

/// The text without the line breaks that a backslash takes out of a string.
fn joined(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |joined, line| joined + line.trim_start())
}

/// The command at the beginning of a text.
fn command(text: &str) -> String {
    let mut command = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_last = rest.peek().is_none_or(|next| next.is_whitespace() || *next == '"');
        match c {
            '"' | '`' | ';' | '\n' | '\\' | ')' | '(' | ',' | '#' => break,
            ':' if is_last => break,
            '.' if is_last && !command.ends_with('.') => break,
            '{' => fill(&mut command, &mut rest, '}'),
            '<' => fill(&mut command, &mut rest, '>'),
            // A label of an alert.
            '*' => fill(&mut command, &mut rest, '*'),
            '\'' => fill(&mut command, &mut rest, '\''),
            _ => command.push(c),
        }
    }
    command.trim_end().to_owned()
}

/// Replaces what is filled in, up to its end.
fn fill(command: &mut String, rest: &mut impl Iterator<Item = char>, end: char) {
    for c in rest.by_ref() {
        if c == end {
            break;
        }
    }
    command.push_str("any");
}
