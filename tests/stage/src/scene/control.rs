//! How a scene goes on, and what goes wrong in it.

use super::{Words, form::Worded, scalar::NUMBER};
use schemars::JsonSchema;
use serde::Deserialize;

/// What dies: one of these.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kill {
    /// The unit whose pod is lost and comes again.
    pub pod: Option<String>,
    /// The unit whose workload dies and starts again.
    pub container: Option<String>,
    /// The unit whose agent restarts.
    pub agent: Option<String>,
    /// The next hook dies after its hook tool call with this number.
    pub call: Option<u32>,
}

impl Worded for Kill {
    const USAGE: &'static str = "kill: pod|container|agent UNIT";

    fn read(words: &mut Words) -> Option<Self> {
        let mut kill = Self::default();
        match words.word()?.as_str() {
            "pod" => kill.pod = Some(words.word()?),
            "container" => kill.container = Some(words.word()?),
            "agent" => kill.agent = Some(words.word()?),
            "call" => kill.call = Some(words.value(NUMBER)?),
            other => {
                words.refuse(other);
                return None;
            }
        }
        Some(kill)
    }

    fn check(&self) -> Result<(), &'static str> {
        let named = [self.pod.is_some(), self.container.is_some(), self.agent.is_some(), self.call.is_some()];
        let named = named.into_iter().filter(|is_named| *is_named).count();
        match named {
            1 if self.call == Some(0) => Err("the first call has the number 1"),
            1 => Ok(()),
            _ => Err("give one of `pod`, `container`, `agent` and `call`"),
        }
    }
}

/// Calls of a hook tool that fail.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fail {
    /// The tool, with its first arguments if only such calls are meant: `secret-get secret:x`.
    pub tool: String,
    /// How many calls fail, from the next on; one if it is not given.
    #[serde(default = "one")]
    pub times: u32,
    /// What the tool says.
    #[serde(default = "failure")]
    pub message: String,
}

const fn one() -> u32 {
    1
}

fn failure() -> String {
    "connection is shut down".to_owned()
}

impl Worded for Fail {
    const USAGE: &'static str = "fail: TOOL [TIMES]";

    fn read(words: &mut Words) -> Option<Self> {
        let tool = words.word()?;
        let times = if words.is_empty() { one() } else { words.value(NUMBER)? };
        Some(Self { tool, times, message: failure() })
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.times == 0 { Err("no call would fail: `times` begins at 1") } else { Ok(()) }
    }
}

/// One hook, run alone.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// The unit.
    pub unit: String,
    /// The hook: `update-status`, `database-relation-changed`, `web-pebble-ready`.
    pub hook: String,
}

impl Worded for Hook {
    const USAGE: &'static str = "hook: UNIT HOOK";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { unit: words.word()?, hook: words.word()? })
    }
}

/// A unit whose failed hook is tried again.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolved {
    /// The unit.
    pub unit: String,
}

impl Worded for Resolved {
    const USAGE: &'static str = "resolved: UNIT";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { unit: words.word()? })
    }
}

/// All that is due.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settle {}

impl Worded for Settle {
    const USAGE: &'static str = "settle";

    fn read(_: &mut Words) -> Option<Self> {
        Some(Self {})
    }
}

/// A text that is shown.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The text.
    pub text: String,
}

impl Worded for Note {
    const USAGE: &'static str = "note: TEXT";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { text: words.text()? })
    }
}
