//! What is asked of units at once: actions, programs, single hooks, their servers.

use super::{
    hooks::Pending,
    player::{Player, Trouble},
};
use crate::{
    hook::{HookEvent, RelationStep, WorkloadStep},
    http::Question,
    model::{ActionStatus, Model},
    scene::{Exec, Hook, Http, Outcome, Run},
    stage::{ActionRun, StageError},
};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The hooks of relations, by the end of their names.
const RELATION_STEPS: [(&str, RelationStep); 5] = [
    ("-relation-created", RelationStep::Created),
    ("-relation-joined", RelationStep::Joined),
    ("-relation-changed", RelationStep::Changed),
    ("-relation-departed", RelationStep::Departed),
    ("-relation-broken", RelationStep::Broken),
];

impl Player<'_> {
    pub(super) fn run(&mut self, run: &Run) -> Result<(), Trouble> {
        let parameters: Map<String, Value> =
            run.parameters.iter().map(|(name, value)| (name.clone(), self.resolve(value))).collect();
        let pending = self.pending();
        let ended = self.stage.run(&run.unit, &run.action, parameters.into())?;
        self.judge(&ended, &run.expect, pending)
    }

    pub(super) fn exec(&mut self, exec: &Exec) -> Result<(), Trouble> {
        let words: Vec<&str> = exec.command.iter().map(String::as_str).collect();
        let pending = self.pending();
        let ended = self.stage.exec(&exec.unit, &words)?;
        let mut expected = exec.expect.clone();
        expected.results.entry("return-code").or_insert(json!(0));
        self.judge(&ended, &expected, pending)
    }

    fn judge(&mut self, ended: &ActionRun, expected: &Outcome, pending: Pending) -> Result<(), Trouble> {
        self.at_rest = false;
        ended.hook.as_ref().map_or(Ok(()), |run| self.saw(run, pending))?;
        match mismatch(ended, expected) {
            Some(text) => Err(Trouble::NotAsExpected(text)),
            None => Ok(()),
        }
    }

    pub(super) fn hook(&mut self, hook: &Hook) -> Result<(), Trouble> {
        let event = event(self.stage.model(), &hook.unit, &hook.hook)
            .ok_or_else(|| StageError::Missing { kind: "relation for hook", name: hook.hook.clone() })?;
        let pending = self.pending();
        let run = self.stage.hook(&hook.unit, &event)?;
        self.saw(&run, pending)
    }

    pub(super) fn http(&mut self, http: &Http) -> Result<(), Trouble> {
        self.named(&http.unit)?;
        let address = (self.stage.unit(&http.unit).address(), http.port);
        let place = format!("http://{}:{}{}", address.0, http.port, http.path);
        let answer = Question::get(&http.path)
            .ask(address, PATIENCE)
            .map_err(|cause| Trouble::NotAsExpected(format!("{place}: {cause}")))?;
        if answer.status != http.status {
            return Err(Trouble::NotAsExpected(format!("{place} answers with {}", answer.status)));
        }
        match &http.contains {
            Some(words) if !answer.body.contains(words) => {
                Err(Trouble::NotAsExpected(format!("{place} answers without {words:?}: {}", answer.body.trim())))
            }
            _ => Ok(()),
        }
    }
}

/// What is not as expected, if anything is not.
fn mismatch(ended: &ActionRun, expected: &Outcome) -> Option<String> {
    let results = || Value::Object(ended.results.clone());
    let status = word(ended.status);
    if status != expected.status.as_deref().unwrap_or("completed") {
        return Some(format!("it is {status}: {} {}", ended.message, results()));
    }
    if expected.message.as_ref().is_some_and(|words| !ended.message.contains(words)) {
        return Some(format!("its message is {:?}", ended.message));
    }
    let other = expected.results.iter().find(|(name, wanted)| !fits(ended.results.get(*name), wanted));
    other.map(|(name, _)| format!("{name} is not as expected in {}", results()))
}

fn fits(found: Option<&Value>, wanted: &Value) -> bool {
    match (found, wanted) {
        (Some(Value::String(text)), Value::String(words)) => text.contains(words),
        (found, wanted) => found == Some(wanted),
    }
}

const fn word(status: ActionStatus) -> &'static str {
    match status {
        ActionStatus::Pending => "pending",
        ActionStatus::Running => "running",
        ActionStatus::Completed => "completed",
        ActionStatus::Failed => "failed",
        ActionStatus::Aborted => "aborted",
        ActionStatus::Error => "error",
    }
}

/// The event behind a hook's name; nothing for a relation that is not there.
fn event(model: &Model, unit: &str, hook: &str) -> Option<HookEvent> {
    if let Some(container) = hook.strip_suffix("-pebble-ready") {
        return Some(HookEvent::Workload { container: container.to_owned(), step: WorkloadStep::Ready });
    }
    let relation = RELATION_STEPS.iter().find_map(|(end, step)| Some((hook.strip_suffix(end)?, *step)));
    let Some((endpoint, step)) = relation else { return Some(HookEvent::plain(hook)) };
    let application = crate::model::names::application_of(unit);
    let relation = model.relation(&format!("{application}:{endpoint}"))?;
    let other = relation.others(unit).keys().next().map(|&name| name.to_owned());
    let other = other.filter(|_| !matches!(step, RelationStep::Created | RelationStep::Broken));
    let departing = other.clone().filter(|_| step == RelationStep::Departed);
    Some(HookEvent::Relation { relation: relation.id, step, unit: other, departing })
}
