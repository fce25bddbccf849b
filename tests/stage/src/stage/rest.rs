//! When the workload has come to rest, as far as it will.

use super::Stage;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// How often the workload is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// What was seen of the checks, and since when.
pub(super) struct Rest {
    patience: Duration,
    /// Since when nothing but waiting was done.
    since: Option<Instant>,
    seen: BTreeMap<(String, String), (Signs, Instant)>,
}

/// The state of every check of a container that is not up for good.
type Signs = Vec<(String, String)>;

impl Rest {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, since: None, seen: BTreeMap::new() }
    }

    /// A hook is about to be looked for.
    pub(super) fn begin(&mut self) {
        self.since = None;
    }

    /// Whether the workload has wavered for so long that it will never rest.
    fn is_hopeless(&mut self) -> bool {
        self.since.get_or_insert_with(Instant::now).elapsed() > self.patience * 4
    }

    /// Whether these signs of trouble are too old to change.
    fn is_over(&mut self, unit: &str, container: &str, signs: Signs) -> bool {
        let key = (unit.to_owned(), container.to_owned());
        if signs.is_empty() {
            self.seen.remove(&key);
            return true;
        }
        match self.seen.get(&key) {
            Some((before, since)) if *before == signs => since.elapsed() >= self.patience,
            _ => {
                self.seen.insert(key, (signs, Instant::now()));
                false
            }
        }
    }
}

impl Stage {
    /// Waits a moment if a check is still about to change; tells whether it is.
    pub(super) fn wait_for_workload(&mut self) -> bool {
        let mut is_restless = false;
        for (unit, place) in &self.places {
            for container in place.pod.containers() {
                let read = |path| place.pod.read(container, path);
                let signs = signs(read("/v1/checks"), read("/v1/services"));
                is_restless |= !self.rest.is_over(unit, container, signs);
            }
        }
        if !is_restless || self.rest.is_hopeless() {
            return false;
        }
        std::thread::sleep(GLANCE);
        true
    }
}

/// Checks that have not run yet, or are failing; one that is down matters only while a service may still raise it.
fn signs(checks: Option<Value>, services: Option<Value>) -> Signs {
    let Some(Value::Array(checks)) = checks else { return vec![("pebble".to_owned(), "away".to_owned())] };
    let services = services.and_then(|services| services.as_array().cloned()).unwrap_or_default();
    let is_running =
        services.iter().any(|service| ["active", "backoff"].into_iter().any(|state| text(service, "current") == state));
    let trouble = |check: &&Value| {
        let count = |key| check.get(key).and_then(Value::as_u64).unwrap_or_default();
        match text(check, "status").as_str() {
            "up" => count("failures") > 0 || (count("successes") == 0 && check.get("successes").is_some()),
            "down" => is_running,
            _ => false,
        }
    };
    checks.iter().filter(trouble).map(|check| (text(check, "name"), text(check, "status"))).collect()
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
