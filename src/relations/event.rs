//! The key `event`: what the other side of a monitoring relation thinks of what we sent.

use serde_json::Value;

use crate::relations::{Databag, json};

/// How much of a foreign text goes into a log line. *Units*: characters.
const LONGEST: usize = 300;

/// What the other side complains of, as a log line.
pub(super) fn complaint(endpoint: &str, bag: &Databag) -> Option<String> {
    let event = json::document(bag, "event")?;
    let told: Vec<String> =
        ["errors", "scrape_job_errors"].iter().filter_map(|key| event.get(key)).filter_map(text).collect();
    match told.as_slice() {
        [] if event.get("valid") != Some(&Value::Bool(false)) => None,
        [] => Some(format!("the relation {endpoint} does not accept what we sent, without a reason")),
        _ => Some(format!("the relation {endpoint} does not accept what we sent: {}", shortened(&told.join("; ")))),
    }
}

/// A text as it is, anything else as JSON; emptiness is no error.
fn text(error: &Value) -> Option<String> {
    let text = match error {
        Value::Null | Value::Bool(false) => String::new(),
        Value::String(text) => text.trim().to_owned(),
        Value::Array(list) if list.is_empty() => String::new(),
        Value::Object(map) if map.is_empty() => String::new(),
        other => other.to_string(),
    };
    Some(text).filter(|text| !text.is_empty())
}

/// Fit for one line.
fn shortened(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::bag;

    fn told(event: &str) -> Option<String> {
        complaint("logging", &bag(&[("event", event)]))
    }

    #[test]
    fn errors_of_every_form_are_told() {
        for (event, expected) in [
            (r#"{"errors": "bad\nrule"}"#, "bad rule"),
            (
                r#"{"errors": [{"error": "no", "dashboard_id": "file:x"}]}"#,
                r#"[{"error":"no","dashboard_id":"file:x"}]"#,
            ),
            (r#"{"errors": "rule", "scrape_job_errors": "job", "valid": false}"#, "rule; job"),
        ] {
            let told = told(event).unwrap();
            assert_eq!(told, format!("the relation logging does not accept what we sent: {expected}"));
        }
        assert_eq!(
            told(r#"{"valid": false}"#).unwrap(),
            "the relation logging does not accept what we sent, without a reason"
        );
    }

    #[test]
    fn no_error_and_no_json_is_no_complaint() {
        for event in ["{}", r#"{"errors": "", "valid": true}"#, r#"{"errors": []}"#, "{", "", "[1]", "null", "\"x\""] {
            assert_eq!(told(event), None, "{event}");
        }
        assert_eq!(complaint("logging", &Databag::new()), None);
    }

    #[test]
    fn a_huge_error_is_cut() {
        assert!(told(&format!(r#"{{"errors": "{}"}}"#, "x".repeat(100_000))).unwrap().len() < 400);
    }
}
