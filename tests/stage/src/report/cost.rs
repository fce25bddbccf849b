//! What runs of the charm cost.

use super::table::Table;
use crate::hook::{Boot, HookRun};
use std::time::Duration;

/// The sum over some runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// How many runs.
    pub hooks: usize,
    /// Calls of hook tools.
    pub tools: usize,
    /// Requests to Pebble.
    pub requests: usize,
    /// Commands of the workload that began.
    pub boots: usize,
    /// Processor time of `dispatch` alone.
    pub cpu: Duration,
    /// From start to end.
    pub wall: Duration,
    /// Most memory that any of them used, in KiB.
    pub peak_kib: u64,
}

impl Cost {
    /// The cost of these runs together.
    pub fn of<'r>(runs: impl IntoIterator<Item = &'r HookRun>) -> Self {
        Self::counting(runs, |_| true)
    }

    /// The cost of these runs together, where only some commands of the workload count as boots.
    pub fn counting<'r>(runs: impl IntoIterator<Item = &'r HookRun>, is_boot: impl Fn(&Boot) -> bool) -> Self {
        runs.into_iter().fold(Self::default(), |sum, run| Self {
            hooks: sum.hooks + 1,
            tools: sum.tools + run.tools.len(),
            requests: sum.requests + run.requests.len(),
            boots: sum.boots + run.boots.iter().filter(|boot| is_boot(boot)).count(),
            cpu: sum.cpu + run.cpu,
            wall: sum.wall + run.wall,
            peak_kib: sum.peak_kib.max(run.peak_kib),
        })
    }

    fn cells(self, name: &str) -> [String; 8] {
        [
            name.to_owned(),
            self.hooks.to_string(),
            self.tools.to_string(),
            self.requests.to_string(),
            self.boots.to_string(),
            self.cpu.as_millis().to_string(),
            self.wall.as_millis().to_string(),
            mebibytes(self.peak_kib),
        ]
    }
}

/// Memory with one digit after the point.
pub(crate) fn mebibytes(kib: u64) -> String {
    format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024)
}

/// A table with a row per kind of hook and their sum.
#[must_use]
pub fn cost(runs: &[HookRun]) -> String {
    let head = ["Hook", "Runs", "Tool calls", "Pebble requests", "Boots", "CPU ms", "Wall ms", "Peak MiB"];
    let mut table = Table::new(&head).numbers_from(1);
    let mut names: Vec<&str> = Vec::new();
    for run in runs {
        if !names.contains(&run.hook.as_str()) {
            names.push(&run.hook);
        }
    }
    for name in names {
        table.row(Cost::of(runs.iter().filter(|run| run.hook == name)).cells(name));
    }
    table.row(Cost::of(runs).cells("all"));
    table.to_string()
}
