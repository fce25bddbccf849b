//! What a charm declares, read from its folder or its packed file.

mod declared;
mod packed;

pub use packed::{has_programs, is_executable, read_at, unpack};

use crate::sandbox::ProgramError;
use packed::open;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// The files that Juju reads of a charm.
const DECLARATIONS: [&str; 3] = ["metadata.yaml", "config.yaml", "actions.yaml"];

/// A charm's metadata, options and actions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Charm {
    /// Name.
    pub name: String,
    /// Containers of the workload by name.
    pub containers: BTreeMap<String, Container>,
    /// Endpoints by name.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Options by name.
    pub options: BTreeMap<String, Opt>,
    /// Actions by name.
    pub actions: BTreeMap<String, ActionSpec>,
    /// Storage by name.
    #[serde(default)]
    pub storage: BTreeMap<String, Storage>,
    /// Resources by name.
    #[serde(default)]
    pub resources: BTreeMap<String, Resource>,
}

/// A container of the workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Container {
    /// The resource that is its image.
    #[serde(default)]
    pub resource: Option<String>,
    /// Storage that it sees.
    #[serde(default)]
    pub mounts: Vec<Mount>,
}

/// Where a container sees storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Name of the storage.
    pub storage: String,
    /// The path; that of the charm if there is none.
    #[serde(default)]
    pub location: Option<String>,
}

/// Storage that every unit may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// `filesystem`, or `block`, which no Kubernetes charm can have.
    pub kind: String,
    /// Where the charm sees it; below `/var/lib/juju/storage` if there is none.
    pub location: Option<String>,
    /// Whether it cannot be written to.
    pub read_only: bool,
    /// How many of it a unit has at least.
    pub least: u32,
    /// How many of it a unit has at most; any number if there is none.
    pub most: Option<u32>,
}

/// Something that is deployed beside the charm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// `oci-image` or `file`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of the file, if it is one.
    #[serde(default)]
    pub filename: Option<String>,
}

/// One end of possible relations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Whether it asks, offers or joins peers.
    pub role: Role,
    /// What is spoken.
    pub interface: String,
    /// How many relations it may have; any number if there is none.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Whether the charm works without it.
    #[serde(default)]
    pub optional: bool,
    /// Whether it relates applications, or units of one machine.
    #[serde(default)]
    pub scope: Scope,
}

/// What a relation of an endpoint spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Whole applications.
    #[default]
    Global,
    /// A unit and its subordinates.
    Container,
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
    /// There is nothing at the path.
    #[error("there is no folder or .charm file of this name: charms are on this machine, nothing is fetched")]
    Absent,
    /// There is neither metadata.yaml nor a charmcraft.yaml that declares a charm.
    #[error("neither metadata.yaml nor a charmcraft.yaml with a name is in {0}")]
    Missing(PathBuf),
}

impl Charm {
    /// Reads metadata.yaml, config.yaml and actions.yaml, or what a unified charmcraft.yaml says in their place.
    ///
    /// *Empty*: without config.yaml or actions.yaml there are no options or actions.
    ///
    /// # Errors
    /// Neither metadata.yaml nor a charmcraft.yaml with a name, or a file that cannot be parsed.
    pub fn read(dir: &Path) -> Result<Self, CharmError> {
        declared::read(dir)
    }

    /// What a charm declares, folder or packed file.
    ///
    /// # Errors
    /// There is no charm at the path, or no folder for temporary files.
    pub fn at(charm: &Path) -> Result<Self, CharmError> {
        if charm.is_dir() {
            return Self::read(charm);
        }
        let folder = tempfile::tempdir().map_err(at(charm))?;
        let mut packed = open(charm)?;
        for name in DECLARATIONS.iter().chain(["charmcraft.yaml"].iter()) {
            let Ok(mut file) = packed.by_name(name) else { continue };
            let path = folder.path().join(name);
            File::create(&path).and_then(|mut copy| io::copy(&mut file, &mut copy)).map_err(at(&path))?;
        }
        Self::read(folder.path()).map_err(|error| error.within(folder.path(), charm))
    }
}

impl CharmError {
    /// The same of a packed charm, whose files were unpacked to a folder.
    fn within(self, folder: &Path, charm: &Path) -> Self {
        let place = |path: PathBuf| charm.join(path.strip_prefix(folder).unwrap_or(&path));
        match self {
            Self::File { path, source } => Self::File { path: place(path), source },
            Self::Yaml { path, source } => Self::Yaml { path: place(path), source },
            Self::Missing(_) => Self::Missing(charm.to_owned()),
            other => other,
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
