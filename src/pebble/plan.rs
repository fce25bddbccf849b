//! The plan of services, checks and log targets, and the layers that change it.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::json;
use serde_yaml::Value;

use crate::{
    juju::yaml_safe_json,
    pebble::{
        Pebble, PebbleError, duration,
        nesting::is_shallow,
        transport::{LAYER, READ, Request},
    },
    secret::MASK,
};

/// The override policy by which an item replaces that of lower layers.
const REPLACE: &str = "replace";

/// The longest plan that is parsed. *Units*: bytes.
const LONGEST: usize = 8 << 20;

/// The configuration of Pebble.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// Services by name.
    #[serde(deserialize_with = "items")]
    pub services: BTreeMap<String, Service>,
    /// Checks by name.
    #[serde(deserialize_with = "items")]
    pub checks: BTreeMap<String, Check>,
    /// Log targets by name.
    #[serde(rename = "log-targets", deserialize_with = "items")]
    pub log_targets: BTreeMap<String, LogTarget>,
}

/// Services, checks and log targets to add to the plan or replace in it; a layer cannot remove any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Layer {
    /// Services by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, Service>,
    /// Checks by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<String, Check>,
    /// Log targets by name.
    #[serde(rename = "log-targets", skip_serializing_if = "BTreeMap::is_empty")]
    pub log_targets: BTreeMap<String, LogTarget>,
}

/// A receiver to which Pebble forwards the output of services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct LogTarget {
    /// The override policy, `replace` by default.
    #[serde(rename = "override")]
    pub override_word: String,
    /// The type of receiver, such as `loki`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The URL that receives the lines. Pebble ignores a new URL for an existing target.
    pub location: String,
    /// The names of the services; `-all` stands for none.
    #[serde(deserialize_with = "list")]
    pub services: Vec<String>,
    /// The labels of every line.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "texts")]
    pub labels: BTreeMap<String, String>,
}

/// A service. Unset fields are not serialized: Pebble would take an explicit default for a change and restart the service.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Service {
    /// The override policy, `replace` by default.
    #[serde(rename = "override")]
    pub override_word: String,
    /// `enabled` if a replan starts it; anything else means `disabled`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub startup: String,
    /// Program and arguments, split as a shell would.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Variables in addition to Pebble's own; they contain secrets.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "texts")]
    pub environment: BTreeMap<String, String>,
    /// The name of the user that runs it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The name of the group that runs it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The working directory.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// The time between SIGTERM and SIGKILL.
    #[serde(with = "duration", skip_serializing_if = "Option::is_none")]
    pub kill_delay: Option<Duration>,
    /// Fields that the charm does not set, kept so that they are compared, too.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// A health check. Unset fields are not serialized: Pebble would take an explicit default for a change and restart the check,
/// except for the threshold, which the plan always contains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Check {
    /// The override policy, `replace` by default.
    #[serde(rename = "override")]
    pub override_word: String,
    /// `alive` or `ready`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub level: String,
    /// `disabled` if no layer and no replan starts it; one that runs goes on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub startup: String,
    /// The time between two runs.
    #[serde(with = "duration", skip_serializing_if = "Option::is_none")]
    pub period: Option<Duration>,
    /// The time limit of one run.
    #[serde(with = "duration", skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// Failed runs in a row after which it is down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u64>,
    /// The request to a web server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpCheck>,
    /// The command to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<ExecCheck>,
    /// Fields that the charm does not set, kept so that they are compared, too.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// A check that requests a URL.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpCheck {
    /// The URL, which must answer with a 2xx status.
    pub url: String,
    /// Fields that the charm does not set.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// A check that runs a command.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecCheck {
    /// Program and arguments; the exit code must be 0.
    pub command: String,
    /// Fields that the charm does not set.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

impl Default for LogTarget {
    fn default() -> Self {
        Self {
            override_word: REPLACE.to_owned(),
            kind: String::new(),
            location: String::new(),
            services: Vec::new(),
            labels: BTreeMap::new(),
        }
    }
}

impl Default for Service {
    fn default() -> Self {
        Self {
            override_word: REPLACE.to_owned(),
            startup: String::new(),
            command: String::new(),
            environment: BTreeMap::new(),
            user: String::new(),
            group: String::new(),
            working_dir: String::new(),
            kill_delay: None,
            others: BTreeMap::new(),
        }
    }
}

impl Default for Check {
    fn default() -> Self {
        Self {
            override_word: REPLACE.to_owned(),
            level: String::new(),
            startup: String::new(),
            period: None,
            timeout: None,
            threshold: None,
            http: None,
            exec: None,
            others: BTreeMap::new(),
        }
    }
}

/// Shows the names of variables, not their values.
impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("override", &self.override_word)
            .field("startup", &self.startup)
            .field("command", &self.command)
            .field("environment", &masked(&self.environment))
            .field("user", &self.user)
            .field("group", &self.group)
            .field("working_dir", &self.working_dir)
            .field("kill_delay", &self.kill_delay)
            .field("others", &self.others.keys())
            .finish()
    }
}

pub(super) fn masked(environment: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    environment.keys().map(|name| (name.as_str(), MASK)).collect()
}

/// Parses a plan.
///
/// *Empty*: the text is no plan, or takes longer to parse than any plan that Pebble prints.
fn parse(text: &str) -> Option<Plan> {
    let is_affordable = text.len() <= LONGEST && is_shallow(text);
    is_affordable.then(|| serde_yaml::from_str(text).ok()).flatten()
}

/// A section of a plan, empty if it is null.
fn items<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A list of names, empty if it is null.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A map of scalars as strings, empty if it is null; Pebble reads it the same way.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let values: Option<BTreeMap<String, Value>> = Option::deserialize(deserializer)?;
    values.unwrap_or_default().into_iter().map(|(name, value)| Ok((name, text(value)?))).collect()
}

fn text<E: Error>(value: Value) -> Result<String, E> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) => Ok(text),
        _ => Err(E::custom("not a scalar")),
    }
}

impl Pebble {
    /// The plan that all layers make together.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails.
    pub async fn plan(&self) -> Result<Plan, PebbleError> {
        let request = Request::get("/v1/plan", READ).with("format", "yaml");
        let name = request.name();
        let text: String = self.read(request, "a plan").await?;
        parse(&text).ok_or_else(|| PebbleError::protocol(&name, "the result is not a plan"))
    }

    /// Adds a layer to the plan, or combines it with the one of this label. Checks change at once, services at the next replan.
    ///
    /// # Errors
    ///
    /// [`PebbleError`] if the request fails. After a timeout, the plan may have changed nevertheless.
    pub async fn add_layer(&self, label: &str, layer: &Layer) -> Result<(), PebbleError> {
        let text = yaml_safe_json(layer).map_err(|_| PebbleError::protocol("serialize a layer", "it is not JSON"))?;
        let body = json!({"action": "add", "combine": true, "label": label, "format": "yaml", "layer": text});
        self.call(Request::post("/v1/layers", body, LAYER)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        parse(text).unwrap()
    }

    #[test]
    fn a_text_that_is_longer_than_any_plan_is_none() {
        let padded = |length: usize| format!("services:\n{}", "#".repeat(length - 10));
        assert!([LONGEST, LONGEST + 1].map(|length| parse(&padded(length)).is_some()) == [true, false]);
    }

    #[test]
    fn sections_may_be_missing_or_null() {
        assert_eq!(
            [plan("{}\n"), plan("services:\nchecks: null\nlog-targets: {}\n")],
            [Plan::default(), Plan::default()]
        );
    }

    #[test]
    fn a_log_target_of_another_owner_may_lack_any_field() {
        let read =
            plan("log-targets: {a: {type: syslog, services: , labels: {n: 1}}}").log_targets.remove("a").unwrap();
        let labels = BTreeMap::from([("n".to_owned(), "1".to_owned())]);
        assert_eq!(read, LogTarget { kind: "syslog".to_owned(), labels, ..LogTarget::default() });
    }

    #[test]
    fn durations_are_compared_as_durations() {
        let [spelled, other] =
            ["60s", "1m0s"].map(|text| plan(&format!("services: {{a: {{override: replace, kill-delay: {text}}}}}")));
        assert_eq!(spelled, other);
    }

    #[test]
    fn values_of_variables_are_strings_whatever_their_yaml_type() {
        let service =
            plan("services: {a: {environment: {A: 1, B: \"off\", C: true, D: }}}").services.remove("a").unwrap();
        let texts: Vec<_> = service.environment.into_iter().collect();
        let expected = [("A", "1"), ("B", "off"), ("C", "true"), ("D", "")];
        assert_eq!(texts, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn services_that_differ_in_an_unknown_field_are_different() {
        let [one, other] =
            ["", ", backoff-factor: 1.5"].map(|more| plan(&format!("services: {{a: {{command: x{more}}}}}")));
        assert_ne!(one, other);
    }

    #[test]
    fn a_layer_contains_only_fields_that_are_set() {
        let service = Service {
            command: "/srv/scripts/launch".to_owned(),
            environment: BTreeMap::from([("A".to_owned(), "b\u{2028}".to_owned())]),
            kill_delay: Some(Duration::from_secs(25)),
            ..Service::default()
        };
        let layer = Layer { services: BTreeMap::from([("web".to_owned(), service)]), ..Layer::default() };
        let set =
            r#""override":"replace","command":"/srv/scripts/launch","environment":{"A":"b\u2028"},"kill-delay":"25s""#;
        assert_eq!(yaml_safe_json(&layer).unwrap(), format!(r#"{{"services":{{"web":{{{set}}}}}}}"#));
    }

    #[test]
    fn debug_output_of_a_service_masks_the_values_of_variables() {
        let service =
            Service { environment: BTreeMap::from([("KEY".to_owned(), "hunter2".to_owned())]), ..Service::default() };
        let shown = format!("{service:?}");
        assert!(shown.contains(r#"{"KEY": "***"}"#) && !shown.contains("hunter2"), "{shown}");
    }
}
