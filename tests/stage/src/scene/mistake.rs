//! What is wrong with a scene, where, and how to mend it.

use super::VERBS;
use serde_saphyr::{Error, Location};
use std::io;

/// How alike two words are of which one may be meant for the other, from 0 to 1.
const ALIKE: f64 = 0.7;

/// A file that is no scene.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {}{text}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct SceneError {
    file: String,
    line: Option<u64>,
    text: String,
}

impl SceneError {
    pub(super) fn unreadable(file: &str, cause: &io::Error) -> Self {
        Self { file: file.to_owned(), line: None, text: format!("reading the scene: {cause}") }
    }

    pub(super) fn new(file: &str, source: &str, error: &Error) -> Self {
        let error = error.without_snippet();
        let place = error.location().map(|location| Place { source, location });
        let text = explain(error, place.as_ref());
        Self { file: file.to_owned(), line: place.map(|place| place.location.line()), text }
    }
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
        let end = rest.find([':', ',', '}', ']', '#']).unwrap_or(rest.len());
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
            format!("no verb {variant:?}{}", remedy(variant, expected))
        }
        Error::SerdeUnknownField { field, expected, .. } => format!("no key {field:?} here{}", remedy(field, expected)),
        Error::SerdeMissingField { field, .. } => format!("the key {field:?} is missing"),
        Error::DuplicateMappingKey { .. } => format!("the key {word:?} stands twice: remove one"),
        Error::SerdeInvalidType { expected, .. } if expected == "a verb" || expected == "enum" => no_verb(place),
        Error::SerdeInvalidType { unexpected, expected, .. } => {
            format!("{unexpected} is not what belongs here: write {expected}")
        }
        Error::SerdeInvalidValue { unexpected, expected, .. } => format!("{unexpected} is not {expected}"),
        Error::InvalidScalar { ty, .. } => format!("{word:?} is not {}", kind(ty)),
        Error::InvalidBooleanStrict { .. } => format!("{word:?} is neither true nor false"),
        Error::Unexpected { expected: "mapping end", .. } => {
            format!("{word:?} is a second verb in one step: begin a new step with \"- {word}:\"")
        }
        Error::Unexpected { expected: "mapping start", location } if location.column() == 1 => {
            "a scene is a map with the key \"steps\", which holds the list of steps".to_owned()
        }
        Error::Unexpected { expected: "mapping start", .. } => format!("{word:?} is not a map: write \"key: value\""),
        Error::Unexpected { expected: "sequence start", .. } => {
            format!("{word:?} is not a list: begin each item with \"- \"")
        }
        Error::Unexpected { expected, .. } => format!("{word:?} is not what belongs here: {expected} does"),
        Error::Eof { .. } => "the scene is empty: it is a map with the key \"steps\"".to_owned(),
        Error::MultipleDocuments { .. } => "a second document begins: one file holds one scene".to_owned(),
        Error::Message { msg, .. } => format!("{:?}: {msg}", place.map(Place::step).unwrap_or_default()),
        Error::ExternalMessage { msg, .. } => msg.clone(),
        other => other.to_string(),
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
        "u16" => "a whole number up to 65535".to_owned(),
        of if of.starts_with('u') => "a whole number".to_owned(),
        of => of.to_owned(),
    }
}

/// The word that may be meant, else all that there are.
fn remedy(wrong: &str, known: &[&str]) -> String {
    let alike = known.iter().map(|word| (strsim::jaro_winkler(wrong, word), word));
    match alike.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((measure, word)) if measure > ALIKE => format!(": did you mean {word:?}?"),
        _ => format!(": there are {}", known.join(", ")),
    }
}
