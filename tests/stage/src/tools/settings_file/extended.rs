//! Maps with `!!binary` values and merged maps (`<<`), which the other parser does not know.
//!
//! *Source*: `gopkg.in/yaml.v2`, `decode.go`.

use super::{ToolError, refused};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_saphyr::{Error, MergeKeyPolicy};
use std::{collections::BTreeMap, fmt};

const MERGE: &str = "<<";
const WRONG_MERGE: &str = "map merge requires map or sequence of maps as the value";

type Map = BTreeMap<Option<String>, Option<String>>;

/// The map of a text that may have one of both.
///
/// *Empty*: it has neither, or it is wrong in another way.
pub(super) fn parse(text: &str) -> Option<Result<Map, ToolError>> {
    if !text.contains(MERGE) && !text.contains("!!binary") {
        return None;
    }
    // As keys like others, they are read in their order: whatever comes later stands.
    let options = serde_saphyr::options! { merge_keys: MergeKeyPolicy::AsOrdinary };
    match serde_saphyr::from_str_with_options::<Entries>(text, options) {
        Ok(Entries(map)) => Some(Ok(map)),
        Err(error) => match error.without_snippet() {
            Error::InvalidBinaryBase64 { .. } => Some(Err(refused("!!binary value contains invalid base64 data"))),
            other if other.to_string().contains(WRONG_MERGE) => Some(Err(refused(WRONG_MERGE))),
            _ => None,
        },
    }
}

/// What a map has, with what is merged into it.
struct Entries(Map);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Map::new();
        while let Some(key) = map.next_key::<Option<String>>()? {
            if key.as_deref() == Some(MERGE) {
                // Of several maps the first one counts.
                map.next_value::<Merged>()?.0.into_iter().rev().for_each(|Entries(merged)| entries.extend(merged));
            } else {
                entries.insert(key, map.next_value()?);
            }
        }
        Ok(Entries(entries))
    }
}

/// One map or several.
struct Merged(Vec<Entries>);

impl<'de> Deserialize<'de> for Merged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MergedVisitor)
    }
}

struct MergedVisitor;

impl<'de> Visitor<'de> for MergedVisitor {
    type Value = Merged;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("one map or several")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Merged, A::Error> {
        Ok(Merged(vec![Entries::deserialize(MapAccessDeserializer::new(map))?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Merged, A::Error> {
        let mut merged = Vec::new();
        while let Some(entries) = list.next_element().map_err(|_| A::Error::custom(WRONG_MERGE))? {
            merged.push(entries);
        }
        Ok(Merged(merged))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Merged, E> {
        Err(E::custom(WRONG_MERGE))
    }
}
