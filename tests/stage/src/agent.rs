//! Juju's unit agent: it runs the charm and keeps what the hook wrote.

mod ending;
mod environment;
mod home;
mod measure;
pub mod parameters;
mod process;

pub use home::Home;

use crate::{
    charm,
    faults::{Faults, KillPoint},
    hook::{Exit, HookEvent, HookRun},
    model::{Action, ActionStatus, Model, Status},
    tools::{
        Session,
        server::{self, Desk},
    },
};
use clock::Clock;
use process::{Ended, Process};
use rand::RngExt as _;
use std::{
    fs, io,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Everything that one run of the charm needs.
pub struct Errand<'a> {
    /// What Juju knows.
    pub model: &'a mut Model,
    /// What goes wrong.
    pub faults: &'a mut Faults,
    /// The clock of the agent's waiting.
    pub clock: Clock,
    /// Where the unit's charm and tools are.
    pub home: &'a Home,
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
    /// The charm's folder has no metadata.yaml.
    #[error("charm missing from disk: {0}")]
    Missing(PathBuf),
}

impl Errand<'_> {
    /// Runs a hook or action of a unit.
    ///
    /// # Errors
    /// The charm cannot be started, or its tools not be served.
    pub fn run(mut self, unit: &str, event: &HookEvent) -> Result<HookRun, AgentError> {
        let hook = event.name(self.model);
        let program = program(self.home, event, &hook)?;
        self.begin(unit, event);
        let (before, logged) = look(self.model, unit);
        let injected = self.faults.commit.take();
        let context_id = format!("{unit}-{hook}-{:032x}", rand::rng().random::<u128>());
        let command = program.map(|program| self.command(&program, unit, event, &context_id));
        let session = Session::new(self.model, unit, event);
        let desk = Desk { session, faults: self.faults, calls: Vec::new(), dispatch: None, context_id };
        let desk = Mutex::new(desk);
        let ended = match command {
            Some(command) => attend(&desk, self.home, command)?,
            None => Ended::skipped(),
        };
        let Desk { mut session, calls, .. } = desk.into_inner().unwrap_or_else(PoisonError::into_inner);
        ending::log_output(&mut session, &hook, &ended);
        let exit = match event {
            HookEvent::Action { .. } => ending::settle_action(&mut session, &ended, injected),
            _ => ending::settle_hook(&mut session, ended.exit.clone(), injected),
        };
        let (after, _) = look(self.model, unit);
        let log = self.model.units.get(unit).map(|unit| unit.log.iter().skip(logged).cloned().collect());
        Ok(HookRun {
            unit: unit.to_owned(),
            hook,
            event: event.clone(),
            exit,
            tools: calls,
            requests: Vec::new(),
            boots: Vec::new(),
            wall: ended.wall,
            cpu: ended.cpu,
            peak_kib: ended.peak_kib,
            before,
            after,
            log: log.unwrap_or_default(),
        })
    }

    fn begin(&mut self, unit: &str, event: &HookEvent) {
        crate::scheduler::notes::begun(self.model, unit, event);
        if let Some(unit) = self.model.units.get_mut(unit) {
            ending::announce(unit, event);
        }
        if let HookEvent::Action { id, .. } = event {
            let action: &mut Action = self.model.actions.entry(*id).or_default();
            action.status = ActionStatus::Running;
        }
    }

    fn command(&self, program: &Path, unit: &str, event: &HookEvent, context_id: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.home.seen_charm());
        command.env_clear().envs(environment::of(self.model, unit, event, self.home, context_id));
        command
    }
}

impl Ended {
    fn skipped() -> Self {
        let nothing = std::time::Duration::ZERO;
        Self { exit: Exit::Skipped, stdout: Vec::new(), stderr: Vec::new(), wall: nothing, cpu: nothing, peak_kib: 0 }
    }
}

/// `dispatch`, else the hook's own program; `None` if the charm has neither.
fn program(home: &Home, event: &HookEvent, hook: &str) -> Result<Option<PathBuf>, AgentError> {
    let charm = home.charm();
    if !charm.join("metadata.yaml").is_file() {
        return Err(AgentError::Missing(charm));
    }
    let kind = if matches!(event, HookEvent::Action { .. }) { "actions" } else { "hooks" };
    let candidates = ["dispatch".to_owned(), format!("{kind}/{hook}")];
    let found = candidates.into_iter().find(|name| charm::is_executable(&charm.join(name)));
    Ok(found.map(|name| home.seen_charm().join(name)))
}

fn look(model: &Model, unit: &str) -> (Status, usize) {
    model.units.get(unit).map(|unit| (unit.status.clone(), unit.log.len())).unwrap_or_default()
}

/// Serves the tools while the charm runs; the socket is gone afterwards.
fn attend(desk: &Mutex<Desk<'_>>, home: &Home, command: Command) -> Result<Ended, AgentError> {
    let socket = home.socket();
    let failed = |source| AgentError::System { what: "opening the agent's socket", source };
    let _ = fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).map_err(failed)?;
    let closed = AtomicBool::new(false);
    let ended = thread::scope(|scope| {
        server::serve(scope, listener, desk, &closed);
        // Nobody is answered before the process id is known.
        let mut held = server::lock(desk);
        let started = Process::start(command);
        held.dispatch = started.as_ref().ok().map(Process::pid);
        drop(held);
        let ended = started.and_then(|process| {
            process.wait(|| drop(server::lock(desk).faults.kill.filter(|kill| kill.point == KillPoint::Boot)))
        });
        closed.store(true, Ordering::SeqCst);
        let _ = UnixStream::connect(&socket);
        ended
    });
    let _ = fs::remove_file(&socket);
    ended
}
