//! The plan: services and checks as configured; and layers that change it.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::json;
use serde_yaml::Value;

use crate::{
    juju::yaml_safe_json,
    pebble::{
        Pebble, PebbleError, duration,
        transport::{LAYER, READ, Request},
    },
    secret::MASK,
};

/// The word by which an item takes the place of one with the same name below it.
const REPLACE: &str = "replace";

/// What Pebble is configured to run.
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

/// Services, checks and log targets to be laid over the plan. What it does not name stays; nothing can be removed.
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

/// Where Pebble sends what services print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct LogTarget {
    /// `replace` by default.
    #[serde(rename = "override")]
    pub override_word: String,
    /// The kind of receiver, such as `loki`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The URL that takes the lines. A new one under the same name is ignored.
    pub location: String,
    /// The services; `-all` for none.
    #[serde(deserialize_with = "list")]
    pub services: Vec<String>,
    /// Labels of every line.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "texts")]
    pub labels: BTreeMap<String, String>,
}

/// A service. Two that are equal are the same to Pebble; a field that is unset is left out, since a default written out restarts
/// a service.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Service {
    /// `replace` by default.
    #[serde(rename = "override")]
    pub override_word: String,
    /// `enabled`; anything else means not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub startup: String,
    /// Program and arguments, split like a shell does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// Variables, over Pebble's own; they hold secrets.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "texts")]
    pub environment: BTreeMap<String, String>,
    /// Name of the user that runs it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Name of the user's group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Folder that it runs in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// Time from SIGTERM to SIGKILL.
    #[serde(with = "duration", skip_serializing_if = "Option::is_none")]
    pub kill_delay: Option<Duration>,
    /// Fields that the charm does not set, kept so that a difference in them shows.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// A health check. A field that is unset is left out: a default written out starts a check anew, but for the threshold, which
/// the plan always names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Check {
    /// `replace` by default.
    #[serde(rename = "override")]
    pub override_word: String,
    /// `alive` or `ready`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub level: String,
    /// Time between two runs.
    #[serde(with = "duration", skip_serializing_if = "Option::is_none")]
    pub period: Option<Duration>,
    /// Time for one run.
    #[serde(with = "duration", skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// Failures in a row that take it down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u64>,
    /// Asks a web server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpCheck>,
    /// Runs a command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<ExecCheck>,
    /// Fields that the charm does not set, kept so that a difference in them shows.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// What a check asks of a web server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpCheck {
    /// Address that must answer with a 2xx status.
    pub url: String,
    /// Fields that the charm does not set.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// What a check runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecCheck {
    /// Program and arguments; it must exit with 0.
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
            period: None,
            timeout: None,
            threshold: None,
            http: None,
            exec: None,
            others: BTreeMap::new(),
        }
    }
}

/// Shows names of variables, not values.
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

/// A section of a plan; one without a value is empty.
fn items<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A list of names; one without a value is empty.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A map of scalars, as texts; one without a value is empty, as Pebble takes it.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let values: Option<BTreeMap<String, Value>> = Option::deserialize(deserializer)?;
    values.unwrap_or_default().into_iter().map(|(name, value)| Ok((name, text(value)?))).collect()
}

fn text<E: Error>(value: Value) -> Result<String, E> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) => Ok(text),
        _ => Err(E::custom("not a text")),
    }
}

impl Pebble {
    /// What Pebble is configured to run, all layers together.
    ///
    /// # Errors
    ///
    /// Those of every request.
    pub async fn plan(&self) -> Result<Plan, PebbleError> {
        let request = Request::get("/v1/plan", READ).with("format", "yaml");
        let name = request.name();
        let text: String = self.read(request, "a plan").await?;
        serde_yaml::from_str(&text).map_err(|_| PebbleError::protocol(&name, "the result is not a plan"))
    }

    /// Lays a layer over the plan, or over what this label said before. Checks follow at once, services at the next replan.
    ///
    /// # Errors
    ///
    /// Those of every request; after a timeout the plan may be changed all the same.
    pub async fn add_layer(&self, label: &str, layer: &Layer) -> Result<(), PebbleError> {
        let text = yaml_safe_json(layer).map_err(|_| PebbleError::protocol("write a layer", "it is not JSON"))?;
        let body = json!({"action": "add", "combine": true, "label": label, "format": "yaml", "layer": text});
        self.call(Request::post("/v1/layers", body, LAYER)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn a_plan_of_nothing_is_empty() {
        assert_eq!(
            [plan("{}\n"), plan("services:\nchecks: null\nlog-targets: {}\n")],
            [Plan::default(), Plan::default()]
        );
    }

    #[test]
    fn a_log_target_of_others_is_read_whatever_it_leaves_out() {
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
    fn values_of_variables_are_texts_whatever_yaml_takes_them_for() {
        let service =
            plan("services: {a: {environment: {A: 1, B: \"off\", C: true, D: }}}").services.remove("a").unwrap();
        let texts: Vec<_> = service.environment.into_iter().collect();
        let expected = [("A", "1"), ("B", "off"), ("C", "true"), ("D", "")];
        assert_eq!(texts, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_field_that_the_charm_does_not_know_makes_a_service_another_one() {
        let [one, other] =
            ["", ", backoff-factor: 1.5"].map(|more| plan(&format!("services: {{a: {{command: x{more}}}}}")));
        assert_ne!(one, other);
    }

    #[test]
    fn a_layer_names_only_what_is_set() {
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
    fn a_service_is_shown_without_the_values_of_its_variables() {
        let service =
            Service { environment: BTreeMap::from([("KEY".to_owned(), "hunter2".to_owned())]), ..Service::default() };
        let shown = format!("{service:?}");
        assert!(shown.contains(r#"{"KEY": "***"}"#) && !shown.contains("hunter2"), "{shown}");
    }
}
