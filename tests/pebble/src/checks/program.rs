//! Checks that run a command.

use super::probe::Failure;
use crate::{
    daemon::Daemon,
    plan::{check::ExecProbe, command},
    processes::{Launch, Leadership, Machine, account, spawn},
};
use nix::sys::signal::Signal;
use std::{
    io::{self, PipeReader},
    os::fd::OwnedFd,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{io::AsyncReadExt, net::unix::pipe, sync::oneshot};

/// Bytes of output that are kept.
const KEPT_BYTES: usize = 512;
/// Lines of output that a failure shows.
const SHOWN_LINES: usize = 5;
/// How long the output may stay open after the end.
const OUTPUT_DELAY: Duration = Duration::from_secs(1);

/// The last bytes of an output.
type Tail = Arc<Mutex<Vec<u8>>>;

/// Runs the command; `None` if it was not over in time and was killed.
///
/// # Errors
/// It does not start, or ends with another code than 0.
pub async fn run(daemon: &Arc<Daemon>, probe: &ExecProbe, patience: Duration) -> Result<Option<()>, Failure> {
    let (pid, mut exit, reader) = start(daemon, probe).map_err(Failure::new)?;
    let guard = KillOnDrop { machine: &*daemon.machine, pid: Some(pid) };
    let tail = Tail::default();
    let mut collecting = tokio::spawn(collect(reader, Arc::clone(&tail)));
    let code = daemon.clock.within(patience, &mut exit).await;
    if code.is_err() {
        let _ = daemon.machine.signal(pid, Signal::SIGKILL);
        let _ = exit.await;
    }
    guard.forget();
    if daemon.clock.within(OUTPUT_DELAY, &mut collecting).await.is_err() {
        collecting.abort();
    }
    match code.map(|code| code.unwrap_or(-1)) {
        Err(_) => Ok(None),
        Ok(0) => Ok(Some(())),
        Ok(code) => Err(Failure { message: format!("exit status {code}"), details: last_lines(&tail) }),
    }
}

fn start(daemon: &Daemon, probe: &ExecProbe) -> Result<(u32, oneshot::Receiver<i32>, PipeReader), String> {
    let words = command::split(&probe.command).map_err(|error| format!("cannot parse command: {error}"))?;
    let owner = account::resolve(&probe.context.account).map_err(|error| error.to_string())?;
    let mut environment = spawn::own_environment();
    environment.extend(probe.context.environment.clone().unwrap_or_default());
    let (reader, writer) = io::pipe().map_err(|error| error.to_string())?;
    let second = writer.try_clone().map_err(|error| error.to_string())?;
    let launch = Launch {
        words: &words,
        environment: &environment,
        working_dir: &probe.context.working_dir,
        owner,
        leadership: Leadership::None,
        streams: [None, Some(writer.into()), Some(second.into())],
    };
    let (pid, exit) = daemon.machine.start(launch)?;
    Ok((pid, exit, reader))
}

async fn collect(reader: PipeReader, tail: Tail) {
    let Ok(mut output) = pipe::Receiver::from_owned_fd(OwnedFd::from(reader)) else { return };
    let mut chunk = vec![0; 4096];
    while let Ok(count @ 1..) = output.read(&mut chunk).await {
        let mut kept = tail.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(chunk.get(..count).unwrap_or_default());
        let excess = kept.len().saturating_sub(KEPT_BYTES);
        kept.drain(..excess);
    }
}

fn last_lines(tail: &Tail) -> String {
    let kept = tail.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&kept);
    let lines: Vec<_> = text.trim().lines().collect();
    let excess = lines.len().saturating_sub(SHOWN_LINES);
    let mark = (excess > 0).then_some("(...)");
    mark.into_iter().chain(lines.into_iter().skip(excess)).collect::<Vec<_>>().join("\n")
}

/// Kills the command of a run whose result is no longer wanted.
struct KillOnDrop<'daemon> {
    machine: &'daemon dyn Machine,
    pid: Option<u32>,
}

impl KillOnDrop<'_> {
    fn forget(mut self) {
        self.pid = None;
    }
}

impl Drop for KillOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(pid) = self.pid {
            let _ = self.machine.signal(pid, Signal::SIGKILL);
        }
    }
}
