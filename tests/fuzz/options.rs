//! The options of the charm, by the type that Juju enforces.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

/// What Juju takes for an option; those that name secrets are drawn apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Int,
    /// Any text.
    #[serde(rename = "string")]
    Text,
    /// The URI of a secret.
    Secret,
}

/// Every option but those that name secrets.
pub static OPTIONS: LazyLock<Vec<(String, Type)>> = LazyLock::new(|| {
    let declared: Declared = serde_yaml::from_str(include_str!("../../config.yaml")).unwrap_or_default();
    let all = declared.options.into_iter().map(|(name, option)| (name, option.kind));
    all.filter(|(_, kind)| *kind != Type::Secret).collect()
});

#[derive(Deserialize, Default)]
struct Declared {
    options: BTreeMap<String, Declaration>,
}

#[derive(Deserialize)]
struct Declaration {
    #[serde(rename = "type")]
    kind: Type,
}
