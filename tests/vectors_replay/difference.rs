//! One fact that differs between a recording and a play, and what it depends on.

use serde_json::{Value, json};

use super::{
    before::Before,
    facts::Outcome,
    recording::{Bag, Recording},
};

/// A fact that differs, and what it depends on.
pub struct Difference<'a> {
    /// The whole vector.
    pub recording: &'a Recording,
    /// The fact of the Python charm.
    pub recorded: Option<&'a Value>,
    /// The fact of this charm.
    pub played: Option<&'a Value>,
    /// All facts of this charm.
    pub all: &'a Outcome,
}

impl Difference<'_> {
    /// Whether the leader now requests what was not requested before.
    pub fn requests(&self, expected: &Value) -> bool {
        self.recorded.is_none() && self.played == Some(expected) && self.recording.input.leader
    }

    /// The password that a unit of Redis offers.
    pub fn offered_password(&self) -> Option<Value> {
        let units = self.recording.relation("redis")?.remote_units_data.values();
        units.into_iter().find_map(|bag| bag.get("password")).map(|password| json!(password))
    }

    /// Whether the data of a required relation is incomplete.
    pub fn has_incomplete_data(&self) -> bool {
        let database = self.recording.relation("database").map(|relation| &relation.remote_app_data);
        let has_endpoint = database.is_some_and(|bag| bag.get("endpoints").is_some_and(|text| text.contains(':')));
        let redis = self.recording.relation("redis");
        let has_redis = redis.is_some_and(|relation| {
            let hosts = |bag: &Bag| bag.get("hostname").is_some_and(|host| host != "None");
            let is_led = relation.remote_app_data.contains_key("leader-host");
            relation.remote_units_data.values().any(|bag| bag.contains_key("port") && (is_led || hosts(bag)))
        });
        !has_endpoint || self.recording.credentials().is_none() || !has_redis
    }

    /// Whether the Python charm failed the hook.
    pub fn crashed(&self) -> bool {
        self.recording.output.exception.is_some()
    }

    /// Whether options that the charm accepts differ from those of the running environment.
    pub fn has_new_options(&self) -> bool {
        let before = Before::of(self.recording).map(|before| before.config).unwrap_or_default();
        let is_new = |(option, value): (&String, &Value)| before.get(option) != Some(value);
        let are_refused = self.status() == "blocked" && self.recording.relation("saml").is_none();
        !are_refused && self.recording.input.config.iter().any(is_new)
    }

    /// The newest content of the one secret that has a key.
    pub fn newest(&self, key: &str) -> Option<Value> {
        let contents = self.recording.input.secrets.iter().map(|it| it.latest_content.as_ref().unwrap_or(&it.content));
        contents.into_iter().find_map(|content| content.get(key)).map(|text| json!(text))
    }

    /// Whether a secret of the identity provider has changed.
    pub fn has_new_secret(&self) -> bool {
        let before = self.recording.environment_before();
        let before = before.and_then(|variables| variables.get("DISCOURSE_OPENID_CONNECT_CLIENT_SECRET"));
        self.variable("DISCOURSE_OPENID_CONNECT_CLIENT_SECRET")
            .is_some_and(|now| before.is_some_and(|old| json!(old) != *now))
    }

    /// Whether options that were set before the hook take effect now, which the Python charm did not look at.
    pub fn follows_earlier_options(&self) -> bool {
        self.recorded == Some(&json!(false)) && self.played == Some(&json!(true)) && self.has_new_options()
    }

    /// An option that the operator has set.
    pub fn option(&self, name: &str) -> Option<&Value> {
        self.recording.input.config.get(name)
    }

    /// Whether an option is set to true.
    pub fn is_true(&self, option: &str) -> bool {
        self.option(option) == Some(&json!(true))
    }

    /// A variable of this charm.
    pub fn variable(&self, name: &str) -> Option<&Value> {
        self.all.facts.get(&format!("variable {name}"))
    }

    /// Whether this charm leaves the server without any variable.
    pub fn has_no_environment(&self) -> bool {
        !self.all.facts.keys().any(|name| name.starts_with("variable "))
    }

    /// The status of this charm.
    pub fn status(&self) -> &str {
        self.all.facts.get("status").and_then(Value::as_str).unwrap_or_default()
    }

    /// The fact of this charm as text, empty if it is none.
    pub fn played_text(&self) -> &str {
        self.played.and_then(Value::as_str).unwrap_or_default()
    }

    /// What a remote application publishes under a key.
    pub fn remote(&self, endpoint: &str, key: &str) -> Option<Value> {
        self.recording.relation(endpoint)?.remote_app_data.get(key).map(|text| json!(text))
    }

    /// Whether a required relation does not exist.
    pub fn is_missing_relation(&self) -> bool {
        let is_broken = |endpoint| {
            self.recording.event.dispatch_path.ends_with("-relation-broken")
                && self.recording.event.endpoint.as_deref() == Some(endpoint)
        };
        ["database", "redis"]
            .into_iter()
            .any(|endpoint| self.recording.relation(endpoint).is_none() || is_broken(endpoint))
    }

    /// Whether an action's e-mail address has characters that separate arguments of a command.
    pub fn has_malformed_address(&self) -> bool {
        let email = self.recording.event.params.get("email").and_then(Value::as_str);
        email.is_some_and(|email| email.contains([',', '[', ']', ' ']))
    }

    /// Whether the fact is the port of the first endpoint of the database.
    pub fn is_endpoint_port(&self) -> bool {
        let endpoints = self.remote("database", "endpoints").and_then(|text| text.as_str().map(str::to_owned));
        endpoints.is_none_or(|endpoints| {
            endpoints.split(',').next().unwrap_or_default().ends_with(&format!(":{}", self.played_text()))
        })
    }

    /// Whether this is the host or the port of a server that only reads, and not the primary.
    pub fn is_part_of_replica(&self) -> bool {
        let list =
            |key| self.remote("database", key).and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default();
        let primary = list("endpoints");
        let mut others = list("read-only-endpoints");
        others.retain(|c| c != ' ');
        let parts =
            others.split(',').filter(|it| Some(*it) != primary.split(',').next()).filter_map(|it| it.rsplit_once(':'));
        parts.into_iter().any(|(host, port)| [host, port].contains(&self.played_text()))
    }

    /// The Python charm asked for a replan, but its service had the same environment before.
    pub fn is_unneeded_replan(&self) -> bool {
        let plan = self.recording.output.container.as_ref().map(|left| &left.plan);
        let after = plan.and_then(|plan| plan.services.get("discourse")).map(|service| &service.environment);
        self.recorded == Some(&json!(true)) && after == self.recording.environment_before()
    }

    /// Whether Redis has another host than before, or a password.
    pub fn has_new_redis(&self) -> bool {
        let before = self.recording.environment_before().and_then(|variables| variables.get("DISCOURSE_REDIS_HOST"));
        let is_new = |now: &Value| before.is_some_and(|host| json!(host) != *now);
        self.variable("DISCOURSE_REDIS_HOST").is_some_and(is_new) || self.variable("DISCOURSE_REDIS_PASSWORD").is_some()
    }
}
