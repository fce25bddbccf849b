//! Alert rules as they travel: final names of groups, and labels that say whose they are.
//!
//! *Source*: library `cosl` version 1.11, module `rules`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::topology::Topology;

/// The content of a rule file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleFile {
    /// Its groups.
    pub groups: Vec<Group>,
}

/// Rules that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// The name, unique in the file.
    pub name: String,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// The name of the alert.
    pub alert: String,
    /// What a person reads.
    pub annotations: BTreeMap<String, String>,
    /// When it is pending.
    pub expr: String,
    /// How long it must be pending to fire.
    #[serde(rename = "for")]
    pub duration: String,
    /// What it is routed by.
    pub labels: BTreeMap<String, String>,
}

/// The rules of embedded files, ready for the other side; a test holds that each file can be read.
pub(super) fn document(files: &[&str], topology: &Topology) -> Value {
    let groups = files.iter().flat_map(|text| read(text).unwrap_or_default().groups);
    let groups: Vec<Group> = groups.map(|group| labelled(group, topology)).collect();
    json!({ "groups": groups })
}

/// The content of a rule file.
pub(crate) fn read(text: &str) -> Result<RuleFile, serde_yaml::Error> {
    serde_yaml::from_str(text)
}

fn labelled(mut group: Group, topology: &Topology) -> Group {
    for rule in &mut group.rules {
        for (label, value) in topology.rule_labels() {
            rule.labels.entry(label.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    Group { name: final_name(&topology.identifier(), &group.name), ..group }
}

/// The name that the other side would give the group; it leaves such a name alone.
fn final_name(identifier: &str, group: &str) -> String {
    let suffix = if group.ends_with("_rules") { "" } else { "_rules" };
    let name = format!("{identifier}_{group}{suffix}");
    name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | ':') { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::topology::example;

    const FILE: &str = "
groups:
  - name: a-b
    rules:
      - alert: Down
        expr: up == 0
        for: 5m
        labels: {severity: critical, juju_model: chosen}
        annotations: {summary: Gone}
";

    #[test]
    fn rules_gain_a_final_name_and_the_labels_that_they_do_not_set() {
        let labels = json!({
            "severity": "critical",
            "juju_model": "chosen",
            "juju_model_uuid": "6f1e2c53-9a41-4d7b-8c0e-3b5a7d9f2e14",
            "juju_application": "discourse-k8s",
            "juju_charm": "discourse-k8s",
        });
        let annotations = json!({"summary": "Gone"});
        let rule =
            json!({"alert": "Down", "expr": "up == 0", "for": "5m", "labels": labels, "annotations": annotations});
        let group = json!({"name": "forum_prod_6f1e2c53_discourse_k8s_a_b_rules", "rules": [rule]});
        assert_eq!(document(&[FILE], &example()), json!({"groups": [group]}));
    }

    #[test]
    fn a_suffix_that_is_there_is_not_added_again() {
        assert_eq!(final_name("m_1_a", "x:y.z_rules"), "m_1_a_x:y_z_rules");
    }
}
