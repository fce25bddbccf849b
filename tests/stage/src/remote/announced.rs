//! Databag values that a test wants to differ from the true ones.

use crate::model::Databag;
use std::collections::BTreeMap;

/// Keys with other values than the true ones; none means that the key is left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Distortion {
    keys: BTreeMap<String, Option<String>>,
}

/// Pairs of a databag or a secret.
pub(super) fn pairs<const N: usize>(pairs: [(&str, String); N]) -> Databag {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

impl Distortion {
    pub(super) fn set(&mut self, key: &str, value: Option<&str>) {
        self.keys.insert(key.to_owned(), value.map(str::to_owned));
    }

    pub(super) fn clear(&mut self) {
        self.keys.clear();
    }

    /// These pairs with the distorted values in place of the true ones.
    pub(super) fn applied_to(&self, truth: Databag) -> Databag {
        let distort = |(key, value)| match self.keys.get(&key) {
            Some(other) => other.clone().map(|other| (key, other)),
            None => Some((key, value)),
        };
        truth.into_iter().filter_map(distort).collect()
    }

    /// The distorted pairs whose keys are not among the known ones.
    pub(super) fn invented(&self, known: &[&str]) -> Databag {
        let others = self.keys.iter().filter(|(key, _)| !known.contains(&key.as_str()));
        others.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect()
    }
}
