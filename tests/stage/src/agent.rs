//! Juju's unit agent: it runs the charm and keeps what the hook wrote.

mod agent_dir;
mod attend;
mod ending;
mod environment;
mod measure;
pub mod parameters;
mod process;
mod tree;
mod watch;

pub use agent_dir::AgentDir;
pub use tree::TreeCost;
pub use watch::{HOOK_LIMIT, Running, Watch};

use crate::{
    charm,
    faults::Faults,
    hook::{Exit, HookEvent, HookRun},
    model::{Action, ActionStatus, LogLine, Model, Status},
    pod::{Pod, PodError},
    scheduler::notes,
    tools::{Session, server::Desk},
};
use clock::Clock;
use process::Ended;
use rand::RngExt as _;
use std::{ffi::OsString, io, path::PathBuf, process::Command};
use time::OffsetDateTime;

/// Everything that one run of the charm needs.
pub struct Errand<'a> {
    /// What Juju knows.
    pub model: &'a mut Model,
    /// What goes wrong.
    pub faults: &'a mut Faults,
    /// Where the unit's charm and tools are.
    pub agent_dir: &'a AgentDir,
    /// Where it runs; on the bare machine if there is none.
    pub pod: Option<&'a Pod>,
    /// Who looks on, and how long it may take.
    pub watch: &'a Watch,
    /// How fast time goes by while the agent waits.
    pub clock: Clock,
    /// The variable that tells the charm the time of day, if any does.
    pub time_variable: Option<&'a str>,
    /// Whether the agent notes what it did, sets statuses of its own, and tries a failed hook again.
    pub is_noted: bool,
}

/// A hook could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The system refused.
    #[error("{what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The charm cannot be started in the pod.
    #[error("entering the pod")]
    Pod(#[source] PodError),
    /// The charm's folder has no metadata.yaml.
    #[error("charm missing from disk: {0}")]
    Missing(PathBuf),
}

impl Errand<'_> {
    /// Runs a hook, an action or a command of a unit.
    ///
    /// # Errors
    /// The charm cannot be started, or its tools not be served.
    pub fn run(mut self, unit: &str, event: &HookEvent) -> Result<HookRun, AgentError> {
        let (began, hook) = (OffsetDateTime::now_utc(), event.name(self.model, unit));
        let words = command_line(self.agent_dir, event, &hook)?;
        self.begin(unit, event);
        let (before, logged) = look(self.model, unit);
        let (refusal, forgets) = (self.faults.commit.take(), std::mem::take(&mut self.faults.forgets));
        let context_id = format!("{unit}-{hook}-{:032x}", rand::rng().random::<u128>());
        let command = words.map(|words| self.command(&words, unit, event, &context_id));
        let command = command.map_or_else(|exit| Ok(Err(exit)), |made| made.map(Ok))?;
        let mut session = Session::new(self.model, unit, event);
        session.resources = self.agent_dir.seen_resources();
        let desk =
            Desk { session, faults: self.faults, calls: Vec::new(), dispatch: None, is_cancelled: false, context_id };
        let place = attend::Place { agent_dir: self.agent_dir, pod: self.pod, watch: self.watch, hook: &hook };
        let attend::Attended { mut session, ended, calls, is_cancelled, requests, boots } =
            attend::run(desk, &place, command)?;
        ending::log_output(&mut session, &hook, &ended);
        let patience = self.is_noted.then_some(self.clock);
        let exit = ending::settle(&mut session, &ended, is_cancelled, &ending::Commit { refusal, patience });
        if self.is_noted && event.action().is_none() {
            ending::note_hook(&mut session, &exit, forgets);
        }
        Ok(HookRun {
            unit: unit.to_owned(),
            hook,
            event: event.clone(),
            exit,
            tools: calls,
            requests,
            boots,
            began,
            wall: ended.wall,
            cpu: ended.cpu,
            peak_kib: ended.peak_kib,
            tree: ended.tree,
            before,
            after: look(self.model, unit).0,
            log: log_after(self.model, unit, logged),
        })
    }

    fn begin(&mut self, unit: &str, event: &HookEvent) {
        notes::refresh(self.model, unit, event);
        if self.is_noted {
            notes::begun(self.model, unit, event);
            ending::announce(self.model, unit, event);
        }
        if let Some(id) = event.action() {
            let action: &mut Action = self.model.actions.entry(id).or_default();
            action.status = ActionStatus::Running;
        }
    }

    fn command(
        &self,
        words: &[OsString],
        unit: &str,
        event: &HookEvent,
        context_id: &str,
    ) -> Result<Command, AgentError> {
        let dir = self.agent_dir.seen_charm();
        let mut command = if let Some(pod) = self.pod {
            let mut command = pod.dispatch_command(self.agent_dir.root(), &dir).map_err(AgentError::Pod)?;
            command.args(words);
            command
        } else {
            let mut words = words.iter();
            let mut command = Command::new(words.next().cloned().unwrap_or_default());
            command.args(words).current_dir(&dir);
            command
        };
        command.env_clear().envs(environment::of(self.model, unit, event, self.agent_dir, context_id));
        command.envs(self.time_variable.map(|name| (name, self.model.now().unix_timestamp().to_string())));
        Ok(command)
    }
}

impl Ended {
    fn without_process(exit: Exit) -> Self {
        let nothing = std::time::Duration::ZERO;
        let (stdout, stderr, tree) = (Vec::new(), Vec::new(), TreeCost::default());
        Self { exit, stdout, stderr, wall: nothing, cpu: nothing, peak_kib: 0, tree }
    }
}

/// What the agent runs; if it can run nothing, how the hook ends then.
fn command_line(
    agent_dir: &AgentDir,
    event: &HookEvent,
    hook: &str,
) -> Result<Result<Vec<OsString>, Exit>, AgentError> {
    if let HookEvent::Exec { argv, .. } = event {
        let shell = ["/bin/sh", "-c", r#"exec "$@""#, "sh"];
        return Ok(Ok(shell.into_iter().map(OsString::from).chain(argv.iter().map(OsString::from)).collect()));
    }
    if !agent_dir.charm().join("metadata.yaml").is_file() {
        return Err(AgentError::Missing(agent_dir.charm()));
    }
    let kind = if event.action().is_some() { "actions" } else { "hooks" };
    Ok(program(agent_dir, &["dispatch".to_owned(), format!("{kind}/{hook}")]).map(|program| vec![program.into()]))
}

/// The first program that is there, even if it cannot be run: then the hook fails.
///
/// *Source*: Juju 3.6 and 4.0, `internal/worker/uniter/runner/util.go`, and Go's `os/exec`.
fn program(agent_dir: &AgentDir, names: &[String]) -> Result<PathBuf, Exit> {
    let there = names.iter().find(|name| agent_dir.charm().join(name).exists()).ok_or(Exit::Skipped)?;
    let (path, seen) = (agent_dir.charm().join(there), agent_dir.seen_charm().join(there));
    let refused = |why| Err(Exit::NotStarted(format!("exec: {:?}: {why}", seen.display().to_string())));
    match path {
        path if path.is_dir() => refused("is a directory"),
        path if !charm::is_executable(&path) => refused("permission denied"),
        _ => Ok(seen),
    }
}

fn look(model: &Model, unit: &str) -> (Status, usize) {
    model.units.get(unit).map(|unit| (unit.status.clone(), unit.log.len())).unwrap_or_default()
}

fn log_after(model: &Model, unit: &str, lines: usize) -> Vec<LogLine> {
    model.units.get(unit).map(|unit| unit.log.iter().skip(lines).cloned().collect()).unwrap_or_default()
}
