//! Juju's names for this unit, which every monitoring relation, log line and trace carries.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::juju::UnitName;

/// Juju's names for this unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Topology {
    /// The name of the model.
    pub model: String,
    /// The identity of the model.
    pub model_uuid: String,
    /// Our application, as deployed.
    pub application: String,
    /// Our unit, such as `forum/0`.
    pub unit: String,
    /// The name of the charm, whatever the application is called.
    pub charm_name: String,
}

/// The charm's own name, whatever the application is called.
const CHARM: &str = "discourse-k8s";

impl Topology {
    /// The names of a unit.
    #[must_use]
    pub fn of(unit: &UnitName, model: &str, model_uuid: &str) -> Self {
        Self {
            model: model.to_owned(),
            model_uuid: model_uuid.to_owned(),
            application: unit.application.clone(),
            unit: unit.to_string(),
            charm_name: CHARM.to_owned(),
        }
    }

    /// The short name of our application among all models: model, eight digits of its identity, application.
    #[must_use]
    pub fn identifier(&self) -> String {
        let digits: String = self.model_uuid.chars().take(8).collect();
        format!("{}_{digits}_{}", self.model, self.application).replace('/', "_")
    }

    /// The labels of a rule, which the monitoring system restricts its expression by; they name no unit.
    pub(super) fn rule_labels(&self) -> BTreeMap<&'static str, &str> {
        BTreeMap::from([
            ("juju_model", self.model.as_str()),
            ("juju_model_uuid", &self.model_uuid),
            ("juju_application", &self.application),
            ("juju_charm", &self.charm_name),
        ])
    }
}

/// The topology of the examples.
#[cfg(test)]
pub(super) fn example() -> Topology {
    Topology {
        model: "forum-prod".to_owned(),
        model_uuid: "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14".to_owned(),
        application: "discourse-k8s".to_owned(),
        unit: "discourse-k8s/0".to_owned(),
        charm_name: "discourse-k8s".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifier_is_short_and_holds_no_slash() {
        assert_eq!(example().identifier(), "forum-prod_6f1e2c53_discourse-k8s");
        let odd = Topology { model: "admin/m".to_owned(), model_uuid: "é".to_owned(), ..example() };
        assert_eq!(odd.identifier(), "admin_m_é_discourse-k8s");
    }

    #[test]
    fn as_json_it_has_the_keys_that_the_interfaces_ask_for() {
        let expected = serde_json::json!({
            "model": "forum-prod",
            "model_uuid": "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14",
            "application": "discourse-k8s",
            "unit": "discourse-k8s/0",
            "charm_name": "discourse-k8s",
        });
        assert_eq!(serde_json::to_value(example()).unwrap(), expected);
    }
}
