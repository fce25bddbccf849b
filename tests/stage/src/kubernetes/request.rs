//! What a request asks for, read from its path.
//!
//! *Source*: Kubernetes API concepts, "Resource URIs".

use std::collections::BTreeMap;

/// A group with its version; the core group is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) version: String,
}

/// A kind of objects, or one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) group: Group,
    /// None: of all namespaces, or of none.
    pub(super) namespace: Option<String>,
    /// In the plural, as in the path.
    pub(super) resource: String,
    pub(super) name: Option<String>,
    pub(super) subresource: Option<String>,
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Which versions there are, or which kinds.
    Discovery(Vec<String>),
    Objects(Target),
}

impl Group {
    /// `v1`, or `apps/v1`.
    pub(super) fn api_version(&self) -> String {
        if self.name.is_empty() { self.version.clone() } else { format!("{}/{}", self.name, self.version) }
    }
}

impl Target {
    /// `statefulsets.apps`, as messages name it.
    pub(super) fn qualified(&self) -> String {
        let Self { group, resource, .. } = self;
        if group.name.is_empty() { resource.clone() } else { format!("{resource}.{}", group.name) }
    }
}

/// Splits a path; one that is too short for objects is about discovery.
pub(super) fn place(path: &str) -> Place {
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
    let mut rest = parts.iter().cloned();
    let group = match rest.next().as_deref() {
        Some("api") => Some(String::new()),
        Some("apis") => rest.next(),
        _ => None,
    };
    let found = group.zip(rest.next()).map(|(name, version)| Group { name, version });
    match found.and_then(|group| target(group, rest.filter(|part| part != "watch").collect())) {
        Some(target) => Place::Objects(target),
        None => Place::Discovery(parts),
    }
}

fn target(group: Group, parts: Vec<String>) -> Option<Target> {
    let is_inside = parts.first().is_some_and(|part| part == "namespaces") && parts.len() > 2;
    let is_own =
        is_inside && parts.len() == 3 && parts.last().is_some_and(|part| part == "status" || part == "finalize");
    let mut parts = parts.into_iter();
    let namespace = if is_inside && !is_own { parts.by_ref().nth(1) } else { None };
    let resource = parts.next()?;
    let (name, subresource) = (parts.next(), parts.next());
    Some(Target { group, namespace, resource, name, subresource })
}

/// The options behind the question mark.
pub(super) fn options(query: Option<&str>) -> BTreeMap<String, String> {
    let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (decoded(key), decoded(&value.replace('+', " ")))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        let code = after.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.unwrap_or(b'%'));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    bytes.extend(rest.bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}
