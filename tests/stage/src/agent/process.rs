//! The process of `dispatch`, from its start to its end.

use super::{
    AgentError, measure,
    tree::{self, TreeCost},
};
use crate::hook::Exit;
use nix::{
    errno::Errno,
    sys::wait::{Id, WaitPidFlag, waitid},
    unistd::Pid,
};
use std::{
    io::Read,
    ops::RangeInclusive,
    os::unix::process::ExitStatusExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// How long output may come after the end.
const GRACE: Duration = Duration::from_millis(100);
/// The times between two looks at the process and its children: the longer it runs, the longer they are.
const PACE: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_millis(50);
/// Each of them is one of so many parts of the time that it has run.
const PACES: u32 = 16;

/// A running `dispatch`.
pub struct Process {
    child: Child,
    began: Instant,
    stdout: Receiver<Vec<u8>>,
    stderr: Receiver<Vec<u8>>,
}

/// How long a process may take, and the mark by which those that it started are known.
pub struct Limit<'a> {
    /// In real time.
    pub duration: Duration,
    /// The id of the hook.
    pub context_id: &'a str,
}

/// What is known once it has ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub exit: Exit,
    /// What it wrote.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: Vec<u8>,
    /// From start to end.
    pub wall: Duration,
    /// Processor time of the process alone.
    pub cpu: Duration,
    /// Most memory that it used at once, by itself too.
    pub peak_kib: u64,
    /// What it used together with its children.
    pub tree: TreeCost,
}

impl Process {
    /// Starts a command with null as its input and pipes as its outputs.
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn start(mut command: Command) -> Result<Self, AgentError> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let began = Instant::now();
        let mut child = command.spawn().map_err(|source| AgentError::System { what: "starting the charm", source })?;
        let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
        Ok(Self { child, began, stdout, stderr })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX))
    }

    /// How long to wait before the next look.
    fn pace(&self) -> Duration {
        (self.began.elapsed() / PACES).clamp(*PACE.start(), *PACE.end())
    }

    /// Waits for its end, which it does not put off beyond the limit, and calls `poll` meanwhile.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub fn wait(mut self, limit: &Limit<'_>, mut poll: impl FnMut()) -> Result<Ended, AgentError> {
        let pid = self.pid();
        let (mut peak_kib, mut tree, mut timed_out) = (0, TreeCost::default(), None);
        let end = end_of(pid);
        while end.recv_timeout(self.pace()) == Err(RecvTimeoutError::Timeout) {
            peak_kib = measure::peak_kib(pid).unwrap_or_default().max(peak_kib);
            tree.look(pid);
            if timed_out.is_none() && self.began.elapsed() > limit.duration {
                timed_out = Some(Exit::TimedOut(tree::doing(pid)));
                tree::kill_all(pid, limit.context_id);
            }
            poll();
        }
        let (wall, cpu) = (self.began.elapsed(), measure::cpu(pid));
        tree.end(pid, cpu, peak_kib);
        let status =
            self.child.wait().map_err(|source| AgentError::System { what: "waiting for the charm", source })?;
        let deadline = Instant::now() + GRACE;
        let (stdout, stderr) = (drain(&self.stdout, deadline), drain(&self.stderr, deadline));
        let exit = timed_out.unwrap_or_else(|| exit_of(status));
        Ok(Ended { exit, stdout, stderr, wall, cpu, peak_kib, tree })
    }
}

/// Tells when a process has ended; it stays readable until it is reaped.
fn end_of(pid: Pid) -> Receiver<()> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
        let _ = sender.send(());
    });
    receiver
}

fn exit_of(status: ExitStatus) -> Exit {
    status.code().map_or_else(|| Exit::Signal(status.signal().unwrap_or_default()), Exit::Code)
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut pipe) = pipe {
        thread::spawn(move || {
            let mut buffer = vec![0; 16384];
            while let Ok(length @ 1..) = pipe.read(&mut buffer) {
                if sender.send(buffer.iter().take(length).copied().collect()).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

fn drain(pipe: &Receiver<Vec<u8>>, deadline: Instant) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        match pipe.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(chunk) => all.extend(chunk),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return all,
        }
    }
}
