//! What is wrong with a scene, where, and how to mend it.

use super::{VERBS, scalar::NUMBER, syntax};
use crate::remedy::remedy;
use serde_saphyr::{Error, Location};
use std::{fmt, io};

/// What is said of a scene without steps.
pub(super) const EMPTY: &str = "the list of steps is empty: begin with \"- deploy\"";

/// Words that some know for a verb.
const OTHER_WORDS: [(&str, &str); 18] = [
    ("relate", "integrate"),
    ("add-relation", "integrate"),
    ("unrelate", "remove-relation"),
    ("add-unit", "scale"),
    ("remove-unit", "scale"),
    ("scale-application", "scale"),
    ("upgrade", "refresh"),
    ("upgrade-charm", "refresh"),
    ("remove-application", "remove"),
    ("destroy", "remove"),
    ("run-action", "run"),
    ("add-secret", "secret"),
    ("update-secret", "secret"),
    ("grant-secret", "secret"),
    ("remove-secret", "secret"),
    ("wait", "wait-for"),
    ("status", "expect-status"),
    ("resolve", "resolved"),
];

/// What is wrong with a file that is to be a scene: one line for each mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .mistakes.iter().map(|mistake| format!("{file}: {mistake}")).collect::<Vec<_>>().join("\n"))]
pub struct SceneError {
    file: String,
    mistakes: Vec<Mistake>,
}

/// A mistake, with its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mistake {
    line: Option<u64>,
    text: String,
}

impl SceneError {
    fn one(file: &str, line: Option<u64>, text: String) -> Self {
        Self { file: file.to_owned(), mistakes: vec![Mistake { line, text }] }
    }

    pub(super) fn unreadable(file: &str, cause: &io::Error) -> Self {
        let remedy = match cause.kind() {
            io::ErrorKind::InvalidData => ": save it as UTF-8",
            io::ErrorKind::IsADirectory => ": name the file in it",
            _ => "",
        };
        Self::one(file, None, format!("reading the scene: {cause}{remedy}"))
    }

    /// What is wrong with a step that is one by itself.
    pub(crate) fn at(file: &str, line: usize, text: &str) -> Self {
        Self::one(file, u64::try_from(line).ok(), text.to_owned())
    }

    /// A text that is no YAML.
    pub(super) fn malformed(file: &str, source: &str, error: &Error) -> Self {
        let (line, text) = syntax::mistake(source).map_or_else(
            || {
                let (line, text) = told(source, error);
                let remedy = syntax::remedy(&text).map(|remedy| format!(": {remedy}")).unwrap_or_default();
                (line, text + &remedy)
            },
            |(line, text)| (Some(line), text),
        );
        Self::one(file, line, text)
    }

    /// A text that is no scene.
    pub(super) fn new(file: &str, source: &str, error: &Error) -> Self {
        let (line, text) = told(source, error);
        Self::one(file, line, text)
    }

    /// The same with the mistakes of others, each once.
    pub(crate) fn with(mut self, others: impl IntoIterator<Item = Self>) -> Self {
        for mistake in others.into_iter().flat_map(|other| other.mistakes) {
            if !self.mistakes.contains(&mistake) {
                self.mistakes.push(mistake);
            }
        }
        self.mistakes.sort_by_key(|mistake| mistake.line);
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line.map_or(Ok(()), |line| write!(formatter, "line {line}: "))?;
        formatter.write_str(&self.text)
    }
}

fn told(source: &str, error: &Error) -> (Option<u64>, String) {
    let error = error.without_snippet();
    let place = error.location().map(|location| Place { source, location });
    let text = explain(error, place.as_ref());
    (place.map(|place| place.location.line()), text)
}

/// A place in the text of a scene.
struct Place<'t> {
    source: &'t str,
    location: Location,
}

impl Place<'_> {
    fn line(&self) -> &str {
        let number = usize::try_from(self.location.line().saturating_sub(1)).unwrap_or_default();
        self.source.lines().nth(number).unwrap_or_default()
    }

    /// The word, key or value that begins here.
    fn word(&self) -> String {
        let column = usize::try_from(self.location.column().saturating_sub(1)).unwrap_or_default();
        let rest: String = self.line().chars().skip(column).collect();
        let end = match rest.chars().next() {
            Some('[') => rest.find(']').map(|end| end + 1),
            Some('{') => rest.find('}').map(|end| end + 1),
            _ => rest.find([':', ',', '}', ']', '#']),
        };
        let end = end.unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default().trim().to_owned()
    }

    /// The line without what makes it an item of a list.
    fn step(&self) -> &str {
        self.line().trim().trim_start_matches('-').trim_start()
    }
}

fn explain(error: &Error, place: Option<&Place<'_>>) -> String {
    let word = place.map(Place::word).unwrap_or_default();
    match error {
        Error::SerdeUnknownVariant { variant, .. } if variant == "add-storage" => {
            format!(
                "Juju command {variant:?} not supported on container models: name the storage in the step \"deploy\""
            )
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            format!("no {} {variant:?}{}", choice(expected), known_elsewhere(variant, expected))
        }
        Error::SerdeUnknownField { field, expected, .. } => {
            format!("no key {field:?} here{}", remedy(field, expected.iter()))
        }
        Error::SerdeMissingField { field, .. } => format!("the key {field:?} is missing: add \"{field}: ...\""),
        Error::DuplicateMappingKey { .. } => format!("the key {word:?} stands twice: remove one"),
        Error::SerdeInvalidType { expected, .. } if expected == "a verb" || expected == "enum" => no_verb(place),
        Error::SerdeInvalidType { unexpected, expected, .. } => {
            format!("{unexpected} is not what belongs here: write {expected}")
        }
        Error::SerdeInvalidValue { unexpected, expected, .. } => format!("{unexpected} is not {expected}"),
        Error::InvalidScalar { ty, .. } => format!("{word:?} is not {}", kind(ty)),
        Error::InvalidBooleanStrict { .. } => format!("{word:?} is neither true nor false"),
        Error::Unexpected { expected, location } => unexpected(expected, *location, &word),
        Error::Eof { .. } => "the scene is empty: it is a map with the key \"steps\"".to_owned(),
        Error::MultipleDocuments { .. } => "a second document begins: one file holds one scene".to_owned(),
        Error::Message { msg, .. } => format!("{:?}: {msg}", place.map(Place::step).unwrap_or_default()),
        Error::ExternalMessage { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

/// The verb that does what a command of Juju, or a word of other tools, does; else the word that may be meant.
fn known_elsewhere(wrong: &str, known: &[&str]) -> String {
    let word = wrong.trim_start_matches("juju ").split(' ').next().unwrap_or_default();
    let verb = OTHER_WORDS.iter().find(|(other, _)| *other == word).map_or(word, |(_, verb)| *verb);
    let usage = VERBS.iter().map(|(usage, _)| *usage).find(|usage| usage.split(':').next() == Some(verb));
    match usage.filter(|_| known.contains(&verb)) {
        Some(usage) => format!(": write {usage:?}"),
        None => remedy(wrong, known.iter()),
    }
}

/// What is said of a word where something of another kind belongs.
fn unexpected(expected: &str, place: Location, word: &str) -> String {
    match expected {
        "mapping end" if VERBS.iter().any(|(usage, _)| usage.split(':').next() == Some(word)) => {
            format!(
                "{word:?} is a second verb in one step: begin a new step with \"- {word}:\", or indent a key further"
            )
        }
        "mapping end" => format!("{word:?} stands beside a verb: indent it further, below the verb"),
        "mapping start" if place.column() == 1 => {
            "a scene is a map with the key \"steps\", which holds the list of steps".to_owned()
        }
        "mapping start" if word.is_empty() => "keys are missing here: indent them further than this line".to_owned(),
        "mapping start" => format!("{word:?} is not a map: write \"key: value\""),
        "sequence start" if word.is_empty() => EMPTY.to_owned(),
        "sequence start" => format!("{word:?} is not a list: begin each item with \"- \""),
        "string scalar" => format!("{word:?} is not a text: write one word, or quote it"),
        other => format!("{word:?} is not what belongs here: {other} does"),
    }
}

/// What one of these words is chosen for.
fn choice(of: &[&str]) -> &'static str {
    match of {
        of if of.contains(&"postgresql") => "server",
        of if of.contains(&"blocked") => "status",
        of if of.contains(&"completed") => "end of an action",
        of if of.contains(&"4.0") => "Juju",
        _ => "verb",
    }
}

fn no_verb(place: Option<&Place<'_>>) -> String {
    let found = place.map(Place::step).unwrap_or_default();
    format!(
        "{found:?} is not a step: a step is a map with one verb, \"- {}\"",
        VERBS.iter().map(|(usage, _)| *usage).find(|usage| usage.contains("...")).unwrap_or_default()
    )
}

fn kind(of: &str) -> String {
    match of {
        "boolean" => "true or false".to_owned(),
        "u16" => "a whole number from 0 to 65535".to_owned(),
        of if of.starts_with('u') => NUMBER.to_owned(),
        of => of.to_owned(),
    }
}
