//! What is expected of the plan of a container's Pebble.

use super::player::{Player, Trouble};
use crate::scene::ExpectPlan;
use serde_json::Value;

impl Player<'_> {
    pub(super) fn expect_plan(&mut self, expected: &ExpectPlan) -> Result<(), Trouble> {
        let containers = &self.stage.model().application_of(&expected.unit).charm.containers;
        let container = expected.container.clone().or_else(|| containers.keys().next().cloned()).unwrap_or_default();
        let silent = || Trouble::NotAsExpected(format!("no Pebble answers in {container} of {}", expected.unit));
        let text = self.stage.plan(&expected.unit, &container).ok_or_else(silent)?;
        let plan: Value = serde_yaml::from_str(&text).unwrap_or_default();
        match difference("", &plan, &expected.has.clone().into()) {
            None => Ok(()),
            Some(other) => Err(Trouble::NotAsExpected(format!("in the plan, {other}"))),
        }
    }
}

/// The first part that is not as it should be.
fn difference(path: &str, found: &Value, wanted: &Value) -> Option<String> {
    let Value::Object(parts) = wanted else {
        return (!fits(found, wanted)).then(|| format!("{path} is {found}"));
    };
    parts.iter().find_map(|(key, wanted)| {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (found.get(key), wanted) {
            (None, Value::Null) => None,
            (None, _) => Some(format!("{path} is not there")),
            (Some(found), wanted) => difference(&path, found, wanted),
        }
    })
}

/// Whether a value is the wanted one, or a text that holds its words.
fn fits(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::String(text), Value::String(words)) => text.contains(words),
        (Value::Number(number), Value::String(text)) => number.to_string() == *text,
        (Value::Bool(truth), Value::String(text)) => truth.to_string() == *text,
        (found, wanted) => found == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::difference;
    use serde_json::json;

    #[test]
    fn the_first_part_that_differs_is_told_with_its_path() {
        let plan = json!({"services": {"web": {"command": "serve --port 80", "requires": ["a"]}}, "checks": {"up": {"threshold": 3}}});
        for (wanted, told) in [
            (json!({"services": {"web": {"command": "--port 80"}}}), None),
            (json!({"checks": {"up": {"threshold": "3"}}}), None),
            (json!({"services": {"web": {"requires": ["a"]}, "job": null}}), None),
            (json!({"services": {"job": {}}}), Some("services.job is not there")),
            (
                json!({"services": {"web": null}}),
                Some("services.web is {\"command\":\"serve --port 80\",\"requires\":[\"a\"]}"),
            ),
            (json!({"checks": {"up": {"threshold": "4"}}}), Some("checks.up.threshold is 3")),
        ] {
            assert_eq!(difference("", &plan, &wanted).as_deref(), told, "{wanted}");
        }
    }
}
