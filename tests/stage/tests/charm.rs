//! What a charm declares, in Juju's three files or in one charmcraft.yaml.
#![cfg(test)]

use serde_json::json;
use stage::charm::{self, Charm, CharmError, Container, Endpoint, Mount, Resource, Role, Scope, Storage};
use std::{collections::BTreeMap, fs, path::Path};
use tempfile::TempDir;

const UNIFIED: &str = "
name: forum
title: A forum
type: charm
parts: {charm: {plugin: charm}}
platforms: {amd64: }
requires:
  db: {interface: sql, limit: 1, optional: true}
  juju-info: {interface: juju-info, scope: container}
provides:
  web: http
peers:
  friends: {interface: friends}
containers:
  web:
    resource: image
    mounts: [{storage: data, location: /srv/data}, {storage: cache}]
  side:
resources:
  image: {type: oci-image}
  theme: {type: file, filename: theme.zip}
storage:
  data: {type: filesystem, location: /data}
  cache: {type: filesystem, read-only: true, multiple: {range: 0-3}}
  logs: {type: filesystem, multiple: {range: 2+}}
config:
  options:
    port: {type: int, default: 80}
actions:
  backup: {params: {full: {type: boolean}}, required: [full]}
";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn endpoint(role: Role, interface: &str) -> Endpoint {
    Endpoint { role, interface: interface.to_owned(), limit: None, optional: false, scope: Scope::Global }
}

fn storage(location: Option<&str>, least: u32, most: Option<u32>) -> Storage {
    let location = location.map(str::to_owned);
    Storage { kind: "filesystem".to_owned(), location, read_only: false, least, most }
}

fn named<T, const N: usize>(entries: [(&str, T); N]) -> BTreeMap<String, T> {
    entries.into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect()
}

#[test]
fn a_unified_file_declares_everything() {
    let read = Charm::read(folder(&[("charmcraft.yaml", UNIFIED)]).path()).unwrap();
    let mount = |storage: &str, location: Option<&str>| Mount {
        storage: storage.to_owned(),
        location: location.map(str::to_owned),
    };
    let mounts = vec![mount("data", Some("/srv/data")), mount("cache", None)];
    let web = Container { resource: Some("image".to_owned()), mounts };
    let expected = [
        ("db", Endpoint { limit: Some(1), optional: true, ..endpoint(Role::Requires, "sql") }),
        ("friends", endpoint(Role::Peer, "friends")),
        ("juju-info", Endpoint { scope: Scope::Container, ..endpoint(Role::Requires, "juju-info") }),
        ("web", endpoint(Role::Provides, "http")),
    ];
    assert_eq!(read.endpoints, named(expected));
    assert_eq!(read.containers, named([("web", web), ("side", Container::default())]));
    let cache = Storage { read_only: true, ..storage(None, 0, Some(3)) };
    let expected = [("data", storage(Some("/data"), 1, Some(1))), ("cache", cache), ("logs", storage(None, 2, None))];
    assert_eq!(read.storage, named(expected));
    let resource =
        |kind: &str, filename: Option<&str>| Resource { kind: kind.to_owned(), filename: filename.map(str::to_owned) };
    let expected = [("image", resource("oci-image", None)), ("theme", resource("file", Some("theme.zip")))];
    assert_eq!(read.resources, named(expected));
    assert_eq!((read.options["port"].kind.as_str(), &read.options["port"].default), ("int", &Some(json!(80))));
    assert_eq!(read.actions["backup"].required, ["full"]);
}

#[test]
fn a_folder_with_a_unified_file_alone_is_unpacked_with_jujus_own_files() {
    let target = tempfile::tempdir().unwrap();
    charm::unpack(folder(&[("charmcraft.yaml", UNIFIED)]).path(), target.path()).unwrap();
    let read = |file: &str| -> serde_json::Value {
        serde_yaml::from_str(&fs::read_to_string(target.path().join(file)).unwrap()).unwrap()
    };
    let keys: Vec<String> = read("metadata.yaml").as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["name", "display-name", "requires", "provides", "peers", "containers", "resources", "storage"]);
    assert_eq!(read("config.yaml"), json!({"options": {"port": {"type": "int", "default": 80}}}));
    assert_eq!(
        read("actions.yaml"),
        json!({"backup": {"params": {"full": {"type": "boolean"}}, "required": ["full"]}})
    );
}

#[test]
fn jujus_own_files_stand_over_a_unified_one() {
    let files = [("charmcraft.yaml", UNIFIED), ("metadata.yaml", "name: other"), ("config.yaml", "options:")];
    let (source, target) = (folder(&files), tempfile::tempdir().unwrap());
    charm::unpack(source.path(), target.path()).unwrap();
    let read = Charm::read(target.path()).unwrap();
    assert_eq!((read.name.as_str(), read.endpoints.len(), read.options.len()), ("other", 0, 0));
    assert_eq!(read.actions.len(), 1);
}

#[test]
fn a_charmcraft_file_that_only_builds_declares_no_charm() {
    let source = folder(&[("charmcraft.yaml", "type: charm\nparts: {charm: {plugin: charm}}\n")]);
    assert!(matches!(Charm::read(source.path()), Err(CharmError::Missing(dir)) if dir == source.path()));
    let target = tempfile::tempdir().unwrap();
    charm::unpack(source.path(), target.path()).unwrap();
    assert!(!Path::exists(&target.path().join("metadata.yaml")));
}
