//! The verbs of a scene.

use super::{
    Config, Databag, Deploy, Elect, Exec, ExpectDatabag, ExpectHooks, ExpectLog, ExpectStatus, Fail, Form, Hook, Http,
    Integrate, Kill, Note, Refresh, Remove, RemoveRelation, Resolved, Run, Scale, SecretAct, Settle, Trust, WaitFor,
    form::Worded,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{
        Error, MapAccess, Visitor,
        value::{MapAccessDeserializer, MapDeserializer},
    },
};
use std::{borrow::Cow, fmt, iter};

/// What a step does or expects.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Deploys a charm.
    Deploy(Form<Deploy>),
    /// Relates two applications, or one and a stand-in.
    Integrate(Form<Integrate>),
    /// Ends a relation.
    RemoveRelation(Form<RemoveRelation>),
    /// Sets options.
    Config(Form<Config>),
    /// Runs an action.
    Run(Form<Run>),
    /// Runs a program in a unit's charm container.
    Exec(Form<Exec>),
    /// Sets the number of units.
    Scale(Form<Scale>),
    /// Kills something.
    Kill(Form<Kill>),
    /// Replaces the charm.
    Refresh(Form<Refresh>),
    /// Gives the leadership to a unit.
    Elect(Form<Elect>),
    /// Gives an application access to the cloud.
    Trust(Form<Trust>),
    /// Adds, updates, grants, revokes or removes a secret of the operator.
    Secret(Form<SecretAct>),
    /// Writes the databags of a stand-in.
    Databag(Form<Databag>),
    /// Runs one hook now, whatever else is due.
    Hook(Form<Hook>),
    /// Tries a failed hook again at once.
    Resolved(Form<Resolved>),
    /// Lets a hook tool fail.
    Fail(Form<Fail>),
    /// Removes an application.
    Remove(Form<Remove>),
    /// Lets all hooks run until nothing is left to do.
    Settle(Form<Settle>),
    /// Lets hooks run until a status is there.
    WaitFor(Form<WaitFor>),
    /// Expects a status.
    ExpectStatus(Form<ExpectStatus>),
    /// Expects keys in a databag.
    ExpectDatabag(Form<ExpectDatabag>),
    /// Expects words in the log of a unit.
    ExpectLog(Form<ExpectLog>),
    /// Expects the hooks that ran last.
    ExpectHooks(Form<ExpectHooks>),
    /// Asks a unit's server, and expects an answer.
    Http(Form<Http>),
    /// Says something to whoever watches.
    Note(Form<Note>),
}

/// Every verb in its short form, with what it does.
pub const VERBS: [(&str, &str); 25] = [
    (Deploy::USAGE, "a charm; without CHARM, the one of the command line"),
    (Integrate::USAGE, "two applications; the long form takes a stand-in, too"),
    (RemoveRelation::USAGE, "that one, or all of an endpoint"),
    (Config::USAGE, "sets options; the value secret:NAME is a secret of this scene"),
    (Run::USAGE, "runs an action, which must complete unless `expect` says otherwise"),
    (Exec::USAGE, "runs a program in the charm container, in a hook context"),
    (Scale::USAGE, "sets the number of units"),
    (Kill::USAGE, "of that unit; `kill: call 3` kills the next hook at its third call of a hook tool"),
    (Refresh::USAGE, "replaces the charm, and every pod"),
    (Elect::USAGE, "gives the leadership to a unit"),
    (Trust::USAGE, "gives an application access to the cloud"),
    (SecretAct::USAGE, "a secret of the operator; also update, grant, revoke, remove"),
    (Databag::USAGE, "what a stand-in writes into its application's databag"),
    (Hook::USAGE, "runs one hook now, whatever else is due"),
    (Resolved::USAGE, "tries a failed hook again at once"),
    (Fail::USAGE, "lets a hook tool fail that often, once if no number is given"),
    (Remove::USAGE, "removes an application"),
    (Settle::USAGE, "runs hooks until nothing is left to do"),
    (WaitFor::USAGE, "runs hooks until the status is there"),
    (ExpectStatus::USAGE, "of a unit, or of all units of an application"),
    (ExpectDatabag::USAGE, "of a unit (NAME/0:ENDPOINT) or an application"),
    (ExpectLog::USAGE, "words that a line of the unit's log holds"),
    (ExpectHooks::USAGE, "the hooks of the last step that ran any on the unit"),
    (Http::USAGE, "a GET, answered with 200 unless `status` says otherwise"),
    (Note::USAGE, "is shown"),
];

/// A step: a map with one verb, or a verb that needs no more.
#[derive(Debug)]
pub(super) struct Step(pub(super) Verb);

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StepVisitor)
    }
}

struct StepVisitor;

impl<'de> Visitor<'de> for StepVisitor {
    type Value = Step;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a verb")
    }

    fn visit_str<E: Error>(self, verb: &str) -> Result<Step, E> {
        Verb::deserialize(MapAccessDeserializer::new(MapDeserializer::new(iter::once((verb, ()))))).map(Step)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Step, A::Error> {
        Verb::deserialize(MapAccessDeserializer::new(map)).map(Step)
    }
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let bare: Vec<&str> = VERBS.iter().filter(|(usage, _)| is_bare(usage)).map(|(usage, _)| name(usage)).collect();
        let verb = generator.subschema_for::<Verb>();
        json_schema!({ "anyOf": [{ "enum": bare }, verb] })
    }
}

/// The verb at the beginning of a usage.
fn name(usage: &str) -> &str {
    usage.split(':').next().unwrap_or_default()
}

/// Whether no word must follow.
fn is_bare(usage: &str) -> bool {
    usage.split_once(": ").is_none_or(|(_, words)| words.starts_with('['))
}
