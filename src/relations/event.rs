//! The key `event`: what the requirer of a monitoring relation rejects of what we wrote.

use serde_json::Value;

use super::{Relation, json};

impl Relation {
    /// That the remote application rejects what we wrote, as a log line with the command that shows why.
    #[must_use]
    pub fn complaint(&self, unit: &str) -> Option<String> {
        let event = json::document(&self.bag, "event")?;
        let has_errors = ["errors", "scrape_job_errors"].iter().filter_map(|key| event.get(key)).any(is_error);
        let is_rejected = has_errors || event.get("valid") == Some(&Value::Bool(false));
        let endpoint = self.endpoint;
        is_rejected.then(|| {
            format!("the relation {endpoint} does not accept what we sent: juju show-unit {unit} --endpoint {endpoint}")
        })
    }
}

/// Whether a value tells of an error; emptiness does not.
fn is_error(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::databag::bag;

    fn complaint(event: &str) -> Option<String> {
        Relation { endpoint: "logging", bag: bag(&[("event", event)]), ..Relation::default() }.complaint("forum/0")
    }

    #[test]
    fn errors_of_every_form_are_a_complaint_that_quotes_none_of_them() {
        let expected = "the relation logging does not accept what we sent: juju show-unit forum/0 --endpoint logging";
        for event in [
            r#"{"errors": "bad\nrule"}"#,
            r#"{"errors": [{"error": "no", "dashboard_id": "file:x"}]}"#,
            r#"{"errors": 7}"#,
            r#"{"errors": "rule", "scrape_job_errors": "job", "valid": true}"#,
            r#"{"valid": false}"#,
        ] {
            assert_eq!(complaint(event).as_deref(), Some(expected), "{event}");
        }
    }

    #[test]
    fn no_error_and_no_json_is_no_complaint() {
        for event in ["{}", r#"{"errors": " ", "valid": true}"#, r#"{"errors": []}"#, "{", "", "[1]", "null", "\"x\""] {
            assert_eq!(complaint(event), None, "{event}");
        }
        assert_eq!(Relation::default().complaint("forum/0"), None);
    }
}
