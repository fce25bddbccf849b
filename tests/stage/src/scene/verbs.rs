//! The verbs of a scene.

use super::{
    Config, Databag, Deploy, Elect, Exec, ExpectDatabag, ExpectHooks, ExpectLog, ExpectPlan, ExpectStatus, Fail, Form,
    Hook, Http, Integrate, Kill, Note, Refresh, Remove, RemoveRelation, Resolved, Run, Scale, SecretAct, Settle, Trust,
    WaitFor, form::Worded,
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

/// Makes the verbs, each with one description: for the schema, the page of help and whoever reads this.
macro_rules! verbs {
    ($(#[doc = $what:literal] $verb:ident($said:ident),)*) => {
        /// What a step does or expects.
        #[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Verb {
            $(#[doc = $what] $verb(Form<$said>),)*
        }

        /// Every verb in its short form, with what it does.
        pub const VERBS: &[(&str, &str)] = &[$(($said::USAGE, $what.trim_ascii_start()),)*];
    };
}

verbs! {
    /// Deploys a charm; without CHARM, the one of the command line.
    Deploy(Deploy),
    /// Relates two applications; the long form takes a stand-in, too.
    Integrate(Integrate),
    /// Ends the relation with that application, or all of the endpoint.
    RemoveRelation(RemoveRelation),
    /// Sets options; the value `secret:NAME` is a secret of this scene.
    Config(Config),
    /// Runs an action, which must complete unless `expect` says otherwise.
    Run(Run),
    /// Runs a program in the charm container, in a hook context.
    Exec(Exec),
    /// Sets the number of units.
    Scale(Scale),
    /// Kills something of that unit; `kill: call 3` kills the next hook at its third call of a hook tool.
    Kill(Kill),
    /// Replaces the charm, and every pod.
    Refresh(Refresh),
    /// Gives the leadership to a unit.
    Elect(Elect),
    /// Gives an application access to the cloud.
    Trust(Trust),
    /// Adds a secret of the operator; also update, grant, revoke, remove.
    Secret(SecretAct),
    /// Writes into the databag of a stand-in's application.
    Databag(Databag),
    /// Runs one hook now, whatever else is due.
    Hook(Hook),
    /// Tries a failed hook again at once.
    Resolved(Resolved),
    /// Lets a hook tool fail that often, once if no number is given.
    Fail(Fail),
    /// Removes an application.
    Remove(Remove),
    /// Runs hooks until nothing is left to do.
    Settle(Settle),
    /// Runs hooks until the status is there.
    WaitFor(WaitFor),
    /// Expects a status of a unit, or of all units of an application.
    ExpectStatus(ExpectStatus),
    /// Expects keys in the databag of a unit (`NAME/0:ENDPOINT`) or an application.
    ExpectDatabag(ExpectDatabag),
    /// Expects parts of the plan of a container's Pebble, of texts words that they hold.
    ExpectPlan(ExpectPlan),
    /// Expects words in a line of the unit's log.
    ExpectLog(ExpectLog),
    /// Expects the hooks of the last step that ran any on the unit.
    ExpectHooks(ExpectHooks),
    /// Asks a unit's server with a GET, which must answer with 200 unless `status` says otherwise.
    Http(Http),
    /// Says something to whoever watches.
    Note(Note),
}

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
