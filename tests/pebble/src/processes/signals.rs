//! Signals by name, to processes and to groups.

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};

/// The signal with a name such as `SIGHUP`; no other spelling counts.
#[must_use]
pub fn by_name(name: &str) -> Option<Signal> {
    name.parse().ok()
}

/// Sends a signal to one process.
///
/// # Errors
/// There is no such process, or it is not ours.
pub fn send(pid: u32, signal: Signal) -> Result<(), Errno> {
    kill(as_pid(pid)?, signal)
}

/// Sends a signal to a process group, which has the number of its leader.
///
/// # Errors
/// There is no such group, or it is not ours.
pub fn send_group(leader: u32, signal: Signal) -> Result<(), Errno> {
    killpg(as_pid(leader)?, signal)
}

/// Never 0 nor negative: those would mean many processes.
fn as_pid(pid: u32) -> Result<Pid, Errno> {
    match i32::try_from(pid) {
        Ok(pid) if pid > 1 => Ok(Pid::from_raw(pid)),
        _ => Err(Errno::ESRCH),
    }
}
