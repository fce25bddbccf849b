//! What a process used, itself and without its children.

use nix::unistd::Pid;
use std::{fs, time::Duration};

/// Processor time so far; readable until the process is reaped.
///
/// *Units*: the first thread to the nanosecond, all threads to the kernel's tick of 10 ms; the larger of both.
///
/// *Source*: proc(5), `/proc/pid/stat` fields 14 and 15; `/proc/pid/schedstat` field 1.
#[must_use]
pub fn cpu(pid: Pid) -> Duration {
    all_threads(pid).unwrap_or_default().max(first_thread(pid).unwrap_or_default())
}

fn first_thread(pid: Pid) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn all_threads(pid: Pid) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let mut ticks = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let total = ticks.next()?.ok()? + ticks.next()?.ok()?;
    Some(Duration::from_millis(total * 10))
}

/// Most memory in use at once so far, in KiB; nothing once the process has ended.
#[must_use]
pub fn peak_kib(pid: Pid) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}
