//! What the model holds at one moment, as paths with values.

use crate::model::{Application, End, Model, Owner, Relation, Status, Unit, ports};
use serde_json::Value;
use std::collections::BTreeMap;

/// The plan of each container's Pebble, by unit and container.
pub type Plans = BTreeMap<(String, String), String>;

type Path = Vec<String>;

/// Paths as `units, app/0, status` with their values.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    values: BTreeMap<Path, String>,
}

impl Snapshot {
    /// What is there now.
    pub(super) fn of(model: &Model, plans: Plans) -> Self {
        let mut snapshot = Self::default();
        model.applications.values().for_each(|application| snapshot.application(model, application));
        for (name, unit) in &model.units {
            snapshot.unit(model, name, unit);
        }
        for relation in model.relations.values() {
            snapshot.relation(relation);
        }
        snapshot.secrets(model);
        for ((unit, container), plan) in plans.into_iter().filter(|((unit, _), _)| model.units.contains_key(unit)) {
            snapshot.put(&["plans", &unit, &container], plan);
        }
        snapshot
    }

    /// The plans in it.
    pub(super) fn plans(&self) -> Plans {
        let plan = |(path, value): (&Path, &String)| match path.as_slice() {
            [kind, unit, container] if kind == "plans" => Some(((unit.clone(), container.clone()), value.clone())),
            _ => None,
        };
        self.values.iter().filter_map(plan).collect()
    }

    /// What is otherwise than before; none where something is gone.
    pub(super) fn since(&self, before: &Self) -> Vec<(Path, Option<String>)> {
        let changed = self.values.iter().filter(|(path, value)| before.values.get(*path) != Some(value));
        let gone = before.values.keys().filter(|path| !self.values.contains_key(*path));
        let gone = gone.map(|path| (path.clone(), None));
        changed.map(|(path, value)| (path.clone(), Some(value.clone()))).chain(gone).collect()
    }

    fn put(&mut self, path: &[&str], value: impl Into<String>) {
        self.values.insert(path.iter().map(|&word| word.to_owned()).collect(), value.into());
    }

    fn status(&mut self, kind: &str, name: &str, status: &Status) {
        self.put(&[kind, name, "status"], status.status.word());
        self.put(&[kind, name, "message"], status.message.as_str());
    }

    fn application(&mut self, model: &Model, application: &Application) {
        if model.units_of(&application.name).next().is_none() {
            return;
        }
        self.status("applications", &application.name, &application.status);
        for (option, value) in &application.config {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.put(&["config", &application.name, option], value);
        }
    }

    /// The agent's error hides the status that the charm set.
    fn unit(&mut self, model: &Model, name: &str, unit: &Unit) {
        let shown = if unit.is_in_error() { &unit.agent_status } else { &unit.status };
        self.status("units", name, shown);
        if model.is_leader(name) {
            self.put(&["units", name, "leader"], "yes");
        }
        let ports = ports::shown(&unit.opened_ports).join(", ");
        for (key, value) in [("version", unit.workload_version.trim()), ("ports", &ports)] {
            if !value.is_empty() {
                self.put(&["units", name, key], value);
            }
        }
    }

    fn relation(&mut self, relation: &Relation) {
        let id = relation.id.to_string();
        let names: Vec<String> = relation.ends.iter().map(End::name).collect();
        self.put(&["relations", &id], names.join(" – "));
        let apps = relation.ends.iter().map(|end| (&end.application, &end.app));
        for (owner, bag) in apps.chain(relation.ends.iter().flat_map(|end| &end.units)) {
            for (key, value) in bag {
                self.put(&["bags", &id, owner, key], value.as_str());
            }
        }
    }

    /// Of a secret there is whatever is not its content.
    fn secrets(&mut self, model: &Model) {
        for (id, secret) in &model.secrets {
            let owner = match &secret.owner {
                Owner::Application(name) | Owner::Unit(name) => name.as_str(),
                Owner::Operator => "the operator",
            };
            let readers = secret.access.iter().map(|access| access.target.as_str()).collect::<Vec<_>>().join(", ");
            let latest = Value::from(secret.latest()).to_string();
            let facts = [("owner", owner), ("label", secret.label.as_deref().unwrap_or_default())];
            let facts = facts.into_iter().chain([("revision", latest.as_str()), ("readers", &readers)]);
            for (key, value) in facts.filter(|(_, value)| !value.is_empty()) {
                self.put(&["secrets", id, key], value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Snapshot;

    fn snapshot(values: &[(&[&str], &str)]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (path, value) in values {
            snapshot.put(path, *value);
        }
        snapshot
    }

    #[test]
    fn a_difference_holds_what_is_new_or_other_or_gone() {
        let before = snapshot(&[(&["a", "kept"], "1"), (&["a", "other"], "1"), (&["a", "gone"], "1")]);
        let now = snapshot(&[(&["a", "kept"], "1"), (&["a", "new"], "2"), (&["a", "other"], "2")]);
        let path = |last: &str| vec!["a".to_owned(), last.to_owned()];
        let two = || Some("2".to_owned());
        assert_eq!(now.since(&before), [(path("new"), two()), (path("other"), two()), (path("gone"), None)]);
        assert_eq!(now.since(&now), []);
    }
}
