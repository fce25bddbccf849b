//! What an operator does with an application.

use super::{Words, form::Worded, scalar::NUMBER};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, path::PathBuf};

/// A charm that becomes an application.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    /// Directory or `.charm` file, seen from the scene's folder; the one of the command line if it is not given.
    pub charm: Option<PathBuf>,
    /// Name of the application; the charm's if it is not given.
    pub name: Option<String>,
    /// Number of units; one if it is not given.
    pub units: Option<u32>,
    /// Options.
    #[serde(default)]
    pub config: Map<String, Value>,
    /// Access to the cloud.
    #[serde(default)]
    pub trust: bool,
    /// The root folder or OCI image of each container, seen from the scene's folder; an empty one if it is not given.
    #[serde(default)]
    pub images: BTreeMap<String, PathBuf>,
    /// How many instances of a storage each unit gets; as many as the charm needs if it is not named.
    #[serde(default)]
    pub storage: BTreeMap<String, u32>,
    /// Files of other resources, seen from the scene's folder.
    #[serde(default)]
    pub resources: BTreeMap<String, PathBuf>,
}

impl Worded for Deploy {
    const USAGE: &'static str = "deploy: [CHARM [NAME]]";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { charm: words.word().map(PathBuf::from), name: words.word(), ..Self::default() })
    }
}

/// Options that change.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The application; the first one if it is not given.
    pub application: Option<String>,
    /// Options with their values.
    #[serde(default)]
    pub options: Map<String, Value>,
    /// Options that get their defaults back.
    #[serde(default)]
    pub reset: Vec<String>,
}

impl Worded for Config {
    const USAGE: &'static str = "config: [APPLICATION] OPTION=VALUE ...";

    fn read(words: &mut Words) -> Option<Self> {
        let application = words.name();
        let options: Vec<(String, String)> = words.pairs()?;
        let options: Map<String, Value> = options.into_iter().map(|(name, value)| (name, value.into())).collect();
        (!options.is_empty()).then_some(Self { application, options, reset: Vec::new() })
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.options.is_empty() && self.reset.is_empty() { Err("give `options` or `reset`") } else { Ok(()) }
    }
}

/// How many units there are to be.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The application; the first one if it is not given.
    pub application: Option<String>,
    /// Number of units.
    pub units: u32,
}

impl Worded for Scale {
    const USAGE: &'static str = "scale: APPLICATION NUMBER";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { application: Some(words.word()?), units: words.value(NUMBER)? })
    }
}

/// Another charm for an application.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The application; the first one if it is not given.
    pub application: Option<String>,
    /// The new charm, seen from the scene's folder; the same one again if it is not given.
    pub charm: Option<PathBuf>,
    /// A new root folder or OCI image of each container, seen from the scene's folder; the one that it has if it is not given.
    #[serde(default)]
    pub images: BTreeMap<String, PathBuf>,
    /// A new one for every container that `images` does not name.
    pub image: Option<PathBuf>,
}

impl Worded for Refresh {
    const USAGE: &'static str = "refresh: [APPLICATION] [CHARM]";

    fn read(words: &mut Words) -> Option<Self> {
        if let Some(charm) = words.path() {
            return Some(Self { charm: Some(charm.into()), ..Self::default() });
        }
        Some(Self { application: words.word(), charm: words.word().map(PathBuf::from), ..Self::default() })
    }
}

/// A unit that is to lead.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Elect {
    /// The unit.
    pub unit: String,
}

impl Worded for Elect {
    const USAGE: &'static str = "elect: UNIT";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { unit: words.word()? })
    }
}

/// An application that is trusted.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// The application; the first one if it is not given.
    pub application: Option<String>,
}

impl Worded for Trust {
    const USAGE: &'static str = "trust: [APPLICATION]";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { application: words.word() })
    }
}

/// An application that goes.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    /// The application; the first one if it is not given.
    pub application: Option<String>,
}

impl Worded for Remove {
    const USAGE: &'static str = "remove: [APPLICATION]";

    fn read(words: &mut Words) -> Option<Self> {
        Some(Self { application: words.word() })
    }
}
