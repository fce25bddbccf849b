//! What is asked of units at once: actions, programs, single hooks, their servers.

use super::{
    confidential,
    hooks::Pending,
    player::{Player, Trouble},
};
use crate::{
    hook::{HookEvent, RelationStep, WorkloadStep},
    http::Question,
    model::{ActionStatus, Model},
    remedy::all,
    scene::{Ending, Exec, Hook, Http, Outcome, Run},
    stage::{ActionRun, StageError},
};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// As many lines of a result as are shown.
const MOST_LINES: usize = 20;
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
        for (_, value) in confidential::of_options(&ended.results) {
            self.screen.hide(&value);
        }
        ended.hook.as_ref().map_or(Ok(()), |run| self.saw(run, pending))?;
        for line in results(ended) {
            self.screen.line(&format!("{:13}{line}", ""));
        }
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

/// What an action or a program left, line by line, but for an exit code that says that all is well.
fn results(ended: &ActionRun) -> Vec<String> {
    let said = ended.results.iter().filter(|(name, value)| *name != "return-code" || **value != json!(0));
    let logged = ended.log.iter().map(|line| ("log", line.clone()));
    let said =
        said.map(|(name, value)| (name.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    logged.chain(said).flat_map(|(name, text)| shown(name, &text)).collect()
}

fn shown(name: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    match lines.as_slice() {
        [] => vec![format!("{name}: \"\"")],
        [one] => vec![format!("{name}: {one}")],
        several => {
            let left = several.len().saturating_sub(MOST_LINES);
            let rest = (left > 0).then(|| format!("  ... and {left} lines more"));
            let shown = several.iter().take(MOST_LINES).map(|line| format!("  {line}"));
            [format!("{name}:")].into_iter().chain(shown).chain(rest).collect()
        }
    }
}

/// What is not as expected, if anything is not.
fn mismatch(ended: &ActionRun, expected: &Outcome) -> Option<String> {
    let status = word(ended.status);
    if status != expected.status.unwrap_or(Ending::Completed).word() {
        return Some(format!("it is {status}: {}", ended.message));
    }
    if expected.message.as_ref().is_some_and(|words| !ended.message.contains(words)) {
        return Some(format!("its message is {:?}", ended.message));
    }
    let other = expected.results.iter().find(|(name, wanted)| !fits(ended.results.get(*name), wanted));
    other.map(|(name, _)| match ended.results.get(name) {
        Some(found) => format!("{name} is {found}"),
        None => format!("{name} is not among the results: {}", all(ended.results.keys())),
    })
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
