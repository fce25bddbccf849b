//! What a charm declares, as its files spell it.

use super::{ActionSpec, Charm, CharmError, Container, Endpoint, Opt, Resource, Role, Scope, Storage, yaml};
use serde::Deserialize;
use serde_yaml::{Mapping, Value};
use std::{collections::BTreeMap, path::Path};

/// The keys of a unified charmcraft.yaml that belong into metadata.yaml.
///
/// *Source*: charmcraft 3, `charmcraft/models/metadata.py`.
const METADATA: [&str; 19] = [
    "name",
    "summary",
    "description",
    "maintainers",
    "assumes",
    "charm-user",
    "containers",
    "devices",
    "extra-bindings",
    "peers",
    "provides",
    "requires",
    "resources",
    "storage",
    "subordinate",
    "terms",
    "docs",
    "issues",
    "website",
];

/// The declaration in one of Juju's three files; where that is missing, what a unified charmcraft.yaml says in its place.
///
/// *Empty*: neither says anything.
pub(super) fn part(dir: &Path, file: &str) -> Result<Option<Value>, CharmError> {
    if let Some(found) = yaml(&dir.join(file))? {
        return Ok(Some(found));
    }
    let unified: Option<Mapping> = yaml(&dir.join("charmcraft.yaml"))?;
    Ok(unified.and_then(|unified| match file {
        "metadata.yaml" => metadata_of(unified).map(Value::Mapping),
        "config.yaml" => unified.get("config").cloned(),
        _ => unified.get("actions").cloned(),
    }))
}

/// An older charmcraft.yaml says only how to build, and has no name.
fn metadata_of(unified: Mapping) -> Option<Mapping> {
    unified.get("name")?;
    let renamed = |key: Value| if key.as_str() == Some("title") { Value::from("display-name") } else { key };
    let belongs = |key: &Value| key.as_str().is_some_and(|key| key == "display-name" || METADATA.contains(&key));
    Some(unified.into_iter().map(|(key, value)| (renamed(key), value)).filter(|(key, _)| belongs(key)).collect())
}

/// Reads all three declarations of a charm.
pub(super) fn read(dir: &Path) -> Result<Charm, CharmError> {
    let metadata: Metadata = typed(dir, "metadata.yaml")?.ok_or_else(|| CharmError::Missing(dir.to_owned()))?;
    let config: Config = typed(dir, "config.yaml")?.unwrap_or_default();
    let actions: BTreeMap<String, Option<ActionSpec>> = typed(dir, "actions.yaml")?.unwrap_or_default();
    let containers = metadata.containers.into_iter().map(|(name, found)| (name, found.unwrap_or_default())).collect();
    let roles =
        [(Role::Requires, metadata.requires), (Role::Provides, metadata.provides), (Role::Peer, metadata.peers)];
    let of_role = |(role, raw): (Role, BTreeMap<String, RawEndpoint>)| {
        raw.into_iter().map(move |(name, endpoint)| (name, endpoint.read(role)))
    };
    Ok(Charm {
        name: metadata.name,
        containers,
        endpoints: roles.into_iter().flat_map(of_role).collect(),
        options: config.options.unwrap_or_default(),
        actions: actions.into_iter().map(|(name, spec)| (name, spec.unwrap_or_default())).collect(),
        storage: metadata.storage.into_iter().map(|(name, raw)| (name, raw.read())).collect(),
        resources: metadata.resources,
    })
}

fn typed<T: serde::de::DeserializeOwned>(dir: &Path, file: &str) -> Result<Option<T>, CharmError> {
    let Some(found) = part(dir, file)?.filter(|found| !found.is_null()) else { return Ok(None) };
    serde_yaml::from_value(found).map(Some).map_err(|source| CharmError::Yaml { path: dir.join(file), source })
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    containers: BTreeMap<String, Option<Container>>,
    #[serde(default)]
    requires: BTreeMap<String, RawEndpoint>,
    #[serde(default)]
    provides: BTreeMap<String, RawEndpoint>,
    #[serde(default)]
    peers: BTreeMap<String, RawEndpoint>,
    #[serde(default)]
    storage: BTreeMap<String, RawStorage>,
    #[serde(default)]
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize, Default)]
struct Config {
    #[serde(default)]
    options: Option<BTreeMap<String, Opt>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "an endpoint is a map with the key `interface`")]
enum RawEndpoint {
    Short(String),
    Long {
        interface: String,
        #[serde(default)]
        limit: Option<u32>,
        #[serde(default)]
        optional: bool,
        #[serde(default)]
        scope: Scope,
    },
}

impl RawEndpoint {
    fn read(self, role: Role) -> Endpoint {
        match self {
            Self::Short(interface) => {
                Endpoint { role, interface, limit: None, optional: false, scope: Scope::default() }
            }
            Self::Long { interface, limit, optional, scope } => Endpoint { role, interface, limit, optional, scope },
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawStorage {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    location: Option<String>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    multiple: Option<Multiple>,
}

#[derive(Deserialize)]
struct Multiple {
    range: Value,
}

impl RawStorage {
    fn read(self) -> Storage {
        let (least, most) = self.multiple.map_or((1, Some(1)), |multiple| range(&multiple.range));
        Storage { kind: self.kind, location: self.location, read_only: self.read_only, least, most }
    }
}

/// `3` is exactly three, `0-2` none to two, `1-` and `1+` one or more.
fn range(text: &Value) -> (u32, Option<u32>) {
    let text = text.as_str().map_or_else(|| text.as_u64().unwrap_or(1).to_string(), str::to_owned);
    let (least, most) = text.split_once(['-', '+']).unwrap_or((&text, &text));
    (least.parse().unwrap_or(1), most.parse().ok())
}
