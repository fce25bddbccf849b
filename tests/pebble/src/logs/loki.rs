//! What Loki gets: lines by service, each with its labels.
//!
//! *Source*: Loki's HTTP API, `POST /loki/api/v1/push`.

use super::Entry;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Labels of a service.
pub type Labels = BTreeMap<String, String>;

/// The body of a push.
#[must_use]
pub fn body(entries: &[Entry], labels: &BTreeMap<String, Labels>) -> Value {
    let mut streams: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for entry in entries {
        let value = json!([entry.time.unix_timestamp_nanos().to_string(), entry.message]);
        streams.entry(&entry.service).or_default().push(value);
    }
    let stream = |(service, values): (&str, Vec<Value>)| json!({"stream": labels.get(service), "values": values});
    json!({"streams": streams.into_iter().map(stream).collect::<Vec<_>>()})
}

/// The labels of a target for a service: `$NAME` and `${NAME}` stand for the service's own environment.
#[must_use]
pub fn labels(written: Option<&Labels>, service: &str, environment: Option<&Labels>) -> Labels {
    let value = |name: &str| environment.and_then(|environment| environment.get(name)).cloned().unwrap_or_default();
    let mut labels: Labels =
        written.into_iter().flatten().map(|(name, text)| (name.clone(), expand(text, &value))).collect();
    labels.insert("pebble_service".to_owned(), service.to_owned());
    labels
}

fn expand(text: &str, value: &impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let is_special = |letter: char| "*#$@!?-".contains(letter) || letter.is_ascii_digit();
        let word = after.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(after.len());
        rest = if let Some((name, after)) = after.strip_prefix('{').and_then(|after| after.split_once('}')) {
            out.push_str(&value(name));
            after
        } else if after.starts_with(is_special) {
            out.push_str(&value(after.get(..1).unwrap_or_default()));
            after.get(1..).unwrap_or_default()
        } else if word == 0 {
            out.push('$');
            after
        } else {
            let (name, after) = after.split_at(word);
            out.push_str(&value(name));
            after
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::labels;
    use std::collections::BTreeMap;

    #[test]
    fn labels_take_words_from_the_services_environment() {
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let written = map(&[("a", "u-$OWNER."), ("b", "${OWNER}x"), ("c", "[$NOPE]"), ("d", "$$z"), ("e", "5$")]);
        let found = labels(Some(&written), "web", Some(&map(&[("OWNER", "al")])));
        let expected = [("a", "u-al."), ("b", "alx"), ("c", "[]"), ("d", "z"), ("e", "5$"), ("pebble_service", "web")];
        assert_eq!(found, map(&expected));
    }
}
