//! What a charm declares, read from its folder or its packed file.

use crate::sandbox::{ProgramError, run};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// A charm's metadata, options and actions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Charm {
    /// Name.
    pub name: String,
    /// Containers of the workload.
    pub containers: Vec<String>,
    /// Endpoints by name.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Options by name.
    pub options: BTreeMap<String, Opt>,
    /// Actions by name.
    pub actions: BTreeMap<String, ActionSpec>,
}

/// One end of possible relations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Whether it asks, offers or joins peers.
    pub role: Role,
    /// What is spoken.
    pub interface: String,
}

/// Which part an endpoint plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It asks.
    Requires,
    /// It offers.
    Provides,
    /// It joins the units of one application.
    Peer,
}

/// An option of config.yaml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opt {
    /// `string`, `int`, `float`, `boolean` or `secret`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Value where none is set.
    #[serde(default)]
    pub default: Option<Value>,
}

/// An action of actions.yaml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct ActionSpec {
    /// JSON Schema per parameter.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// Parameters that must be given.
    #[serde(default)]
    pub required: Vec<String>,
    /// Whether other parameters are allowed; if the schema does not set it, Juju 3 allows them and Juju 4 does not.
    #[serde(default, rename = "additionalProperties")]
    pub additional: Option<bool>,
}

/// Reading a charm failed.
#[derive(Debug, thiserror::Error)]
pub enum CharmError {
    /// A file cannot be read or written.
    #[error("reading {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is not what a charm needs.
    #[error("parsing {path}")]
    Yaml {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_yaml::Error,
    },
    /// The packed charm is not a zip file.
    #[error("unpacking {path}")]
    Zip {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: zip::result::ZipError,
    },
    /// The charm's files cannot be copied.
    #[error("copying {path}")]
    Copy {
        /// From where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: ProgramError,
    },
    /// There is neither metadata.yaml nor charmcraft.yaml.
    #[error("charm missing from disk: {0} has no metadata.yaml")]
    Missing(PathBuf),
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    containers: BTreeMap<String, Value>,
    #[serde(default)]
    requires: BTreeMap<String, RawEndpoint>,
    #[serde(default)]
    provides: BTreeMap<String, RawEndpoint>,
    #[serde(default)]
    peers: BTreeMap<String, RawEndpoint>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawEndpoint {
    Short(String),
    Long { interface: String },
}

#[derive(Deserialize, Default)]
struct Config {
    #[serde(default)]
    options: BTreeMap<String, Opt>,
}

impl Charm {
    /// Reads metadata.yaml, config.yaml and actions.yaml of an unpacked charm.
    ///
    /// *Empty*: without config.yaml or actions.yaml there are no options or actions.
    ///
    /// # Errors
    /// No metadata.yaml, or a file that cannot be parsed.
    pub fn read(dir: &Path) -> Result<Self, CharmError> {
        let metadata: Metadata =
            yaml(&dir.join("metadata.yaml"))?.ok_or_else(|| CharmError::Missing(dir.to_owned()))?;
        let config: Config = yaml(&dir.join("config.yaml"))?.unwrap_or_default();
        let actions: BTreeMap<String, Option<ActionSpec>> = yaml(&dir.join("actions.yaml"))?.unwrap_or_default();
        Ok(Self {
            name: metadata.name.clone(),
            containers: metadata.containers.keys().cloned().collect(),
            endpoints: endpoints(metadata),
            options: config.options,
            actions: actions.into_iter().map(|(name, spec)| (name, spec.unwrap_or_default())).collect(),
        })
    }
}

/// Copies or unpacks a charm, folder or zip file, to where the agent expects it.
///
/// # Errors
/// The charm cannot be read, or the target not written.
pub fn unpack(charm: &Path, target: &Path) -> Result<(), CharmError> {
    if charm.is_dir() {
        return copy_folder(charm, target);
    }
    let unzipped = tempfile::tempdir().map_err(at(target))?;
    let zip = |source| CharmError::Zip { path: charm.to_owned(), source };
    let file = File::open(charm).map_err(at(charm))?;
    zip::ZipArchive::new(file).map_err(zip)?.extract(unzipped.path()).map_err(zip)?;
    copy_folder(unzipped.path(), target)
}

/// A child process copies: a program that this process wrote could not be run for as long as another thread's child, forked
/// meanwhile, holds it open for writing.
fn copy_folder(from: &Path, to: &Path) -> Result<(), CharmError> {
    fs::create_dir_all(to).map_err(at(to))?;
    let copy = |source| CharmError::Copy { path: from.to_owned(), source };
    run(Command::new("cp").args(["-R", "--preserve=mode", "--"]).arg(from.join(".")).arg(to), "").map_err(copy)?;
    Ok(())
}

/// Whether a file is there and may be run.
#[must_use]
pub fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn endpoints(metadata: Metadata) -> BTreeMap<String, Endpoint> {
    let roles =
        [(Role::Requires, metadata.requires), (Role::Provides, metadata.provides), (Role::Peer, metadata.peers)];
    let with_role = |(role, raw): (Role, BTreeMap<String, RawEndpoint>)| {
        raw.into_iter().map(move |(name, endpoint)| (name, Endpoint { role, interface: endpoint.interface() }))
    };
    roles.into_iter().flat_map(with_role).collect()
}

impl RawEndpoint {
    fn interface(self) -> String {
        match self {
            Self::Short(interface) | Self::Long { interface } => interface,
        }
    }
}

fn yaml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, CharmError> {
    match fs::read_to_string(path) {
        Err(absent) if absent.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CharmError::File { path: path.to_owned(), source }),
        Ok(text) => serde_yaml::from_str(&text).map_err(|source| CharmError::Yaml { path: path.to_owned(), source }),
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> CharmError + use<> {
    let path = path.to_owned();
    move |source| CharmError::File { path: path.clone(), source }
}
