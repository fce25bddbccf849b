//! Notices of Pebble, as far as Juju makes hooks of them.

use super::container::Container;
use crate::hook::WorkloadStep;
use serde_json::Value;

/// Notices in their order, and where to go on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Notices {
    /// What happened.
    pub steps: Vec<WorkloadStep>,
    /// To be given as `after` next time; none if there was no new notice of any kind.
    pub last: Option<String>,
}

/// How often a change is noticed that begins when a check goes down and ends when it comes up.
const STEPS_OF_A_RECOVERY: u64 = 4;

/// Reads what was noticed after `after`, by whatever user of the workload.
///
/// *Source*: Juju 3.6.25 and 4.0.14, `internal/worker/uniter/pebblenotices.go`. Earlier ones see root's own and public notices only.
pub(super) fn read(container: &Container, after: Option<&str>) -> Notices {
    let since = after.map(|after| format!("&after={after}")).unwrap_or_default();
    let found = container.get(&format!("/v1/notices?users=all&types=custom,change-update{since}"));
    let notices = found.and_then(|found| found.as_array().cloned()).unwrap_or_default();
    let last = notices.last().and_then(|notice| text(notice, "last-repeated"));
    let told = |notice: &Value| {
        let times = if after.is_some() { times(notice) } else { 1 };
        step(container, notice).into_iter().flat_map(move |step| std::iter::repeat_n(step, times))
    };
    Notices { steps: notices.iter().flat_map(told).collect(), last }
}

/// How often an agent that waits for notices is told: of a check that was stopped while it was down usually twice, since its
/// change comes to its end in more steps than that of a check that came up.
fn times(notice: &Value) -> usize {
    let is_recovery = notice.pointer("/last-data/kind").is_some_and(|kind| kind == "recover-check");
    let occurrences = notice.get("occurrences").and_then(Value::as_u64).unwrap_or_default();
    if is_recovery && occurrences > STEPS_OF_A_RECOVERY { 2 } else { 1 }
}

fn step(container: &Container, notice: &Value) -> Option<WorkloadStep> {
    let key = text(notice, "key")?;
    if text(notice, "type")? == "custom" {
        return Some(WorkloadStep::CustomNotice { id: text(notice, "id")?, key });
    }
    let data = notice.get("last-data")?;
    let check = text(data, "check-name")?;
    let status = || text(&container.get(&format!("/v1/changes/{key}"))?, "status");
    match text(data, "kind")?.as_str() {
        "perform-check" if status()? == "Error" => Some(WorkloadStep::CheckFailed { check }),
        "recover-check" if status()? == "Done" => Some(WorkloadStep::CheckRecovered { check }),
        _ => None,
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    Some(value.get(key)?.as_str()?.to_owned())
}
