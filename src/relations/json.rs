//! Values of a databag that are JSON documents: spacing and the order of keys mean nothing in them.

use serde_json::Value;

use super::{Changes, Databag};

/// The documents that differ from what stands in the bag, to be written.
pub(super) fn difference<const N: usize>(own: &Databag, wanted: [(&str, Value); N]) -> Changes {
    let differs = |key: &str, value: &Value| document(own, key).as_ref() != Some(value);
    let changes = wanted.into_iter().filter(|(key, value)| differs(key, value));
    changes.map(|(key, value)| (key.to_owned(), value.to_string())).collect()
}

/// The document under a key; what is not JSON counts as absent.
pub(super) fn document(bag: &Databag, key: &str) -> Option<Value> {
    bag.get(key).and_then(|text| serde_json::from_str(text).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::relations::databag::bag;

    #[test]
    fn only_another_document_is_written() {
        let own = bag(&[("same", "{ \"b\": 1,\"a\":[] }"), ("other", "{}"), ("broken", "{"), ("foreign", "[]")]);
        let wanted =
            [("same", json!({"a": [], "b": 1})), ("other", json!([])), ("broken", json!({})), ("new", json!(1))];
        assert_eq!(difference(&own, wanted), bag(&[("other", "[]"), ("broken", "{}"), ("new", "1")]));
    }
}
