//! The processes below this one.

use clock::Clock;
use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use std::{fs, time::Duration};

/// Rounds of killing, a hundredth of a second each.
const ROUNDS: usize = 400;

/// The children of a process.
pub fn children(parent: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.map(Pid::from_raw).filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

fn parent_of(pid: Pid) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok().map(Pid::from_raw)
}

/// Ends every process below this one, which must be the reaper of its orphans.
pub fn kill_descendants() {
    for _ in 0..ROUNDS {
        reap();
        let left = children(Pid::this());
        if left.is_empty() {
            return;
        }
        for pid in left {
            // One that has just ended by itself is as good as killed.
            let _ = kill(pid, Signal::SIGKILL);
        }
        Clock::real().pause(Duration::from_millis(10));
    }
}

fn reap() {
    let any = || waitpid(None, Some(WaitPidFlag::WNOHANG));
    while !matches!(any(), Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD)) {}
}
