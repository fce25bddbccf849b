//! Identities to begin with, from a file: `identities: {charm: {access: admin, local: {user-id: 1000}}}`.

use crate::{
    errno,
    yaml::{
        node::{Node, Value as Written},
        scalar,
    },
};
use serde_json::{Map, Value};
use std::{fs, path::Path};

/// Reads such a file.
///
/// # Errors
/// It cannot be read, is no YAML, or has no identities.
pub fn read(path: &Path) -> Result<Map<String, Value>, String> {
    let shown = path.to_string_lossy();
    let text = fs::read_to_string(path).map_err(|error| errno::on_path("open", &shown, &error))?;
    let node = Node::parse(&text).map_err(|error| error.to_string())?;
    let identities = value(&node).get("identities").and_then(Value::as_object).cloned();
    identities.filter(|identities| !identities.is_empty()).ok_or_else(|| "no identities in file".to_owned())
}

fn value(node: &Node) -> Value {
    match &node.value {
        _ if node.is_null() => Value::Null,
        Written::Scalar { text, is_plain } => {
            scalar::integer(text).filter(|_| *is_plain).map_or_else(|| text.clone().into(), Value::from)
        }
        Written::List(items) => items.iter().map(value).collect(),
        Written::Map(entries) => {
            let key = |key: &Node| match &key.value {
                Written::Scalar { text, .. } => text.clone(),
                _ => String::new(),
            };
            Value::Object(entries.iter().map(|(name, item)| (key(name), value(item))).collect())
        }
    }
}
