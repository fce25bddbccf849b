//! The key `event`: what the requirer of a monitoring relation rejects of what we wrote.

use serde_json::Value;

use super::{Relation, json};

/// How much of a foreign text goes into a log line. *Units*: characters.
const LONGEST: usize = 300;

impl Relation {
    /// What the remote application rejects, as a log line.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        let event = json::document(&self.bag, "event")?;
        let errors: Vec<String> =
            ["errors", "scrape_job_errors"].iter().filter_map(|key| event.get(key)).filter_map(text).collect();
        let rejected = format!("the relation {} does not accept what we sent", self.endpoint);
        match errors.as_slice() {
            [] if event.get("valid") != Some(&Value::Bool(false)) => None,
            [] => Some(format!("{rejected}, without a reason")),
            _ => Some(format!("{rejected}: {}", shortened(&errors.join("; ")))),
        }
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
    use crate::relations::databag::bag;

    fn complaint(event: &str) -> Option<String> {
        Relation { endpoint: "logging", bag: bag(&[("event", event)]), ..Relation::default() }.complaint()
    }

    #[test]
    fn errors_of_every_form_are_complaint() {
        for (event, expected) in [
            (r#"{"errors": "bad\nrule"}"#, "bad rule"),
            (
                r#"{"errors": [{"error": "no", "dashboard_id": "file:x"}]}"#,
                r#"[{"error":"no","dashboard_id":"file:x"}]"#,
            ),
            (r#"{"errors": "rule", "scrape_job_errors": "job", "valid": false}"#, "rule; job"),
        ] {
            let complaint = complaint(event).unwrap();
            assert_eq!(complaint, format!("the relation logging does not accept what we sent: {expected}"));
        }
        assert_eq!(
            complaint(r#"{"valid": false}"#).unwrap(),
            "the relation logging does not accept what we sent, without a reason"
        );
    }

    #[test]
    fn no_error_and_no_json_is_no_complaint() {
        for event in ["{}", r#"{"errors": "", "valid": true}"#, r#"{"errors": []}"#, "{", "", "[1]", "null", "\"x\""] {
            assert_eq!(complaint(event), None, "{event}");
        }
        assert_eq!(Relation::default().complaint(), None);
    }

    #[test]
    fn a_huge_error_is_cut() {
        assert!(complaint(&format!(r#"{{"errors": "{}"}}"#, "x".repeat(100_000))).unwrap().len() < 400);
    }
}
