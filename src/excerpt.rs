//! What other programs say, as far as it is shown to people.

use std::fmt;

use serde::Serialize;

use crate::secret::MASK;

/// *Units*: characters.
const LENGTH: usize = 200;

/// A text of another program for a status or a message: one line without control characters, at most 200 characters of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Excerpt(String);

impl Excerpt {
    /// The beginning of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let line = words.collect::<Vec<_>>().join(" ");
        Self(line.chars().take(LENGTH).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text in which some values cannot be read; the longest come first, since one may be part of another.
#[must_use]
pub fn masked(text: &str, values: &[&str]) -> String {
    let mut values: Vec<&str> = values.iter().copied().filter(|value| !value.is_empty()).collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values.into_iter().fold(text.to_owned(), |text, value| text.replace(value, MASK))
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_without_control_characters() {
        let text = "\u{1b}[31mERROR:\r\n\tno such\0table\u{85}\u{2028}x ";
        assert_eq!(Excerpt::of(text).as_str(), "[31mERROR: no such table x");
    }

    #[test]
    fn an_excerpt_has_200_characters_at_most() {
        assert_eq!(Excerpt::of(&"ü".repeat(1000)).as_str(), "ü".repeat(200));
    }

    #[test]
    fn a_masked_value_cannot_be_read_even_if_another_is_part_of_it() {
        assert_eq!(masked("no hunter2, hunter", &["hunter", "", "hunter2"]), "no ***, ***");
    }
}
