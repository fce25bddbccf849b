//! What happens to the forum in a case, before it is drawn which of it.

use std::{collections::BTreeMap, fmt, time::Duration};

use stage::{
    HookEvent, RelationStep,
    faults::{CallFault, KillPoint},
};

use crate::text::Text;

/// One thing that goes wrong, or that merely happens.
#[derive(Clone)]
pub enum Disturbance {
    /// The other side of a relation writes a key of its databag.
    Databag { endpoint: &'static str, side: Side, key: String, value: Value },
    /// A key of our own databag of the peer relation holds what no unit of this charm writes.
    Peer { side: Side, key: &'static str, value: Text },
    /// A secret of a relation gets another content.
    SecretContent { endpoint: &'static str, key: &'static str, content: BTreeMap<String, Text> },
    /// A secret of a relation can be read no longer.
    SecretLost { endpoint: &'static str, key: &'static str, loss: Loss },
    /// The operator sets an option.
    Option { name: String, value: Setting },
    /// The operator sets an option that names a secret.
    Credentials { option: &'static str, secret: Credentials },
    /// Calls of hook tools fail.
    Tools(CallFault),
    /// Every hook tool is slow.
    Slow(Duration),
    /// The charm is killed.
    Kill(KillPoint, u32),
    /// The agent forgets the next hook, which therefore runs twice.
    Repeat,
    /// A hook runs for which there is no reason.
    Hook(HookEvent),
    /// A hook of a relation runs for which there is no reason.
    RelationHook(&'static str, RelationStep),
    /// Another unit leads for a while.
    Leadership,
    /// The other side's last unit leaves a relation.
    UnitLeaves(&'static str),
    /// A relation is removed.
    Unrelated(&'static str),
    /// An operator runs an action.
    Action { name: &'static str, parameters: BTreeMap<&'static str, Parameter> },
}

/// Whose databag it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The application's.
    App,
    /// The unit's.
    Unit,
}

/// What the other side writes under a key.
#[derive(Clone)]
pub enum Value {
    /// Nothing: the key is removed.
    Removed,
    /// A drawn text.
    Text(Text),
    /// What stands under a key of another relation's application databag.
    Of(&'static str, &'static str),
}

/// Why a secret cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It is not granted any longer.
    Revoked,
    /// It was removed.
    Removed,
}

/// The value of an option, of the type that Juju enforces.
#[derive(Clone)]
pub enum Setting {
    /// The default.
    Reset,
    /// A text.
    Text(Text),
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Number(i64),
}

/// The secret that an option names.
#[derive(Clone)]
pub enum Credentials {
    /// There is none of this URI.
    Missing,
    /// It is not granted.
    Ungranted,
    /// It is the secret of a relation.
    Of(&'static str, &'static str),
    /// It is granted, with this content.
    Granted(BTreeMap<String, Text>),
}

/// A parameter of an action, of any type.
#[derive(Clone)]
pub enum Parameter {
    /// A text.
    Text(Text),
    /// Something else, in JSON.
    Json(&'static str),
}

impl fmt::Display for Disturbance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Databag { endpoint, side, key, value } => write!(formatter, "{endpoint} {side:?} {key:?}={value}"),
            Self::Peer { side, key, value } => write!(formatter, "restart {side:?} {key}={value}"),
            Self::SecretContent { endpoint, key, content } => {
                write!(formatter, "{endpoint} secret {key} {{{}}}", pairs(content))
            }
            Self::SecretLost { endpoint, key, loss } => write!(formatter, "{endpoint} secret {key} {loss:?}"),
            Self::Option { name, value } => write!(formatter, "config {name}={value}"),
            Self::Credentials { option, secret } => write!(formatter, "config {option}={secret}"),
            Self::Tools(fault) => write!(formatter, "{}", described(fault)),
            Self::Slow(delay) => write!(formatter, "hook tools take {} ms", delay.as_millis()),
            Self::Kill(point, n) => write!(formatter, "killed at {point:?} {n}"),
            Self::Repeat => formatter.write_str("a hook runs twice"),
            Self::Hook(event) => write!(formatter, "hook {}", serde_json::to_string(event).unwrap_or_default()),
            Self::RelationHook(endpoint, step) => write!(formatter, "hook {endpoint}-relation-{}", step.word()),
            Self::Leadership => formatter.write_str("leadership lost and won"),
            Self::UnitLeaves(endpoint) => write!(formatter, "the last unit of {endpoint} leaves"),
            Self::Unrelated(endpoint) => write!(formatter, "{endpoint} removed"),
            Self::Action { name, parameters } => write!(formatter, "run {name} {}", pairs(parameters)),
        }
    }
}

fn pairs<V: fmt::Display>(values: &BTreeMap<impl fmt::Display, V>) -> String {
    values.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
}

fn described(fault: &CallFault) -> String {
    let tool = if fault.prefix.is_empty() { "any tool".to_owned() } else { fault.prefix.join(" ") };
    let which = if fault.once { format!("call {}", fault.skip + 1) } else { format!("from call {}", fault.skip + 1) };
    let outcome: String = format!("{:?}", fault.outcome).chars().take(60).collect();
    format!("{tool}, {which}: {outcome}")
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed => formatter.write_str("(removed)"),
            Self::Text(text) => text.fmt(formatter),
            Self::Of(endpoint, key) => write!(formatter, "({key} of {endpoint})"),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset => formatter.write_str("(reset)"),
            Self::Text(text) => text.fmt(formatter),
            Self::Boolean(value) => value.fmt(formatter),
            Self::Number(value) => value.fmt(formatter),
        }
    }
}

impl fmt::Display for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("(missing)"),
            Self::Ungranted => formatter.write_str("(not granted)"),
            Self::Of(endpoint, key) => write!(formatter, "({key} of {endpoint})"),
            Self::Granted(content) => write!(formatter, "{{{}}}", pairs(content)),
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(formatter),
            Self::Json(value) => value.fmt(formatter),
        }
    }
}
