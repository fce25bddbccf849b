//! What the stage writes down when it is asked to.

use super::Stage;
use crate::{
    hook::HookRun,
    record::{Plans, Record},
};

impl Stage {
    /// All that has happened.
    ///
    /// *Empty*: the builder was not asked for a [record](crate::Builder::recorded).
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// All that has happened, to write an expectation into it.
    pub fn record_mut(&mut self) -> Option<&mut Record> {
        self.record.as_mut()
    }

    /// A part of the life begins: in the record, hooks and expectations belong to it from now on.
    pub fn mark(&mut self, text: &str) {
        if let Some(record) = &mut self.record {
            record.step(text);
        }
    }

    /// Writes an act of the operator or of Kubernetes down.
    pub(super) fn record_act(&mut self, words: impl FnOnce() -> String) {
        if let Some(record) = &mut self.record {
            record.act(&words());
        }
    }

    /// Writes down what changed since the last hook.
    pub(super) fn record_change(&mut self) {
        if let Some(record) = &mut self.record {
            record.look(&self.model);
        }
    }

    /// Writes a hook down, with the plans that it left.
    pub(super) fn record_hook(&mut self, run: &HookRun) {
        if self.record.is_some() {
            let plans = self.plans(&run.unit);
            if let Some(record) = &mut self.record {
                record.hook(run, &self.model, plans);
            }
        }
    }

    /// What each Pebble in a unit's pod runs; one that does not answer runs nothing.
    fn plans(&self, unit: &str) -> Plans {
        let Some(pod) = self.pods.get(unit).map(|unit_pod| &unit_pod.pod) else { return Plans::new() };
        let plan = |container: &str| Some(((unit.to_owned(), container.to_owned()), self.plan(unit, container)?));
        pod.containers().filter_map(plan).collect()
    }

    /// The plan of a container's Pebble, in YAML.
    ///
    /// *Empty*: there is no such container, or its Pebble does not answer.
    #[must_use]
    pub fn plan(&self, unit: &str, container: &str) -> Option<String> {
        let pod = &self.pods.get(unit)?.pod;
        Some(pod.read(container, "/v1/plan?format=yaml")?.as_str()?.to_owned())
    }
}
