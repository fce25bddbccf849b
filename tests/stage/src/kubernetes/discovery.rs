//! What a client can find out about the API: its version, its groups, and the kinds of each.
//!
//! *Source*: Kubernetes 1.31, "API discovery" (the unaggregated documents).

use super::{cluster::Cluster, kinds::KINDS, request::Group, status::Refusal};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One kind of a group, as the documents name it.
struct Entry {
    group: Group,
    plural: String,
    kind: String,
    namespaced: bool,
}

/// Whether everybody may read it, without a token.
pub(super) fn is_public(parts: &[String]) -> bool {
    matches!(parts, [only] if ["version", "healthz", "livez", "readyz"].contains(&only.as_str()))
}

/// The document at a path.
pub(super) fn answer(parts: &[String], cluster: &Cluster) -> Result<Value, Refusal> {
    let words: Vec<&str> = parts.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["version"] => Ok(version()),
        ["healthz" | "livez" | "readyz"] => Ok(json!("ok")),
        ["api"] => Ok(json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})),
        ["api", version] => resources("", version, cluster),
        ["apis"] => Ok(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups(cluster)})),
        ["apis", group] => {
            let named = |found: &&Value| found.get("name").and_then(Value::as_str) == Some(group);
            let mut found = groups(cluster).iter().find(named).cloned().ok_or_else(Refusal::no_such_path)?;
            if let Some(found) = found.as_object_mut() {
                found.extend([("kind".to_owned(), json!("APIGroup")), ("apiVersion".to_owned(), json!("v1"))]);
            }
            Ok(found)
        }
        ["apis", group, version] => resources(group, version, cluster),
        _ => Err(Refusal::no_such_path()),
    }
}

fn version() -> Value {
    json!({
        "major": "1",
        "minor": "31",
        "gitVersion": "v1.31.0",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "2024-08-13T07:28:49Z",
        "goVersion": "go1.22.5",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}

/// The kinds of every cluster, and those that its definitions add.
fn entries(cluster: &Cluster) -> Vec<Entry> {
    let own = KINDS.iter().map(|&(group, version, plural, kind, namespaced)| Entry {
        group: Group { name: group.to_owned(), version: version.to_owned() },
        plural: plural.to_owned(),
        kind: kind.to_owned(),
        namespaced,
    });
    own.chain(custom(cluster)).collect()
}

fn custom(cluster: &Cluster) -> Vec<Entry> {
    let definitions = super::request::Target {
        group: Group { name: "apiextensions.k8s.io".to_owned(), version: "v1".to_owned() },
        namespace: None,
        resource: "customresourcedefinitions".to_owned(),
        name: None,
        subresource: None,
    };
    let entries_of = |definition: Value| {
        let text = |path: &str| definition.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let versions = definition.pointer("/spec/versions").and_then(Value::as_array).cloned().unwrap_or_default();
        let entry = |version: &Value| Entry {
            group: Group {
                name: text("/spec/group"),
                version: version.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            },
            plural: text("/spec/names/plural"),
            kind: text("/spec/names/kind"),
            namespaced: text("/spec/scope") == "Namespaced",
        };
        versions.iter().map(entry).collect::<Vec<_>>()
    };
    cluster.list(&definitions, &BTreeMap::new()).into_iter().flat_map(entries_of).collect()
}

fn groups(cluster: &Cluster) -> Vec<Value> {
    let versions: BTreeSet<Group> = entries(cluster).into_iter().map(|entry| entry.group).collect();
    let named: BTreeSet<&str> =
        versions.iter().map(|group| group.name.as_str()).filter(|name| !name.is_empty()).collect();
    let group = |name: &&str| {
        let of_group = versions.iter().filter(|group| group.name == *name);
        let list: Vec<Value> =
            of_group.map(|group| json!({"groupVersion": group.api_version(), "version": group.version})).collect();
        json!({"name": name, "versions": list, "preferredVersion": list.last()})
    };
    named.iter().map(group).collect()
}

fn resources(group: &str, version: &str, cluster: &Cluster) -> Result<Value, Refusal> {
    let group = Group { name: group.to_owned(), version: version.to_owned() };
    let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    let found: Vec<Value> = entries(cluster)
        .into_iter()
        .filter(|entry| entry.group == group)
        .map(|entry| {
            let singular = entry.kind.to_lowercase();
            json!({"name": entry.plural, "singularName": singular, "namespaced": entry.namespaced, "kind": entry.kind, "verbs": verbs})
        })
        .collect();
    if found.is_empty() {
        return Err(Refusal::no_such_path());
    }
    Ok(json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group.api_version(), "resources": found}))
}
