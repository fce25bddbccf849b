//! One run of `dispatch` with everything that listens to it: the hook tools, the way to Pebble, the workload's journal.

use super::{
    AgentDir, AgentError, Watch,
    process::{Ended, Limit, Process},
};
use crate::{
    faults::KillPoint,
    hook::{Boot, Exit, PebbleRequest, ToolCall},
    pod::{Moment, Pod, Verdict},
    tools::{
        Session,
        server::{self, Desk},
    },
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs,
    os::unix::net::{UnixListener, UnixStream},
    process::Command,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// What is known once a run has ended.
pub struct Attended<'a> {
    /// The hook's view of the model, with what it wrote.
    pub session: Session<'a>,
    /// How the process ended.
    pub ended: Ended,
    /// Hook tools.
    pub calls: Vec<ToolCall>,
    /// Whether an operator cancelled it.
    pub is_cancelled: bool,
    /// Requests to Pebble.
    pub requests: Vec<PebbleRequest>,
    /// Commands of the workload.
    pub boots: Vec<Boot>,
}

/// Where a command runs, and who looks on.
pub struct Place<'a> {
    /// Where the unit's charm and tools are.
    pub agent_dir: &'a AgentDir,
    /// The pod, if there is one.
    pub pod: Option<&'a Pod>,
    /// Who looks on.
    pub watch: &'a Watch,
    /// The hook's name.
    pub hook: &'a str,
}

/// Runs a command and counts what it does; without one, that is how the run ended.
///
/// # Errors
/// The charm cannot be started, or its tools not be served.
pub fn run<'a>(
    mut desk: Desk<'a>,
    place: &Place<'_>,
    command: Result<Command, Exit>,
) -> Result<Attended<'a>, AgentError> {
    let pod = place.pod;
    let trap = RequestTrap::set(&mut desk, pod);
    let desk = Mutex::new(desk);
    let ended = match command {
        Ok(command) => attend(&desk, place, &trap, command)?,
        Err(exit) => Ended::without_process(exit),
    };
    let mut desk = desk.into_inner().unwrap_or_else(PoisonError::into_inner);
    let requests = pod.map(|pod| pod.requests().take()).unwrap_or_default();
    trap.clear(&mut desk, requests.len());
    let boots = pod.map(|pod| pod.boots().take()).unwrap_or_default();
    let Desk { session, calls, is_cancelled, .. } = desk;
    Ok(Attended { session, ended, calls, is_cancelled, requests, boots })
}

/// Serves the tools while the charm runs; the socket is gone afterwards.
fn attend(
    desk: &Mutex<Desk<'_>>,
    place: &Place<'_>,
    trap: &RequestTrap,
    command: Command,
) -> Result<Ended, AgentError> {
    let socket = place.agent_dir.socket();
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
        held.session.root = held.dispatch.map_or_else(|| "/".into(), |pid| format!("/proc/{pid}/root").into());
        trap.arm(held.dispatch);
        if let Some(pid) = held.dispatch {
            place.watch.begin(&held.session.unit, place.hook, pid);
        }
        let context_id = held.context_id.clone();
        drop(held);
        let limit = Limit { duration: place.watch.limit(), context_id: &context_id };
        let mut boots = BootWatch::new(desk, place.pod);
        let ended = started.and_then(|process| process.wait(&limit, || boots.look(desk)));
        place.watch.end();
        closed.store(true, Ordering::SeqCst);
        let _ = UnixStream::connect(&socket);
        ended
    });
    let _ = fs::remove_file(&socket);
    ended
}

/// Kills `dispatch` when a command of the workload begins.
struct BootWatch<'p> {
    pod: Option<&'p Pod>,
    seen: usize,
}

impl<'p> BootWatch<'p> {
    fn new(desk: &Mutex<Desk<'_>>, pod: Option<&'p Pod>) -> Self {
        let is_wanted = server::lock(desk).faults.kill.is_some_and(|kill| kill.point == KillPoint::Boot);
        let pod = pod.filter(|_| is_wanted);
        Self { pod, seen: pod.map_or(0, |pod| pod.boots().count()) }
    }

    fn look(&mut self, desk: &Mutex<Desk<'_>>) {
        let boots = self.pod.map_or(0, |pod| pod.boots().count());
        for _ in self.seen..boots {
            server::lock(desk).count(KillPoint::Boot);
        }
        self.seen = boots;
    }
}

/// Kills `dispatch` when a request to Pebble was answered; the answer is lost.
struct RequestTrap {
    pid: Arc<OnceLock<Option<Pid>>>,
    has_struck: Arc<AtomicBool>,
}

impl RequestTrap {
    fn set(desk: &mut Desk<'_>, pod: Option<&Pod>) -> Self {
        let trap = Self { pid: Arc::default(), has_struck: Arc::default() };
        let Some(pod) = pod else { return trap };
        let _ = pod.requests().take();
        if let Some(fault) = desk.faults.kill.filter(|fault| fault.point == KillPoint::Request) {
            let (pid, has_struck) = (Arc::clone(&trap.pid), Arc::clone(&trap.has_struck));
            let place = usize::try_from(fault.countdown).unwrap_or(usize::MAX);
            pod.requests().on(place, Moment::After, move || {
                has_struck.store(true, Ordering::SeqCst);
                if let (Some(pid), Ok(signal)) = (*pid.wait(), Signal::try_from(fault.signal)) {
                    let _ = kill(pid, signal);
                }
                Verdict::Cut
            });
        }
        trap
    }

    fn arm(&self, pid: Option<Pid>) {
        let _ = self.pid.set(pid);
    }

    /// Counts on over this hook's requests, or takes the fault away once it has struck.
    fn clear(&self, desk: &mut Desk<'_>, requests: usize) {
        let _ = self.pid.set(None);
        let requests = u32::try_from(requests).unwrap_or(u32::MAX);
        match &mut desk.faults.kill {
            Some(fault) if fault.point == KillPoint::Request && !self.has_struck.load(Ordering::SeqCst) => {
                fault.countdown = fault.countdown.saturating_sub(requests).max(1);
            }
            Some(fault) if fault.point == KillPoint::Request => desk.faults.kill = None,
            _ => {}
        }
    }
}
