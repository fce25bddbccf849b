//! Why a recorded hook ran.

use serde::Deserialize;
use serde_json::{Map, Value};
use stage::{HookEvent, RelationStep, SecretStep, WorkloadStep};

/// An event as it stands in a file; a kind or field that is not here is an error of the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    Install(Nothing),
    Start(Nothing),
    Stop(Nothing),
    Remove(Nothing),
    ConfigChanged(Nothing),
    UpgradeCharm(Nothing),
    UpdateStatus(Nothing),
    LeaderElected(Nothing),
    LeaderSettingsChanged(Nothing),
    RelationCreated(RelationEvent),
    RelationJoined(RelationEvent),
    RelationChanged(RelationEvent),
    RelationDeparted(RelationEvent),
    RelationBroken(RelationEvent),
    SecretChanged(SecretEvent),
    SecretRotate(SecretEvent),
    SecretExpired(SecretEvent),
    SecretRemove(SecretEvent),
    PebbleReady(WorkloadEvent),
    PebbleCheckFailed(WorkloadEvent),
    PebbleCheckRecovered(WorkloadEvent),
    PebbleCustomNotice(WorkloadEvent),
    Action(Action),
}

/// The event has no fields.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationEvent {
    relation: u32,
    /// For readers: it follows from the relation.
    #[serde(rename = "remote_app")]
    _remote_app: String,
    /// *Empty*: the application is meant.
    #[serde(default)]
    remote_unit: String,
    departing_unit: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretEvent {
    secret: String,
    revision: Option<u32>,
    /// For readers: it follows from the secret.
    #[serde(rename = "label")]
    _label: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadEvent {
    workload: String,
    check: Option<String>,
    /// Id, type and key.
    notice: Option<(String, String, String)>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    pub action: String,
    #[serde(default)]
    pub params: Map<String, Value>,
}

/// The number of every recorded action.
pub const ACTION: u32 = 7;

impl Event {
    /// The event as the stage runs it.
    pub fn hook(&self) -> HookEvent {
        match self {
            Self::Install(_) => HookEvent::plain("install"),
            Self::Start(_) => HookEvent::plain("start"),
            Self::Stop(_) => HookEvent::plain("stop"),
            Self::Remove(_) => HookEvent::plain("remove"),
            Self::ConfigChanged(_) => HookEvent::config_changed(),
            Self::UpgradeCharm(_) => HookEvent::plain("upgrade-charm"),
            Self::UpdateStatus(_) => HookEvent::update_status(),
            Self::LeaderElected(_) => HookEvent::plain("leader-elected"),
            Self::LeaderSettingsChanged(_) => HookEvent::plain("leader-settings-changed"),
            Self::RelationCreated(relation) => relation.hook(RelationStep::Created),
            Self::RelationJoined(relation) => relation.hook(RelationStep::Joined),
            Self::RelationChanged(relation) => relation.hook(RelationStep::Changed),
            Self::RelationDeparted(relation) => relation.hook(RelationStep::Departed),
            Self::RelationBroken(relation) => relation.hook(RelationStep::Broken),
            Self::SecretChanged(secret) => secret.hook(SecretStep::Changed),
            Self::SecretRotate(secret) => secret.hook(SecretStep::Rotate),
            Self::SecretExpired(secret) => secret.hook(SecretStep::Expired),
            Self::SecretRemove(secret) => secret.hook(SecretStep::Remove),
            Self::PebbleReady(workload) => workload.hook(WorkloadStep::Ready),
            Self::PebbleCheckFailed(workload) => workload.hook(WorkloadStep::CheckFailed { check: workload.check() }),
            Self::PebbleCheckRecovered(workload) => {
                workload.hook(WorkloadStep::CheckRecovered { check: workload.check() })
            }
            Self::PebbleCustomNotice(workload) => workload.hook(workload.custom_notice()),
            Self::Action(action) => HookEvent::Action { id: ACTION, name: action.action.clone() },
        }
    }
}

impl RelationEvent {
    fn hook(&self, step: RelationStep) -> HookEvent {
        HookEvent::Relation {
            relation: self.relation,
            step,
            unit: Some(self.remote_unit.clone()).filter(|unit| !unit.is_empty()),
            departing: self.departing_unit.clone(),
        }
    }
}

impl SecretEvent {
    fn hook(&self, step: SecretStep) -> HookEvent {
        HookEvent::Secret { id: self.secret.clone(), step, revision: self.revision }
    }
}

impl WorkloadEvent {
    fn hook(&self, step: WorkloadStep) -> HookEvent {
        HookEvent::Workload { container: self.workload.clone(), step }
    }

    fn check(&self) -> String {
        self.check.clone().unwrap_or_default()
    }

    fn custom_notice(&self) -> WorkloadStep {
        let (id, _, key) = self.notice.clone().unwrap_or_default();
        WorkloadStep::CustomNotice { id, key }
    }
}
