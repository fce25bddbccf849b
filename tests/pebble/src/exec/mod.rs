//! Commands that clients run, with their streams over websockets.
//!
//! *Source*: Pebble's exec API, v1.26.0.

pub mod connect;
pub mod control;
pub mod request;
pub mod streams;

use crate::{
    changes::{
        Outcome,
        runner::{Ending, ended},
    },
    daemon::Daemon,
    duration,
    processes::{Launch, Leadership, account::Owner},
};
use nix::sys::signal::Signal;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use streams::{Pipes, Socket};
use tokio::sync::{mpsc, oneshot};

/// How long clients may take to connect; real time, since they know of no other.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A websocket and its name.
pub type Connected = (String, Socket);

/// What a command runs with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// All of its environment.
    pub environment: BTreeMap<String, String>,
    /// Where it runs.
    pub working_dir: String,
    /// Whom it runs as.
    pub owner: Option<Owner>,
    /// When it is killed.
    pub timeout: Option<Duration>,
    /// Whether standard error has a websocket of its own.
    pub splits_stderr: bool,
}

/// A command that is not over.
pub struct Execution {
    /// What it runs with; the task takes it.
    pub setup: Option<(Setup, mpsc::UnboundedReceiver<Connected>)>,
    /// Names of its websockets.
    pub names: BTreeSet<&'static str>,
    /// Those that are connected.
    pub taken: BTreeSet<String>,
    /// Hands websockets to the task.
    pub sockets: mpsc::UnboundedSender<Connected>,
}

impl Execution {
    /// A command that waits for its websockets.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let (sockets, receiver) = mpsc::unbounded_channel();
        let mut names = BTreeSet::from(["control", "stdio"]);
        if setup.splits_stderr {
            names.insert("stderr");
        }
        Self { setup: Some((setup, receiver)), names, taken: BTreeSet::new(), sockets }
    }
}

/// Runs the command of a task; one that another Pebble left behind is not run again.
pub async fn run(daemon: &Arc<Daemon>, task: u64, ending: Ending) -> Outcome {
    let taken = daemon.world().executions.get_mut(&task).and_then(|execution| execution.setup.take());
    let Some((setup, sockets)) = taken else { return Outcome::done() };
    let outcome = run_setup(daemon, task, setup, sockets, ending).await;
    daemon.world().executions.remove(&task);
    outcome
}

async fn run_setup(
    daemon: &Arc<Daemon>,
    task: u64,
    setup: Setup,
    mut sockets: mpsc::UnboundedReceiver<Connected>,
    mut ending: Ending,
) -> Outcome {
    let gathering = daemon.clock.within(daemon.clock.nominal(CONNECT_TIMEOUT), gather(&setup, &mut sockets));
    let found = tokio::select! {
        found = gathering => found,
        () = ended(&mut ending) => return Outcome::failed("context canceled"),
    };
    let Ok(mut found) = found else {
        let cause = "timeout waiting for websocket connections: context deadline exceeded";
        return Outcome::failed(format!("exec {task}: {cause}"));
    };
    let control = found.remove("control");
    let (Some(stdio), stderr) = (found.remove("stdio"), found.remove("stderr")) else {
        return Outcome::failed("context canceled");
    };
    let pipes = match streams::open(stdio, stderr, &daemon.brake) {
        Ok(pipes) => pipes,
        Err(error) => return Outcome::failed(error.to_string()),
    };
    let result = run_process(daemon, &setup, pipes, control, sockets, ending).await;
    let code = *result.as_ref().unwrap_or(&-1);
    daemon.world().set_exit_code(task, code);
    Outcome::from(result.map(drop))
}

/// Waits for the websockets that carry streams; control may come along.
async fn gather(setup: &Setup, sockets: &mut mpsc::UnboundedReceiver<Connected>) -> BTreeMap<String, Socket> {
    let mut found = BTreeMap::new();
    let is_complete = |found: &BTreeMap<String, Socket>| {
        found.contains_key("stdio") && (!setup.splits_stderr || found.contains_key("stderr"))
    };
    while !is_complete(&found) {
        match sockets.recv().await {
            Some((name, socket)) => found.insert(name, socket),
            None => return found,
        };
    }
    found
}

async fn run_process(
    daemon: &Arc<Daemon>,
    setup: &Setup,
    pipes: Pipes,
    control: Option<Socket>,
    sockets: mpsc::UnboundedReceiver<Connected>,
    ending: Ending,
) -> Result<i32, String> {
    let begun = daemon.clock.now();
    let launch = Launch {
        words: &setup.words,
        environment: &setup.environment,
        working_dir: &setup.working_dir,
        owner: setup.owner,
        leadership: Leadership::Session,
        streams: pipes.child,
    };
    let started = daemon.machine.start(launch);
    let mut is_aborted = false;
    let result = match started {
        Ok((pid, exit)) => {
            let controlling = tokio::spawn(control::listen(Arc::clone(&daemon.machine), pid, control, sockets));
            let code = wait(daemon, setup, pid, exit, ending, &mut is_aborted).await;
            controlling.abort();
            Ok(code)
        }
        Err(error) => Err(error),
    };
    for output in pipes.outputs {
        let _ = output.await;
    }
    match setup.timeout {
        Some(timeout) if !is_aborted && daemon.clock.since(begun) >= timeout => {
            Err(format!("timed out after {}: context deadline exceeded", duration::format(timeout)))
        }
        _ => result,
    }
}

/// Waits for the end of the process, and kills it at its timeout or when its task shall end.
async fn wait(
    daemon: &Daemon,
    setup: &Setup,
    pid: u32,
    mut exit: oneshot::Receiver<i32>,
    mut ending: Ending,
    is_aborted: &mut bool,
) -> i32 {
    let late = async {
        match setup.timeout {
            Some(timeout) => daemon.clock.sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        code = &mut exit => return code.unwrap_or(-1),
        () = late => {}
        () = ended(&mut ending) => *is_aborted = true,
    }
    let _ = daemon.machine.signal(pid, Signal::SIGKILL);
    exit.await.unwrap_or(-1)
}
