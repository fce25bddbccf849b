//! The commands of a block, and their words as a shell takes them apart.

/// The commands of a block, each with the number of its first line in the block; comments and blank lines apart.
pub fn commands(lines: &[String]) -> Vec<(usize, String)> {
    let mut commands: Vec<(usize, String)> = Vec::new();
    let mut is_continued = false;
    for (number, line) in lines.iter().enumerate() {
        let (text, continues) =
            line.trim_end().strip_suffix('\\').map_or((line.trim_end(), false), |text| (text, true));
        match commands.last_mut().filter(|_| is_continued) {
            Some((_, command)) => {
                command.push(' ');
                command.push_str(text.trim());
            }
            None if text.trim().is_empty() || text.trim_start().starts_with('#') => {}
            None => commands.push((number, text.trim().to_owned())),
        }
        is_continued = continues;
    }
    commands
}

/// The words of a command.
///
/// # Errors
/// It is more than one simple command.
pub fn words(command: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = command.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '#' if word.is_none() => break,
            '\'' => quoted(&mut rest, '\'', word.get_or_insert_default())?,
            '"' => quoted(&mut rest, '"', word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().extend(rest.next()),
            '|' | '&' | ';' | '<' | '>' | '`' | '$' | '(' | ')' => {
                return Err(format!("{c} is no part of a single command: quote it, or tell it in words"));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(rest: &mut std::str::Chars<'_>, quote: char, word: &mut String) -> Result<(), String> {
    while let Some(c) = rest.next() {
        match c {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => word.extend(rest.next()),
            c => word.push(c),
        }
    }
    Err(format!("a quotation mark {quote} is never closed"))
}
