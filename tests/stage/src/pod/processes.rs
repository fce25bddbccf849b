//! What runs in a container, as this machine sees it.

use std::{collections::BTreeMap, fs, path::PathBuf};

/// The living processes that share the process namespace of `first`: ids on this machine, and command lines.
pub(super) fn beside(first: i32) -> BTreeMap<i32, String> {
    let Some(namespace) = namespace(first) else { return BTreeMap::new() };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| self::namespace(*pid).as_ref() == Some(&namespace))
        .filter_map(|pid| Some((pid, command_line(pid)?)))
        .collect()
}

fn namespace(pid: i32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/pid")).ok()
}

/// None for a process that has ended, whether its parent knows it or not.
fn command_line(pid: i32) -> Option<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line).replace('\0', " ").trim_end().to_owned();
    (!line.is_empty()).then_some(line)
}
