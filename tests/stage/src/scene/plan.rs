//! What is expected of a container's Pebble.

use super::{Words, form::Worded, relation::Content};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Parts of a plan.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectPlan {
    /// The unit.
    pub unit: String,
    /// The container; its only one if it is not given.
    pub container: Option<String>,
    /// Parts that the plan has, others apart: `services: {web: {command: serve}}`. Of a text, words that it holds; null for what
    /// must not be there.
    pub has: Map<String, Value>,
}

impl Worded for ExpectPlan {
    const USAGE: &'static str = "expect-plan: UNIT[:CONTAINER] KEY.KEY.KEY=VALUE ...";

    fn read(words: &mut Words) -> Option<Self> {
        let (of, pairs) = (words.name()?, words.pairs::<Content>()?);
        let (unit, container) = of.split_once(':').map_or((of.as_str(), None), |(unit, name)| (unit, Some(name)));
        let mut has = Map::new();
        for (path, value) in pairs {
            insert(&mut has, &path, value);
        }
        let (unit, container) = (unit.to_owned(), container.map(str::to_owned));
        (!has.is_empty()).then_some(Self { unit, container, has })
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.has.is_empty() { Err("`has` is empty: give a part such as `services`") } else { Ok(()) }
    }
}

/// Puts a value at the end of a path.
fn insert(map: &mut Map<String, Value>, path: &str, value: String) {
    let Some((key, rest)) = path.split_once('.') else {
        map.insert(path.to_owned(), value.into());
        return;
    };
    if let Value::Object(below) = map.entry(key).or_insert_with(|| Map::new().into()) {
        insert(below, rest, value);
    }
}
