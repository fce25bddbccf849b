//! The files: one scenario each, a list of steps with the answers that were recorded.

use crate::{
    answer::unfold,
    trouble::{Outcome, Trouble},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fs, path::Path};

/// A text that files may hold as a list of its lines.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Text {
    Whole(String),
    Lines(Vec<String>),
}

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "these are the members of a file")]
pub struct Scenario {
    #[serde(rename = "about")]
    _about: String,
    #[serde(rename = "topic")]
    _topic: String,
    /// Layer files that are there before the program starts.
    #[serde(default)]
    pub layers: BTreeMap<String, Text>,
    pub args: Vec<String>,
    /// Variables to set, or with `null` to leave out.
    #[serde(default)]
    pub env: BTreeMap<String, Option<String>>,
    /// The versions whose answers are recorded.
    pub recorded: Vec<String>,
    /// Whether the program starts before the first step.
    #[serde(default = "yes")]
    pub start: bool,
    #[serde(default)]
    pub root: bool,
    /// Whether the program must be process 1 of a namespace of its own.
    #[serde(default)]
    pub pid1: bool,
    #[serde(default)]
    pub optional: bool,
    /// About how many seconds it takes.
    #[serde(default)]
    pub slow: f64,
    pub steps: Vec<Step>,
}

/// What is done, what may go with any deed, and what was answered.
#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    /// Values to wait for, by path.
    pub until: Option<Map<String, Value>>,
    /// Seconds that the step takes at least and at most.
    pub took: Option<(f64, f64)>,
    /// Names for later use as `<kept:name>`, and the paths of what they keep.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    #[serde(default)]
    pub mask: Vec<String>,
    /// Expressions that a text must fit, in place of being equal, by path.
    #[serde(default)]
    pub like: BTreeMap<String, String>,
    answer: Option<Value>,
    #[serde(default)]
    answers: BTreeMap<String, Value>,
    /// The deed itself, with the names in it not yet filled in.
    #[serde(flatten)]
    pub deed: Map<String, Value>,
}

impl Scenario {
    /// Reads a file; one that is not understood whole is refused.
    pub fn read(path: &Path) -> Outcome<Self> {
        let trouble = |error: &dyn std::fmt::Display| Trouble(format!("{}: {error}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| trouble(&error))?;
        let mut scenario: Self = serde_json::from_str(&text).map_err(|error| trouble(&error))?;
        for step in &mut scenario.steps {
            step.deed = std::mem::take(&mut step.deed).into_iter().map(|(key, item)| (key, unfold(item))).collect();
        }
        Ok(scenario)
    }
}

impl Step {
    /// What a version answered; [`None`] where nothing was recorded.
    pub fn recorded(&self, version: &str) -> Option<&Value> {
        self.answers.get(version).or(self.answer.as_ref())
    }

    /// One line that names the step in a report.
    pub fn title(&self) -> String {
        let verbs = ["http", "layer", "exec", "shell", "pebble", "listen", "received", "join", "sleep"];
        let found = verbs.iter().find_map(|verb| Some((verb, self.deed.get(*verb)?)));
        found.map_or_else(
            || Value::Object(self.deed.clone()).to_string(),
            |(verb, what)| format!("{verb} {}", what.as_str().map_or_else(|| what.to_string(), str::to_owned)),
        )
    }
}

impl Text {
    /// The text as it stands in a file, with the end of its last line.
    pub fn whole(&self) -> String {
        match self {
            Self::Whole(text) => text.clone(),
            Self::Lines(lines) => lines.iter().flat_map(|line| [line, "\n"]).collect(),
        }
    }
}

fn yes() -> bool {
    true
}
