//! A run of the charm, as the record keeps it.

use super::{
    Record,
    entry::{Call, HookEntry, Request, Verdict, tenths},
    mask,
    texts::Text,
};
use crate::{
    hook::{Boot, Exit, HookEvent, HookRun, ToolCall, WorkloadStep},
    model::{LogLine, Model, names::application_of},
};
use std::time::Duration;

/// Most calls, requests, commands and log lines that are kept of one run, of each kind.
const LIST_LIMIT: usize = 500;

/// What is kept of a run.
pub(super) fn entry(record: &mut Record, run: &HookRun, model: &Model) -> HookEntry {
    let lengths = [run.tools.len(), run.requests.len(), run.boots.len(), run.log.len()];
    HookEntry {
        unit: record.text(&run.unit),
        hook: record.text(&run.hook),
        began: record.since(run.began),
        wall: millis(run.wall),
        verdict: verdict(&run.exit),
        is_excused: false,
        exit: record.text(&run.exit.to_string()),
        facts: facts(run, model).into_iter().map(|(name, value)| (record.text(name), record.text(&value))).collect(),
        calls: run.tools.iter().take(LIST_LIMIT).map(|call| entry_of_call(record, call)).collect(),
        requests: run
            .requests
            .iter()
            .take(LIST_LIMIT)
            .map(|request| {
                let words = record.text(&format!("{} {}", request.method, request.path));
                Request(record.since(request.began), tenths(request.millis), words, request.status)
            })
            .collect(),
        boots: boots(record, &run.boots),
        // The last lines say why a hook failed.
        log: run
            .log
            .iter()
            .skip(run.log.len().saturating_sub(LIST_LIMIT))
            .map(|line| entry_of_line(record, line))
            .collect(),
        left_out: lengths.into_iter().map(|length| length.saturating_sub(LIST_LIMIT)).sum(),
    }
}

/// Commands of the workload, as a shell reads them.
pub(super) fn boots(record: &mut Record, boots: &[Boot]) -> Vec<Text> {
    let words = |boot: &Boot| boot.argv.iter().map(|word| mask::quoted(word)).collect::<Vec<_>>().join(" ");
    boots.iter().take(LIST_LIMIT).map(|boot| record.text(&words(boot))).collect()
}

fn entry_of_call(record: &mut Record, call: &ToolCall) -> Call {
    let [words, stdout, stderr] = [&mask::words(call), mask::output(call), &call.stderr].map(|text| record.text(text));
    Call(record.since(call.began), tenths(call.millis), words, call.exit, stdout, stderr)
}

fn entry_of_line(record: &mut Record, line: &LogLine) -> (Text, Text) {
    (record.text(&line.level), record.text(&line.text))
}

const fn verdict(exit: &Exit) -> Verdict {
    match exit {
        Exit::Code(0) => Verdict::Ok,
        Exit::Skipped => Verdict::Skipped,
        Exit::Signal(9 | 15) => Verdict::Killed,
        Exit::Code(_) | Exit::Signal(_) | Exit::TimedOut(_) | Exit::NotStarted(_) | Exit::CommitFailed(_) => {
            Verdict::Failed
        }
    }
}

fn millis(duration: Duration) -> f64 {
    tenths(duration.as_secs_f64() * 1000.0)
}

fn facts(run: &HookRun, model: &Model) -> Vec<(&'static str, String)> {
    let mut facts = facts_of_event(run, model);
    facts.retain(|(_, value)| !value.is_empty());
    facts.push(("status before", run.before.to_string()));
    facts.push(("status after", run.after.to_string()));
    facts.push(("CPU", format!("{} ms", run.cpu.as_millis())));
    facts.push(("most memory", format!("{} KiB", run.peak_kib)));
    facts
}

fn facts_of_event(run: &HookRun, model: &Model) -> Vec<(&'static str, String)> {
    match &run.event {
        HookEvent::Plain { .. } => Vec::new(),
        HookEvent::Relation { relation, unit, departing, .. } => vec![
            ("relation", tag(model, &run.unit, *relation)),
            ("remote unit", unit.clone().unwrap_or_default()),
            ("departing unit", departing.clone().unwrap_or_default()),
        ],
        HookEvent::Workload { container, step } => {
            let mut facts = vec![("container", container.clone())];
            match step {
                WorkloadStep::Ready => {}
                WorkloadStep::CheckFailed { check } | WorkloadStep::CheckRecovered { check } => {
                    facts.push(("check", check.clone()));
                }
                WorkloadStep::CustomNotice { key, .. } => facts.push(("notice", key.clone())),
            }
            facts
        }
        HookEvent::Secret { id, revision, .. } => {
            vec![("secret", id.clone()), ("revision", revision.map(|number| number.to_string()).unwrap_or_default())]
        }
        HookEvent::Storage { id, location, .. } => vec![("storage", id.clone()), ("location", location.clone())],
        HookEvent::Action { id, .. } => vec![("action", id.to_string())],
        HookEvent::Exec { id, argv } => vec![("action", id.to_string()), ("command", argv.join(" "))],
    }
}

fn tag(model: &Model, unit: &str, relation: u32) -> String {
    let found = model.relations.get(&relation);
    found.map_or_else(|| relation.to_string(), |found| found.tag(application_of(unit)))
}
