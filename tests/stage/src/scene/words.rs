//! The short form of a verb: words, as a shell splits them.

use std::{collections::VecDeque, str::FromStr};

/// The words that follow a verb.
#[derive(Debug, Default)]
pub struct Words {
    left: VecDeque<String>,
}

impl Words {
    /// Splits a line as a shell would; nothing if a quote is not closed.
    #[must_use]
    pub fn split(line: &str) -> Option<Self> {
        shlex::split(line).map(Self::from_iter)
    }

    /// Whether all were taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// The next word.
    pub fn word(&mut self) -> Option<String> {
        self.left.pop_front()
    }

    /// The next word, unless it is a pair.
    pub fn name(&mut self) -> Option<String> {
        self.left.pop_front_if(|word| !word.contains('='))
    }

    /// The next word as a number or another value.
    pub fn value<T: FromStr>(&mut self) -> Option<T> {
        self.word()?.parse().ok()
    }

    /// All the rest as pairs `KEY=VALUE`; nothing if one is none.
    pub fn pairs<C: FromIterator<(String, String)>>(&mut self) -> Option<C> {
        let pair = |word: String| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        self.left.drain(..).map(pair).collect()
    }

    /// All the rest, one by one.
    pub fn rest(&mut self) -> Vec<String> {
        self.left.drain(..).collect()
    }

    /// All the rest as one text; nothing if there is none.
    pub fn text(&mut self) -> Option<String> {
        (!self.left.is_empty()).then(|| self.rest().join(" "))
    }
}

impl FromIterator<String> for Words {
    fn from_iter<I: IntoIterator<Item = String>>(words: I) -> Self {
        Self { left: words.into_iter().collect() }
    }
}
