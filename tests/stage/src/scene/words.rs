//! The short form of a verb: words, as a shell splits them.

use crate::{model::StatusKind, remedy::remedy};
use std::{collections::VecDeque, str::FromStr};

/// The words that follow a verb.
#[derive(Debug, Default)]
pub struct Words {
    left: VecDeque<String>,
    wrong: Option<String>,
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

    /// The next word, if it begins as a path does: no name of Juju's does.
    pub fn path(&mut self) -> Option<String> {
        self.left.pop_front_if(|word| word.starts_with('.') || word.contains('/'))
    }

    /// The next word, unless it is a pair.
    pub fn name(&mut self) -> Option<String> {
        self.left.pop_front_if(|word| !word.contains('='))
    }

    /// The next word as a number or another value; one that is none is remembered as not being `what`.
    pub fn value<T: FromStr>(&mut self, what: &str) -> Option<T> {
        let word = self.word()?;
        let value = word.parse().ok();
        if value.is_none() {
            self.wrong = Some(format!("{word:?} is not {what}"));
        }
        value
    }

    /// The next word as a status.
    pub fn status(&mut self) -> Option<StatusKind> {
        let word = self.word()?;
        let status = word.parse().ok();
        if status.is_none() {
            self.wrong = Some(format!("no status {word:?}{}", remedy(&word, StatusKind::ALL.map(StatusKind::word))));
        }
        status
    }

    /// Remembers that a word does not fit where it stands.
    pub fn refuse(&mut self, word: &str) {
        self.wrong = Some(format!("{word:?} does not fit here"));
    }

    /// Why they do not make what was wanted: a word that does not fit, that is missing, or that is one too many.
    #[must_use]
    pub fn trouble(&self) -> String {
        match (&self.wrong, self.left.front()) {
            (Some(wrong), _) => wrong.clone(),
            (None, Some(word)) => format!("{word:?} does not fit here"),
            (None, None) => "a word is missing".to_owned(),
        }
    }

    /// All the rest as pairs `KEY=VALUE`; nothing if one is none.
    pub fn pairs<C: FromIterator<(String, String)>>(&mut self) -> Option<C> {
        let pair = |word: &String| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        let pairs = self.left.iter().map(pair).collect();
        self.wrong = self.left.iter().find(|word| !word.contains('=')).map(|word| format!("{word:?} has no \"=\""));
        self.left.clear();
        pairs
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
        Self { left: words.into_iter().collect(), wrong: None }
    }
}
