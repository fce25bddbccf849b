//! Scenes: what an operator does with charms, and what is expected of them, in a YAML file.
//!
//! ```yaml
//! steps:
//!   - deploy
//!   - integrate:
//!       endpoint: database
//!       stand-in: postgresql-k8s
//!       app: {endpoints: 10.0.0.5:5432}
//!   - config: greeting=welcome
//!   - expect-status: hello/0 active
//! ```
//!
//! A step is a map with one verb. Most verbs have a short form, the words of `juju`'s command line, and a long one, a map. Acts change
//! the model only: hooks run when a step looks at what has become of it (`settle`, `wait-for`, `run`, `exec`, `http`, `expect-...`), and
//! at the end.

mod application;
mod control;
mod expectation;
mod form;
mod mistake;
mod outline;
mod plan;
mod relation;
mod scalar;
mod syntax;
mod verbs;
mod words;

pub use application::{Config, Deploy, Elect, Refresh, Remove, Scale, Trust};
pub use control::{Fail, Hook, Kill, Note, Resolved, Settle};
pub use expectation::{Ending, Exec, ExpectDatabag, ExpectHooks, ExpectLog, ExpectStatus, Http, Outcome, Run, WaitFor};
pub use form::Form;
pub use mistake::SceneError;
pub use plan::ExpectPlan;
pub use relation::{Bag, Content, Databag, Integrate, RemoveRelation, SecretAct, Server};
pub use verbs::{VERBS, Verb};

use schemars::JsonSchema;
use serde::{Deserialize, de::IgnoredAny};
use serde_saphyr::Spanned;
use std::{fs, path::Path};

use crate::model::Version;
use scalar::Scalar;
use verbs::Step;
use words::Words;

/// What some editors put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A scene: steps that are played one after the other.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// What it is about, in one line.
    #[serde(default)]
    pub name: Option<String>,
    /// The Juju that it is written for, 3.6 or 4.0; the command line may name the other.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub juju: Option<Version>,
    /// What is done and expected, in this order.
    #[schemars(with = "Vec<Step>")]
    steps: Vec<Spanned<Step>>,
    #[serde(skip)]
    file: String,
    #[serde(skip)]
    source: String,
}

/// A step in its file.
#[derive(Debug, Clone)]
pub struct Written<'s> {
    /// The file.
    pub file: &'s str,
    /// The line where it begins.
    pub line: usize,
    /// Its text, in one line.
    pub text: String,
    /// What it does or expects.
    pub verb: &'s Verb,
}

impl Scene {
    /// Reads a scene from a file.
    ///
    /// # Errors
    /// The file cannot be read, or is no scene.
    pub fn read(path: &Path) -> Result<Self, SceneError> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|cause| SceneError::unreadable(&name, &cause))?;
        Self::parse(&name, text.trim_start_matches(BYTE_ORDER_MARK))
    }

    /// Reads a scene from a text; the name stands for its file in errors.
    ///
    /// # Errors
    /// The text is no scene.
    pub fn parse(name: &str, text: &str) -> Result<Self, SceneError> {
        serde_saphyr::from_str::<IgnoredAny>(text).map_err(|error| SceneError::malformed(name, text, &error))?;
        let scene: Self = serde_saphyr::from_str(text).map_err(|first| {
            SceneError::new(name, text, &first).with(outline::alone(text).filter_map(|step| {
                let error = serde_saphyr::from_str::<Self>(&step).err()?;
                Some(SceneError::new(name, &step, &error))
            }))
        })?;
        if scene.steps.is_empty() {
            return Err(SceneError::at(name, 1, mistake::EMPTY));
        }
        Ok(Self { file: name.to_owned(), source: text.to_owned(), ..scene })
    }

    /// The steps, in their order.
    pub fn steps(&self) -> impl Iterator<Item = Written<'_>> {
        let lines: Vec<usize> = self.steps.iter().map(line).collect();
        let ends = lines.clone().into_iter().skip(1).chain([usize::MAX]);
        self.steps.iter().zip(lines.into_iter().zip(ends)).map(|(step, (line, end))| Written {
            file: &self.file,
            line,
            text: self.text(line, end),
            verb: &step.value.0,
        })
    }

    /// What stands from one line to before another, without comments, the item's dash and line breaks.
    fn text(&self, from: usize, to: usize) -> String {
        let lines = self.source.lines().skip(from.saturating_sub(1)).take(to - from).map(str::trim);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        lines.join(" ").trim_start_matches("- ").to_owned()
    }

    /// What editors complete and check scenes with.
    #[must_use]
    pub fn schema() -> String {
        let schema = schemars::schema_for!(Self);
        serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
    }
}

fn line(step: &Spanned<Step>) -> usize {
    usize::try_from(step.referenced.line()).unwrap_or_default()
}
