//! What the agent makes of the end of a run.

use super::process::Ended;
use crate::{
    hook::{Exit, HookEvent, WorkloadStep},
    model::{ActionStatus, Failure, LogLine, Model, Status, StatusKind, Unit, Version},
    scheduler::notes,
    tools::{CommitError, Session},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clock::Clock;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Longest line of output that the log takes in one piece.
const LINE_LIMIT: usize = 4096;

/// The status that the agent sets by itself before a hook.
pub fn announce(model: &mut Model, unit: &str, event: &HookEvent) {
    let HookEvent::Plain { name } = event else { return };
    let message = match name.as_str() {
        "install" if !has_set_status(model, unit) => "installing charm software",
        "stop" => "stopping charm software",
        "remove" => "cleaning up prior to charm deletion",
        _ => return,
    };
    model.set_status(unit, Status::maintenance(message));
}

fn has_set_status(model: &Model, unit: &str) -> bool {
    model.units.get(unit).is_some_and(|unit| unit.memory.status_set)
}

/// The status that the agent sets after a hook that succeeded.
fn conclude(model: &mut Model, unit: &str, event: &HookEvent) {
    let HookEvent::Plain { name } = event else { return };
    let status = match name.as_str() {
        "start" if !has_set_status(model, unit) => Status::unknown(),
        "stop" => Status::maintenance(""),
        "remove" => Status::new(StatusKind::Terminated, ""),
        _ => return,
    };
    model.set_status(unit, status);
}

/// Writes the output of the charm to its log.
pub fn log_output(session: &mut Session<'_>, hook: &str, ended: &Ended) {
    let logger = format!("unit.{}.{hook}", session.unit);
    let unit = session.model.units.entry(session.unit.clone()).or_default();
    for (level, bytes) in [("DEBUG", &ended.stdout), ("WARNING", &ended.stderr)] {
        let pieces = bytes.split(|byte| *byte == b'\n').flat_map(|line| line.chunks(LINE_LIMIT));
        let text = |piece: &[u8]| String::from_utf8_lossy(piece).into_owned();
        unit.log.extend(pieces.map(|piece| LogLine {
            level: level.to_owned(),
            logger: logger.clone(),
            text: text(piece),
        }));
    }
}

/// How long an agent of Juju 4 asks again for a change of a secret that it is not allowed to make.
const COMMIT_PATIENCE: Duration = Duration::from_secs(170);

/// What is known of the commit before it is tried.
pub struct Commit {
    /// What a test wants it to fail with.
    pub refusal: Option<String>,
    /// How fast time goes by while the agent tries again; it does not try if there is none.
    pub patience: Option<Clock>,
}

impl Commit {
    fn of(&self, session: &mut Session<'_>) -> Result<(), CommitError> {
        let committed = session.commit(self.refusal.clone());
        let is_tried_again =
            session.model.juju == Version::V4_0 && matches!(committed, Err(CommitError::Foreign { .. }));
        if let Some(clock) = self.patience.filter(|_| is_tried_again) {
            clock.pause(COMMIT_PATIENCE);
        }
        committed
    }
}

/// Keeps or drops what a hook or an action wrote; gives how it counts as ended.
pub fn settle(session: &mut Session<'_>, ended: &Ended, is_cancelled: bool, commit: &Commit) -> Exit {
    match session.event.action() {
        Some(id) => settle_action(session, id, ended, is_cancelled, commit),
        None => commit_hook(session, ended.exit.clone(), commit),
    }
}

fn commit_hook(session: &mut Session<'_>, exit: Exit, commit: &Commit) -> Exit {
    match exit {
        Exit::Code(0) | Exit::Skipped => match commit.of(session) {
            Ok(()) => exit,
            Err(refused) => Exit::CommitFailed(refused.to_string()),
        },
        _ => exit,
    }
}

/// What the agent notes of a hook that has ended, and the status that it sets.
pub fn note_hook(session: &mut Session<'_>, exit: &Exit, forgets: bool) {
    let (model, event) = (&mut *session.model, session.event.clone());
    match exit {
        Exit::Code(0) | Exit::Skipped if forgets => requeue(model, &session.unit, event),
        Exit::Code(0) | Exit::Skipped => {
            notes::committed(model, &session.unit, &event);
            if let Some(unit) = model.units.get_mut(&session.unit) {
                unit.agent_status = Status::unknown();
            }
            conclude(model, &session.unit, &event);
        }
        Exit::Signal(9 | 15) => requeue(model, &session.unit, event),
        Exit::Code(_) | Exit::Signal(_) | Exit::TimedOut(_) | Exit::NotStarted(_) | Exit::CommitFailed(_) => {
            fail(model, &session.unit, event);
        }
    }
}

/// A killed charm counts as the agent's own end: the hook comes again, without an error.
fn requeue(model: &mut Model, unit: &str, event: HookEvent) {
    if let Some(unit) = model.units.get_mut(unit) {
        unit.memory.failed = None;
        unit.memory.queued = Some(event);
    }
}

fn fail(model: &mut Model, unit: &str, event: HookEvent) {
    let name = match &event {
        HookEvent::Storage { step, .. } => format!("storage-{step}"),
        _ => event.name(model, unit),
    };
    let Some(unit) = model.units.get_mut(unit) else { return };
    if let HookEvent::Workload { step, .. } = &event {
        return skip(unit, *step == WorkloadStep::Ready, event);
    }
    let attempts = unit.memory.attempts + 1;
    unit.agent_status = Status::new(StatusKind::Error, &format!("hook failed: {name:?}"));
    (unit.memory.queued, unit.memory.attempts) = (None, 0);
    unit.memory.failed = Some(Failure { hook: event, attempts, quiet: false });
}

/// A `pebble-*` hook that failed is no error; only `pebble-ready` comes again.
///
/// *Source*: Juju 3.6 and 4.0, `internal/worker/uniter/container/workload.go`.
fn skip(unit: &mut Unit, comes_again: bool, event: HookEvent) {
    notes::drop_notice(&mut unit.memory, &event);
    let attempts = unit.memory.attempts + 1;
    (unit.memory.queued, unit.memory.attempts) = (None, 0);
    unit.memory.failed = comes_again.then_some(Failure { hook: event, attempts, quiet: true });
}

/// Delivers what an action brought; gives how it counts as ended.
fn settle_action(session: &mut Session<'_>, id: u32, ended: &Ended, is_cancelled: bool, commit: &Commit) -> Exit {
    let mut results = std::mem::take(&mut session.pending.results);
    let asked = session.pending.failure.take();
    let mut exit = ended.exit.clone();
    let [stdout, mut stderr] = [&ended.stdout, &ended.stderr].map(|output| whole_lines(&session.event, output));
    if exit == Exit::Code(0)
        && let Err(refused) = commit.of(session)
    {
        append(&mut stderr, &refused);
        exit = Exit::CommitFailed(refused.to_string());
    }
    if !matches!(exit, Exit::Skipped | Exit::NotStarted(_)) {
        results.insert("return-code".to_owned(), json!(return_code(&exit)));
        insert_output(&mut results, "stdout", &stdout);
        insert_output(&mut results, "stderr", &stderr);
    }
    let failure = match (&session.event, &exit) {
        // The exit code of a command is one of its results.
        (HookEvent::Exec { .. }, Exit::Code(_)) => asked,
        _ => failure(&exit, asked, &session.unit),
    };
    if let Some(action) = session.model.actions.get_mut(&id) {
        action.status = match failure {
            _ if is_cancelled => ActionStatus::Aborted,
            Some(_) => ActionStatus::Failed,
            None => ActionStatus::Completed,
        };
        action.message = failure.unwrap_or_default();
        action.results = results;
    }
    exit
}

const fn return_code(exit: &Exit) -> i32 {
    match exit {
        Exit::Code(code) => *code,
        // The charm has ended well.
        Exit::CommitFailed(_) => 0,
        Exit::Signal(_) | Exit::TimedOut(_) | Exit::NotStarted(_) | Exit::Skipped => -1,
    }
}

/// Why an action failed, if it did: the exit of the process counts more than `action-fail`.
fn failure(exit: &Exit, asked: Option<String>, unit: &str) -> Option<String> {
    match exit {
        Exit::Code(0) => asked,
        Exit::Code(_) | Exit::Signal(_) | Exit::TimedOut(_) | Exit::NotStarted(_) => exit.error(),
        Exit::Skipped => Some(format!("action not implemented on unit {unit:?}")),
        Exit::CommitFailed(_) => asked.or_else(|| Some("committing requested changes failed".to_owned())),
    }
}

/// What the agent takes of an action's output: it reads line by line, and a last line without its end is lost.
fn whole_lines(event: &HookEvent, output: &[u8]) -> Vec<u8> {
    let is_command = matches!(event, HookEvent::Exec { .. });
    let length = output.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    output.iter().take(if is_command { output.len() } else { length }).copied().collect()
}

fn append(stderr: &mut Vec<u8>, refused: &CommitError) {
    if !stderr.is_empty() && !stderr.ends_with(b"\n") {
        stderr.push(b'\n');
    }
    stderr.extend(refused.to_string().into_bytes());
}

fn insert_output(results: &mut Map<String, Value>, name: &str, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        results.insert(name.to_owned(), json!(text));
    } else {
        results.insert(name.to_owned(), json!(STANDARD.encode(bytes)));
        results.insert(format!("{name}-encoding"), json!("base64"));
    }
}
