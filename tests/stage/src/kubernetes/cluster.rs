//! All objects of a cluster, and who may read them.

use super::{
    access::Account,
    kinds,
    request::{Group, Target},
    selector,
    watch::{Change, Watcher},
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A group without its version, a resource, a namespace or none, and a name.
type Key = (String, String, Option<String>, String);

/// Objects of any kind, in memory.
#[derive(Debug)]
pub struct Cluster {
    namespace: String,
    objects: BTreeMap<Key, Value>,
    /// Counts all changes; every object bears the number of its last one.
    version: u64,
    tokens: BTreeMap<String, String>,
    trusted: BTreeSet<String>,
    watchers: Vec<Watcher>,
}

impl Cluster {
    pub(super) fn new(namespace: &str) -> Self {
        let mut cluster = Self {
            namespace: namespace.to_owned(),
            objects: BTreeMap::new(),
            version: 0,
            tokens: BTreeMap::new(),
            trusted: BTreeSet::new(),
            watchers: Vec::new(),
        };
        for name in ["default", "kube-system", namespace] {
            let labels = json!({"kubernetes.io/metadata.name": name});
            let object = json!({"metadata": {"labels": labels}, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}});
            cluster.write(&core("namespaces", None, name), object);
        }
        cluster
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The token of an application's service account, always the same one.
    pub(super) fn token(&mut self, application: &str) -> String {
        let known = self.tokens.iter().find(|(_, owner)| *owner == application).map(|(token, _)| token.clone());
        known.unwrap_or_else(|| {
            let token = format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
            self.tokens.insert(token.clone(), application.to_owned());
            token
        })
    }

    pub(super) fn account(&self, token: &str) -> Option<Account> {
        let application = self.tokens.get(token)?.clone();
        let trusted = self.trusted.contains(&application);
        Some(Account { application, namespace: self.namespace.clone(), trusted })
    }

    pub(super) fn set_trust(&mut self, application: &str, trusted: bool) {
        if trusted {
            self.trusted.insert(application.to_owned());
        } else {
            self.trusted.remove(application);
        }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn get(&self, target: &Target) -> Option<&Value> {
        self.objects.get(&key(target))
    }

    /// The objects of a kind that the options select.
    pub(super) fn list(&self, target: &Target, options: &BTreeMap<String, String>) -> Vec<Value> {
        let is_of_kind = |key: &Key| {
            key.0 == target.group.name
                && key.1 == target.resource
                && (target.namespace.is_none() || key.2 == target.namespace)
        };
        let found = self.objects.iter().filter(|(key, object)| is_of_kind(key) && selector::fits(object, options));
        found.map(|(_, object)| object.clone()).collect()
    }

    /// Puts an object in the place of the one before, with what every object has; unchanged, it keeps its version.
    pub(super) fn write(&mut self, target: &Target, mut object: Value) -> Value {
        let key = key(target);
        let before = self.objects.get(&key).cloned();
        complete(target, &mut object, before.as_ref());
        if let Some(before) = before.as_ref().filter(|before| **before == object) {
            return before.clone();
        }
        self.version += 1;
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("resourceVersion".to_owned(), json!(self.version.to_string()));
        }
        self.objects.insert(key, object.clone());
        self.tell(if before.is_some() { Change::Modified } else { Change::Added }, target, &object);
        if target.resource == "statefulsets" {
            self.roll_out(target, &object);
        }
        object
    }

    pub(super) fn remove(&mut self, target: &Target) -> Option<Value> {
        let object = self.objects.remove(&key(target))?;
        self.version += 1;
        self.tell(Change::Deleted, target, &object);
        Some(object)
    }

    pub(super) fn watch(&mut self, watcher: Watcher) {
        self.watchers.push(watcher);
    }

    fn tell(&mut self, change: Change, target: &Target, object: &Value) {
        self.watchers.retain(|watcher| watcher.tell(change, target, object));
    }

    /// The pods of a stateful set have its template's containers at once.
    fn roll_out(&mut self, target: &Target, set: &Value) {
        let Some(containers) = set.pointer("/spec/template/spec/containers").cloned() else { return };
        let prefix = format!("{}-", target.name.as_deref().unwrap_or_default());
        let pods = Target { resource: "pods".to_owned(), ..core("pods", target.namespace.as_deref(), "") };
        for mut pod in self.list(&pods, &BTreeMap::new()) {
            let name = pod.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let is_own = name.strip_prefix(&prefix).is_some_and(|number| number.parse::<u32>().is_ok());
            if let (true, Some(spec)) = (is_own, pod.get_mut("spec").and_then(Value::as_object_mut)) {
                spec.insert("containers".to_owned(), containers.clone());
                self.write(&Target { name: Some(name), ..pods.clone() }, pod);
            }
        }
    }
}

/// An object of the core group.
pub(super) fn core(resource: &str, namespace: Option<&str>, name: &str) -> Target {
    Target {
        group: Group { name: String::new(), version: "v1".to_owned() },
        namespace: namespace.map(str::to_owned),
        resource: resource.to_owned(),
        name: Some(name.to_owned()),
        subresource: None,
    }
}

fn key(target: &Target) -> Key {
    let name = target.name.clone().unwrap_or_default();
    (target.group.name.clone(), target.resource.clone(), target.namespace.clone(), name)
}

/// What the API itself writes into an object, and nobody else.
fn complete(target: &Target, object: &mut Value, before: Option<&Value>) {
    let spec = object.get("spec").cloned();
    let Some(object) = object.as_object_mut() else { return };
    object.entry("apiVersion").or_insert_with(|| json!(target.group.api_version()));
    if let Some(kind) = kinds::kind_of(&target.group.name, &target.resource) {
        object.entry("kind").or_insert_with(|| json!(kind));
    }
    if ["services", "ingresses"].contains(&target.resource.as_str()) {
        let before = before.and_then(|before| before.get("status").cloned());
        object.entry("status").or_insert_with(|| before.unwrap_or_else(|| json!({"loadBalancer": {}})));
    }
    let Some(metadata) = object.entry("metadata").or_insert_with(|| json!({})).as_object_mut() else { return };
    metadata.insert("name".to_owned(), json!(target.name));
    metadata.extend(target.namespace.iter().map(|namespace| ("namespace".to_owned(), json!(namespace))));
    let kept = |key: &str| before.and_then(|before| before.get("metadata")?.get(key).cloned());
    let fresh = Map::from_iter([
        ("uid".to_owned(), json!(uid())),
        ("creationTimestamp".to_owned(), json!(now())),
        ("generation".to_owned(), json!(1)),
        ("resourceVersion".to_owned(), json!("0")),
    ]);
    for (key, value) in fresh {
        let value = kept(&key).unwrap_or(value);
        metadata.insert(key, value);
    }
    let generation = metadata.get("generation").and_then(Value::as_u64).unwrap_or(1);
    if before.is_some_and(|before| before.get("spec") != spec.as_ref()) {
        metadata.insert("generation".to_owned(), json!(generation + 1));
    }
}

fn uid() -> String {
    let digits = format!("{:032x}", rand::random::<u128>());
    let part = |from, to| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

fn now() -> String {
    let second = OffsetDateTime::now_utc().replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    second.format(&Rfc3339).unwrap_or_default()
}
