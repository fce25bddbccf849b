//! What is asked of a model at rest, and what is expected of the answer.

use super::{Bag, Words, form::Worded, relation::Content, scalar::Scalar};
use crate::model::StatusKind;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, time::Duration};

/// An action that is run.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The unit.
    pub unit: String,
    /// The action.
    pub action: String,
    /// Its parameters.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// How it must end.
    #[serde(default)]
    pub expect: Outcome,
}

impl Worded for Run {
    const USAGE: &'static str = "run: UNIT ACTION [PARAMETER=VALUE ...]";

    fn read(words: &mut Words) -> Option<Self> {
        let (unit, action, parameters) = (words.name()?, words.name()?, words.pairs::<Content>()?);
        // As juju does: a value is read as YAML, which makes numbers of digits.
        let value = |text: String| serde_saphyr::from_str(&text).unwrap_or(Value::String(text));
        let parameters = parameters.into_iter().map(|(name, text)| (name, value(text))).collect();
        Some(Self { unit, action, parameters, expect: Outcome::default() })
    }
}

/// How an action or a program must end.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// `completed`, `failed` or `error`; `completed` if it is not given.
    pub status: Option<Ending>,
    /// Words that the message holds.
    pub message: Option<String>,
    /// Results that there must be, others apart; of a text, words that it holds.
    #[serde(default)]
    pub results: Map<String, Value>,
}

/// How an action ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// As it should.
    Completed,
    /// The charm says so, or died.
    Failed,
    /// Juju refuses it.
    Error,
}

impl Ending {
    /// The word, as Juju writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Error => "error",
        }
    }
}

/// A program that is run in a hook context.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exec {
    /// The unit.
    pub unit: String,
    /// The program and its arguments.
    #[schemars(with = "Vec<Scalar>")]
    pub command: Vec<String>,
    /// How it must end; the results are `return-code` (0 if it is not given), `stdout` and `stderr`.
    #[serde(default)]
    pub expect: Outcome,
}

impl Worded for Exec {
    const USAGE: &'static str = "exec: UNIT PROGRAM [ARGUMENT ...]";

    fn read(words: &mut Words) -> Option<Self> {
        let (unit, command) = (words.word()?, words.rest());
        (!command.is_empty()).then(|| Self { unit, command, expect: Outcome::default() })
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.command.is_empty() { Err("`command` is empty: give a program") } else { Ok(()) }
    }
}

/// A status that comes sooner or later.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitFor {
    /// A unit, or an application, which stands for all its units.
    pub of: String,
    /// `active`, `blocked` and so on.
    pub status: StatusKind,
    /// Words that its message holds.
    pub message: Option<String>,
    /// The longest time to wait, `90s` or `5m`, in real time; five minutes if it is not given.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    pub limit: Option<Duration>,
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map(Some).map_err(|_| D::Error::custom("write a time such as 90s or 5m"))
}

impl Worded for WaitFor {
    const USAGE: &'static str = "wait-for: UNIT|APPLICATION STATUS [WORDS OF THE MESSAGE]";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { of: words.word()?, status: words.status()?, message: words.text(), limit: None })
    }
}

/// A status that is there.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectStatus {
    /// A unit, or an application, which stands for all its units.
    pub of: String,
    /// `active`, `blocked` and so on; `error` of a unit whose hook failed.
    pub status: StatusKind,
    /// Words that its message holds.
    pub message: Option<String>,
}

impl Worded for ExpectStatus {
    const USAGE: &'static str = "expect-status: UNIT|APPLICATION STATUS [WORDS OF THE MESSAGE]";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { of: words.word()?, status: words.status()?, message: words.text() })
    }
}

/// Keys of a databag.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectDatabag {
    /// Whose: `NAME/0:ENDPOINT` or `NAME:ENDPOINT`.
    pub of: String,
    /// Keys with their values, others apart; null for a key that must not be there.
    #[schemars(with = "BTreeMap<String, Option<Scalar>>")]
    pub has: Bag,
}

impl Worded for ExpectDatabag {
    const USAGE: &'static str = "expect-databag: UNIT|APPLICATION:ENDPOINT KEY=VALUE ...";

    fn read(words: &mut Words) -> Option<Self> {
        let (of, has) = (words.name()?, words.pairs::<BTreeMap<_, _>>()?);
        (!has.is_empty()).then(|| Self { of, has: has.into_iter().map(|(key, value)| (key, Some(value))).collect() })
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.has.is_empty() { Err("`has` is empty: give a key") } else { Ok(()) }
    }
}

/// Words in a log.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectLog {
    /// The unit.
    pub unit: String,
    /// Words that a line holds.
    pub contains: String,
    /// How many lines hold them; one or more if it is not given.
    pub times: Option<usize>,
}

impl Worded for ExpectLog {
    const USAGE: &'static str = "expect-log: UNIT WORDS ...";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { unit: words.word()?, contains: words.text()?, times: None })
    }
}

/// Hooks that ran.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectHooks {
    /// The unit.
    pub unit: String,
    /// All that the last step with hooks of this unit ran there, in this order.
    pub hooks: Vec<String>,
}

impl Worded for ExpectHooks {
    const USAGE: &'static str = "expect-hooks: UNIT HOOK ...";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { unit: words.word()?, hooks: words.rest() })
    }
}

/// A question to a unit's server.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The unit.
    pub unit: String,
    /// The port.
    pub port: u16,
    /// The path with its query; `/` if it is not given.
    #[serde(default = "root")]
    pub path: String,
    /// The status code of the answer; 200 if it is not given.
    #[serde(default = "ok")]
    pub status: u16,
    /// Words that the answer's body holds.
    pub contains: Option<String>,
}

fn root() -> String {
    "/".to_owned()
}

const fn ok() -> u16 {
    200
}

impl Worded for Http {
    const USAGE: &'static str = "http: UNIT PORT [PATH]";

    fn read(words: &mut Words) -> Option<Self> {
        let (unit, port, path) = (words.word()?, words.value("a port, 1 to 65535")?, words.word());
        Some(Self { unit, port, path: path.unwrap_or_else(root), status: ok(), contains: None })
    }

    fn check(&self) -> Result<(), &'static str> {
        match self.port {
            0 => Err("a port is a number from 1 to 65535"),
            _ if !self.path.starts_with('/') => Err("the path begins with \"/\""),
            _ => Ok(()),
        }
    }
}
