//! Every text of the record, once.

use indexmap::IndexSet;
use serde::Serialize;

/// Most characters that are kept of one text.
pub(super) const TEXT_LIMIT: usize = 4000;
/// How short texts become, step by step, until they fit on a page.
const LENGTHS: [usize; 6] = [TEXT_LIMIT, 1000, 400, 150, 60, 20];

/// A text by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Text(usize);

/// A path into the model by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Key(usize);

/// Texts and paths, in the order in which they came first.
#[derive(Debug, Default)]
pub(super) struct Texts {
    texts: IndexSet<String>,
    keys: IndexSet<Vec<Text>>,
}

impl Texts {
    /// The place of a text, which is cut if it is long.
    pub(super) fn add(&mut self, text: &str) -> Text {
        Text(self.texts.insert_full(cut(text, TEXT_LIMIT)).0)
    }

    /// The place of a path.
    pub(super) fn key(&mut self, path: &[String]) -> Key {
        let path = path.iter().map(|word| self.add(word)).collect();
        Key(self.keys.insert_full(path).0)
    }

    /// The text at a place.
    pub(super) fn get(&self, text: Text) -> &str {
        self.texts.get_index(text.0).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Vec<Text>> {
        self.keys.iter()
    }

    /// All texts after a last change to each, cut so far that they fit into so many bytes of a page.
    pub(super) fn fitting(&self, room: usize, change: impl Fn(&str) -> String) -> Vec<String> {
        let whole: Vec<String> = self.texts.iter().map(|text| change(text)).collect();
        let mut all = Vec::new();
        for length in LENGTHS {
            all = whole.iter().map(|text| cut(text, length)).collect();
            if all.iter().map(|text| size(text)).sum::<usize>() <= room {
                break;
            }
        }
        all
    }
}

/// The bytes that a text takes on a page at most.
fn size(text: &str) -> usize {
    let of = |character: char| match character {
        '\n' | '\t' | '"' | '\\' => 2,
        '\0'..='\x1f' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
        _ => character.len_utf8(),
    };
    text.chars().map(of).sum::<usize>() + 3
}

/// The beginning of a text, and how much is missing.
pub(super) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => {
            let (kept, rest) = text.split_at(end);
            format!("{kept}… ({} more characters)", rest.chars().count())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Texts, cut, size};

    #[test]
    fn a_text_is_cut_at_a_character_and_says_what_is_missing() {
        assert_eq!(cut("grüße", 3), "grü… (2 more characters)");
        assert_eq!(cut("grüße", 5), "grüße");
    }

    #[test]
    fn an_equal_text_is_held_once() {
        let mut texts = Texts::default();
        let places = [texts.add("one"), texts.add("two"), texts.add("one")];
        assert_eq!((places[0], texts.texts.len()), (places[2], 2));
    }

    #[test]
    fn texts_become_shorter_until_they_fit_on_a_page() {
        let mut texts = Texts::default();
        for number in 0..20_000 {
            texts.add(&format!("{number}{}", "<".repeat(1000)));
        }
        let fitting = texts.fitting(3_500_000, str::to_owned);
        assert_eq!(fitting.len(), 20_000);
        assert!(fitting.iter().map(|text| size(text)).sum::<usize>() <= 3_500_000);
    }
}
