//! Results of actions, as Juju prints them.

use serde_json::{Map, Value, json};

/// The results, sorted by their keys; texts of several lines are blocks.
pub fn text(results: &Map<String, Value>) -> String {
    let mut sorted: Vec<(&String, &Value)> = results.iter().filter(|(key, _)| *key != "return-code").collect();
    sorted.sort_by_key(|(key, _)| key.as_str());
    sorted.into_iter().map(|(key, value)| entry(key, value)).collect()
}

fn entry(key: &str, value: &Value) -> String {
    match value {
        Value::String(text) if text.contains('\n') => {
            let end = if text.ends_with('\n') { "" } else { "-" };
            let lines: String =
                text.trim_end().lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect();
            format!("{key}: |{end}\n{lines}")
        }
        // A word that YAML would read as something else is in double quotes.
        Value::String(text) if serde_yaml::from_str::<Value>(text).is_ok_and(|read| !read.is_string()) => {
            format!("{key}: {text:?}\n")
        }
        other => serde_yaml::to_string(&json!({key: other})).unwrap_or_default(),
    }
}
