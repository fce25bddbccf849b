//! A scenario as it stands in its file.

use serde::Deserialize;
use serde_json::{Map, Value};
use stage::{Databag, Version, model::OpenPorts};
use std::{
    collections::{BTreeMap, HashMap},
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// Hooks of one unit, played one after the other.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    /// What it is about, for its readers.
    #[serde(rename = "about")]
    pub _about: String,
    pub model: World,
    pub hooks: Vec<Hook>,
}

/// What the controller holds before the first hook.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    pub leader: bool,
    pub address: std::net::IpAddr,
    pub config: Map<String, Value>,
    pub status: StatusInfo,
    pub app_status: StatusInfo,
    #[serde(default)]
    pub units: BTreeMap<String, StatusInfo>,
    #[serde(default)]
    pub relations: Vec<Relation>,
    #[serde(default)]
    pub secrets: Vec<Secret>,
    #[serde(default)]
    pub state: BTreeMap<String, String>,
    /// Open ports by endpoint; the empty name stands for all of them.
    #[serde(default)]
    pub ports: OpenPorts,
    #[serde(default)]
    pub trust: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusInfo {
    pub status: stage::StatusKind,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub data: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    pub id: u32,
    pub endpoint: String,
    pub interface: String,
    pub role: Role,
    pub remote_app: String,
    pub remote_endpoint: String,
    pub remote_model: Option<String>,
    #[serde(default)]
    pub life: stage::Life,
    #[serde(default)]
    pub not_entered: bool,
    #[serde(default)]
    pub local_units: BTreeMap<String, Databag>,
    #[serde(default)]
    pub local_app_data: Databag,
    #[serde(default)]
    pub remote_units: BTreeMap<String, Databag>,
    #[serde(default)]
    pub remote_app_data: Databag,
    /// Units that have left, whose databags stay.
    #[serde(default)]
    pub gone_units: BTreeMap<String, Databag>,
}

/// The part that the unit's own application plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Peer,
    Requirer,
    Provider,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    pub id: String,
    /// A tag: `application-pg`.
    pub owner: String,
    pub label: Option<String>,
    pub description: Option<String>,
    pub rotate: Option<String>,
    pub revisions: BTreeMap<u32, BTreeMap<String, String>>,
    #[serde(default)]
    pub access: Vec<Access>,
    #[serde(default)]
    pub consumers: BTreeMap<String, Consumer>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// A tag.
    pub target: String,
    /// A relation's tag: `relation-probe.database#pg.sql`.
    pub scope: String,
    /// There is no other.
    #[serde(rename = "role")]
    pub _role: ReadRole,
}

/// The only role there is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadRole {
    View,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consumer {
    pub label: String,
    pub revision: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    pub event: super::event::Event,
    #[serde(default)]
    pub before: Option<Before>,
    #[serde(default)]
    pub exit: i32,
    /// The shell line by which `dispatch` ends; else it ends with `exit`.
    pub last: Option<String>,
    pub calls: Vec<Call>,
    pub ends: HashMap<Version, End>,
}

/// Changes of the model before a hook.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Before {
    pub config: Map<String, Value>,
    pub leader: Option<bool>,
    /// Databags by relation and unit: `1 pg/0`.
    pub remote_units: BTreeMap<String, Databag>,
    /// Units that leave, as the keys above.
    pub gone: Vec<String>,
    /// Databags by relation.
    pub remote_apps: BTreeMap<u32, Databag>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub argv: Vec<String>,
    pub stdin: Option<String>,
    /// Files that stand in the working directory from this call on.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// For readers.
    #[serde(rename = "note")]
    pub _note: Option<String>,
    /// For readers: where the recorded answer comes from.
    #[serde(rename = "decided_by")]
    pub _decided_by: Option<DecidedBy>,
    #[serde(default)]
    pub varies: Varies,
    pub answers: HashMap<Version, Answer>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecidedBy {
    Controller,
}

/// What is another in every run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Varies {
    /// Nothing.
    #[default]
    #[serde(skip)]
    Nothing,
    /// The order of lines, or of the items of a list.
    #[serde(rename = "order")]
    Order,
    /// Which keys the agent had reached before it failed.
    #[serde(rename = "map order in the agent")]
    Keys,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// How a hook ends.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// Why it failed.
    ///
    /// *Empty*: it was committed, or an action was delivered.
    pub error: String,
    pub action: Option<Value>,
    pub after: Value,
    pub env: Option<BTreeMap<String, String>>,
}

/// Why a folder cannot be played.
#[derive(Debug)]
pub enum LoadError {
    File(PathBuf, io::Error),
    Format(PathBuf, serde_json::Error),
    Empty(PathBuf),
}

impl Scenario {
    /// Every scenario of a folder, by name.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, LoadError> {
        let failed = |cause| LoadError::File(folder.to_owned(), cause);
        let entries = fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
        files.sort();
        if files.is_empty() {
            Err(LoadError::Empty(folder.to_owned()))
        } else {
            files.iter().map(|f| Self::read(f)).collect()
        }
    }

    /// The scenario of a file.
    pub fn read(file: &Path) -> Result<Self, LoadError> {
        let text = fs::read_to_string(file).map_err(|cause| LoadError::File(file.to_owned(), cause))?;
        Self::parse(&text).map_err(|cause| LoadError::Format(file.to_owned(), cause))
    }

    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_value(whole(serde_json::from_str(text)?))
    }

    /// The versions that it was recorded from.
    pub fn versions(&self) -> impl Iterator<Item = Version> {
        Version::ALL.into_iter().filter(|version| self.hooks.iter().all(|hook| hook.ends.contains_key(version)))
    }
}

/// A value with its long texts written out: `{"parts": ["a", ["x", 3]]}` is `"axxx"`.
fn whole(value: Value) -> Value {
    match value {
        Value::Object(members) => match members.get("parts").filter(|_| members.len() == 1).and_then(joined) {
            Some(text) => Value::String(text),
            None => members.into_iter().map(|(key, value)| (key, whole(value))).collect(),
        },
        Value::Array(items) => items.into_iter().map(whole).collect(),
        other => other,
    }
}

fn joined(parts: &Value) -> Option<String> {
    let part = |part: &Value| match part {
        Value::String(text) => Some(text.clone()),
        run => {
            let count = usize::try_from(run.get(1)?.as_u64()?).ok()?;
            Some(run.get(0)?.as_str()?.repeat(count))
        }
    };
    parts.as_array()?.iter().map(part).collect()
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, cause) => write!(formatter, "reading {}: {cause}", path.display()),
            Self::Format(path, cause) => write!(formatter, "reading {}: {cause}", path.display()),
            Self::Empty(path) => write!(formatter, "no recorded exchanges in {}", path.display()),
        }
    }
}
