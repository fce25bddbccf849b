//! When the workload is idle, as far as it will ever be.

use super::Stage;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// How often the workload is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How often, where time costs nothing.
const DRIVEN_INTERVAL: Duration = Duration::from_secs(1);

/// How long an agent takes until it looks at the Pebbles of a unit that has started, which is as long as a check of one second needs.
const FIRST_LOOK: Duration = Duration::from_millis(1500);

/// What was seen of the checks, and since when.
pub(super) struct IdleWatch {
    timeout: Duration,
    /// Since when nothing but waiting was done.
    since: Option<Instant>,
    /// Whether the last look found nothing that is about to change.
    is_calm: bool,
    seen: BTreeMap<(String, String), (Signs, Instant)>,
}

/// The state of every check of a container that is not up for good.
type Signs = Vec<(String, String)>;

impl IdleWatch {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, since: None, is_calm: false, seen: BTreeMap::new() }
    }

    /// A hook is about to be looked for.
    pub(super) fn begin(&mut self) {
        self.since = None;
        self.is_calm = false;
    }

    /// Whether a calm workload was found calm before: what it did until then has been seen by the agents since.
    fn is_settled(&mut self) -> bool {
        std::mem::replace(&mut self.is_calm, true)
    }

    /// Whether the workload has wavered for so long that it will never go idle.
    fn is_hopeless(&mut self, now: Instant) -> bool {
        now - *self.since.get_or_insert(now) > self.timeout * 4
    }

    /// Whether these signs of trouble are too old to change.
    fn is_over(&mut self, now: Instant, unit: &str, container: &str, signs: Signs) -> bool {
        let key = (unit.to_owned(), container.to_owned());
        if signs.is_empty() {
            self.seen.remove(&key);
            return true;
        }
        match self.seen.get(&key) {
            Some((before, since)) if *before == signs => now - *since >= self.timeout,
            _ => {
                self.seen.insert(key, (signs, now));
                false
            }
        }
    }
}

impl Stage {
    /// Waits a moment if a check is still about to change; returns whether the agents must look again.
    pub(super) fn wait_for_workload(&mut self) -> bool {
        let (mut is_busy, now) = (self.is_list_behind(), self.clock.now());
        for (unit, unit_pod) in &self.pods {
            for container in unit_pod.pod.containers() {
                let signs = signs(|path| unit_pod.pod.read(container, path));
                is_busy |= !self.idle.is_over(now, unit, container, signs);
            }
        }
        if !is_busy {
            return !self.idle.is_settled();
        }
        self.idle.is_calm = false;
        if self.idle.is_hopeless(now) {
            return false;
        }
        self.wait_a_moment();
        true
    }

    fn wait_a_moment(&self) {
        if self.clock.drive().is_some() {
            self.clock.pause(DRIVEN_INTERVAL);
        } else {
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Waits after the start of a unit until the agent looks at its Pebbles: the first checks have run by then.
    pub(super) fn await_first_checks(&self, unit: &str) {
        let Some(pod) = self.pods.get(unit).map(|unit_pod| &unit_pod.pod) else { return };
        let until = self.clock.now() + self.clock.scaled(FIRST_LOOK);
        let is_untried = |container: &str| has_only_new_checks(|path| pod.read(container, path));
        while self.clock.now() < until && pod.containers().any(is_untried) {
            self.wait_a_moment();
        }
    }
}

/// Whether there are checks, and what the first of them finds is still to come.
fn has_only_new_checks(read: impl Fn(&str) -> Option<Value>) -> bool {
    let list = |path| read(path).and_then(|found| found.as_array().cloned()).unwrap_or_default();
    let (checks, changes) = (list("/v1/checks"), list("/v1/changes"));
    let mut active = checks.iter().filter(|check| text(check, "status") != "inactive").peekable();
    let is_new = |check: &Value| {
        let count = |key| check.get(key).and_then(Value::as_u64);
        count("failures").unwrap_or_default() == 0 && count("successes") == Some(0) || is_behind(check, &changes)
    };
    active.peek().is_some() && active.all(is_new)
}

/// Checks that have not run yet, are failing, or whose change still has to follow; one that is down matters only while a service may
/// still raise it.
fn signs(read: impl Fn(&str) -> Option<Value>) -> Signs {
    let list = |path| read(path).and_then(|found| found.as_array().cloned());
    let Some(checks) = list("/v1/checks") else { return vec![("pebble".to_owned(), "away".to_owned())] };
    let services = list("/v1/services").unwrap_or_default();
    let changes = list("/v1/changes").unwrap_or_default();
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
    let mut found: Signs =
        checks.iter().filter(trouble).map(|check| (text(check, "name"), text(check, "status"))).collect();
    found.extend(
        checks.iter().filter(|check| is_behind(check, &changes)).map(|check| (text(check, "name"), "moves".to_owned())),
    );
    found
}

/// Whether a check has a new status, and its change does not show it yet: the notice of it is still to come.
fn is_behind(check: &Value, changes: &[Value]) -> bool {
    let due = match text(check, "status").as_str() {
        "up" => "perform-check",
        "down" => "recover-check",
        _ => return false,
    };
    let id = text(check, "change-id");
    !id.is_empty() && !changes.iter().any(|change| text(change, "id") == id && text(change, "kind") == due)
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
