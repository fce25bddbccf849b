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

/// Reads what was noticed after `after`.
///
/// *Source*: Juju 3.6, `internal/worker/uniter/pebblenoticer.go`.
pub(super) fn read(container: &Container, after: Option<&str>) -> Notices {
    let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    let found = container.get(&format!("/v1/notices?types=custom,change-update{after}"));
    let notices = found.and_then(|found| found.as_array().cloned()).unwrap_or_default();
    let last = notices.last().and_then(|notice| text(notice, "last-repeated"));
    Notices { steps: notices.iter().filter_map(|notice| step(container, notice)).collect(), last }
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
