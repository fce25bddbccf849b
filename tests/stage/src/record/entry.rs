//! What the record consists of.

use super::texts::{Key, Text};
use serde::Serialize;

/// Something that happened, and what it changed.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    /// When it ended, in milliseconds since the beginning.
    pub(super) at: f64,
    #[serde(flatten)]
    pub(super) what: What,
    /// Keys of the model with their new values; none where one is gone.
    pub(super) changes: Vec<(Key, Option<Text>)>,
}

/// What happened.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum What {
    /// A run of the charm.
    Hook(Box<HookEntry>),
    /// The operator or Kubernetes did something.
    Act { text: Text },
    /// A part of the life began.
    Step { text: Text },
    /// Something changed by itself: a remote application wrote, the leadership moved.
    Look,
    /// Something was compared with what was expected.
    Expectation { name: Text, failure: Option<Text> },
}

/// How a hook counts as ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// It succeeded.
    Ok,
    /// The charm has no program for it.
    Skipped,
    /// Its process was killed, and it comes again.
    Killed,
    /// It failed.
    Failed,
}

/// One run of the charm.
#[derive(Debug, Serialize)]
pub(super) struct HookEntry {
    pub(super) unit: Text,
    pub(super) hook: Text,
    /// When it began, in milliseconds since the beginning.
    pub(super) began: f64,
    /// How long it took, in milliseconds.
    pub(super) wall: f64,
    pub(super) verdict: Verdict,
    /// Somebody asked for its failure.
    pub(super) is_excused: bool,
    /// How it ended, in words.
    pub(super) exit: Text,
    /// Names and values that say what it was and what it cost.
    pub(super) facts: Vec<(Text, Text)>,
    pub(super) calls: Vec<Call>,
    pub(super) requests: Vec<Request>,
    /// Commands of the workload that began.
    pub(super) boots: Vec<Text>,
    /// Level and text.
    pub(super) log: Vec<(Text, Text)>,
    /// What is left out above, because it was too much.
    pub(super) left_out: usize,
}

/// A call of a hook tool: when it began, how long it took, words, exit code, standard output, standard error.
#[derive(Debug, Serialize)]
pub(super) struct Call(pub f64, pub f64, pub Text, pub i32, pub Text, pub Text);

/// A request to Pebble: when it began, how long it took, method with path, status.
#[derive(Debug, Serialize)]
pub(super) struct Request(pub f64, pub f64, pub Text, pub Option<u16>);

/// A number with one digit after the point.
pub(super) fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
