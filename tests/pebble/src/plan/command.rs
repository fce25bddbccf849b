//! Command lines: split as a shell splits words, with nothing expanded, and `[ ... ]` around arguments that may be replaced.

use thiserror::Error;

/// Why a command line cannot be split.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommandError {
    /// A quote is never closed.
    #[error("EOF found when expecting closing quote")]
    UnclosedQuote,
    /// A backslash ends the line.
    #[error("EOF found after escape character")]
    LoneEscape,
    /// A word breaks the rules of groups.
    #[error("{0}")]
    Group(&'static str),
    /// The same, for a named service.
    #[error("cannot parse service {service:?} command: {cause}")]
    OfService {
        /// Whose command it is.
        service: String,
        /// What is wrong.
        cause: Box<CommandError>,
    },
}

/// The words of a service's command, those of its group included.
///
/// # Errors
/// The line cannot be split, or its group is not at its end.
pub fn parse(service: &str, line: &str) -> Result<Vec<String>, CommandError> {
    split(line)
        .and_then(|words| without_brackets(&words))
        .map_err(|cause| CommandError::OfService { service: service.to_owned(), cause: Box::new(cause) })
}

/// Splits a line into words.
///
/// # Errors
/// A quote or an escape has no end.
pub fn split(line: &str) -> Result<Vec<String>, CommandError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '#' if word.is_none() => {
                letters.by_ref().find(|letter| *letter == '\n');
            }
            '\\' => word.get_or_insert_default().push(letters.next().ok_or(CommandError::LoneEscape)?),
            '\'' | '"' => quoted(letter, &mut letters, word.get_or_insert_default())?,
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(quote: char, letters: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), CommandError> {
    loop {
        match letters.next().ok_or(CommandError::UnclosedQuote)? {
            letter if letter == quote => return Ok(()),
            '\\' if quote == '"' => word.push(letters.next().ok_or(CommandError::LoneEscape)?),
            letter => word.push(letter),
        }
    }
}

/// An unclosed group is accepted.
fn without_brackets(words: &[String]) -> Result<Vec<String>, CommandError> {
    let (mut is_inside, mut had_group) = (false, false);
    let mut out = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match (word.as_str(), is_inside) {
            ("[", true) => return Err(CommandError::Group("cannot nest [ ... ] groups")),
            ("]", true) => is_inside = false,
            (_, true) => out.push(word.clone()),
            _ if had_group => {
                return Err(CommandError::Group("cannot have any arguments after [ ... ] group"));
            }
            ("[", false) if index == 0 => {
                return Err(CommandError::Group("cannot start command with [ ... ] group"));
            }
            ("[", false) => (is_inside, had_group) = (true, true),
            ("]", false) => return Err(CommandError::Group("cannot have ] outside of [ ... ] group")),
            _ => out.push(word.clone()),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{CommandError, parse, split};

    #[test]
    fn words_are_split_as_a_shell_does_and_nothing_is_expanded() {
        let words = split(r#"one "two \"three\"" 'fo\ur' six\ seven $HOME * '' a#b # gone"#);
        let expected = ["one", "two \"three\"", "fo\\ur", "six seven", "$HOME", "*", "", "a#b"];
        assert_eq!(words, Ok(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_group_stands_last_and_may_stay_open() {
        assert_eq!(parse("s", "a [ b c ]"), Ok(["a", "b", "c"].map(str::to_owned).to_vec()));
        assert_eq!(parse("s", "a [ b"), Ok(["a", "b"].map(str::to_owned).to_vec()));
        let nested = parse("s", "a [ [ b ]").map_err(|error| error.to_string());
        assert_eq!(nested, Err("cannot parse service \"s\" command: cannot nest [ ... ] groups".to_owned()));
    }

    #[test]
    fn a_quote_or_escape_without_end_is_refused() {
        assert_eq!(split("a 'b"), Err(CommandError::UnclosedQuote));
        assert_eq!(split("a \\"), Err(CommandError::LoneEscape));
    }
}
