//! The processes of a hook: `dispatch`, what it started, what those started, and so on.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};
use std::{fs, iter, time::Duration};

/// How often a killed tree is looked at again for what it started meanwhile.
const ROUNDS: usize = 20;
/// Time for the kernel between two of them.
const PAUSE: Duration = Duration::from_millis(5);
const PAGE_KIB: u64 = 4;

/// What a tree of processes used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TreeCost {
    /// Processor time, to the kernel's tick of 10 ms; of a process that nobody waited for, what it had used when it was last seen.
    pub cpu: Duration,
    /// Most memory in use at once, in KiB; memory that processes share counts in each, and what came and went between two looks not at all.
    pub peak_kib: u64,
}

impl TreeCost {
    /// Looks at the whole tree once.
    pub fn look(&mut self, root: Pid) {
        let tree = tree(root);
        self.cpu = self.cpu.max(tree.iter().map(|pid| cpu(*pid)).sum());
        self.peak_kib = self.peak_kib.max(tree.iter().map(|pid| resident_kib(*pid)).sum());
    }

    /// Takes the end of the root into account, while it can still be read.
    pub fn end(&mut self, root: Pid, own_cpu: Duration, own_peak_kib: u64) {
        self.cpu = self.cpu.max(cpu(root)).max(own_cpu);
        self.peak_kib = self.peak_kib.max(own_peak_kib);
    }
}

/// The process and all that descend from it, parents first.
fn tree(root: Pid) -> Vec<Pid> {
    let mut found = vec![root];
    let mut place = 0;
    while let Some(pid) = found.get(place).copied() {
        found.extend(children(pid));
        place += 1;
    }
    found
}

/// *Source*: proc(5), `/proc/pid/task/tid/children`.
fn children(pid: Pid) -> Vec<Pid> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let text = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok()).collect::<String>();
    text.split_whitespace().filter_map(|word| word.parse().ok()).map(Pid::from_raw).collect()
}

/// Processor time of a process and of the children that it has waited for.
///
/// *Source*: proc(5), `/proc/pid/stat` fields 14 to 17.
fn cpu(pid: Pid) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = text.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
    let ticks: u64 = fields.split_whitespace().skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// *Source*: proc(5), `/proc/pid/statm` field 2, in pages.
fn resident_kib(pid: Pid) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * PAGE_KIB
}

/// Their arguments are contents of secrets.
const WRITES_SECRETS: [&str; 2] = ["secret-add", "secret-set"];

/// What the tree is at: the command line of its last descendant, a hook tool or any other program.
///
/// *Empty*: it has ended.
#[must_use]
pub fn doing(root: Pid) -> String {
    let mut pid = root;
    while let Some(child) = children(pid).pop() {
        pid = child;
    }
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut words = bytes.split(|byte| *byte == 0).map(String::from_utf8_lossy).filter(|word| !word.is_empty());
    let program = words.next().map(|path| path.rsplit('/').next().unwrap_or_default().to_owned());
    let program = program.unwrap_or_default();
    if WRITES_SECRETS.contains(&program.as_str()) {
        return format!("{program} ...");
    }
    iter::once(program).chain(words.map(String::from)).collect::<Vec<_>>().join(" ")
}

/// Kills all of a hook's processes, even those that have left the tree: they are known by the id of the hook in their environment.
pub fn kill_all(root: Pid, context_id: &str) {
    for _ in 0..ROUNDS {
        let mut doomed = tree(root);
        doomed.extend(strays(context_id));
        doomed.retain(|pid| is_alive(*pid));
        if doomed.is_empty() {
            return;
        }
        for pid in doomed {
            let _ = kill(pid, Signal::SIGKILL);
        }
        std::thread::sleep(PAUSE);
    }
}

fn strays(context_id: &str) -> Vec<Pid> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).map(Pid::from_raw);
    let mark = format!("JUJU_CONTEXT_ID={context_id}");
    let is_marked = |pid: &Pid| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    pids.filter(is_marked).collect()
}

/// One that was killed stays in the list of processes until its parent has waited for it.
fn is_alive(pid: Pid) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = text.rsplit_once(')').and_then(|(_, fields)| fields.split_whitespace().next());
    state.is_some_and(|state| !["Z", "X"].contains(&state))
}
