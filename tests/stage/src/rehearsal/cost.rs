//! What hooks cost, and what a hook may cost that has nothing to do.

use std::{collections::BTreeSet, time::Duration};

use stage::{HookRun, ToolCall};

/// Most hook tool calls of a hook that has nothing to do.
pub const STEADY_CALLS: usize = 20;
/// Most time of such a hook when every hook tool takes 50 ms to start.
pub const SLOW_TOOLS_TIME: Duration = Duration::from_millis(400);

/// The sums over some hooks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Hooks and actions.
    pub hooks: usize,
    /// Calls of hook tools.
    pub tools: usize,
    /// Requests to Pebble.
    pub requests: usize,
    /// Boots of Rails, those of the server apart.
    pub boots: usize,
    /// Processor time of `dispatch`.
    pub cpu: Duration,
    /// The most memory that one of them used. *Units*: KiB.
    pub peak_kib: u64,
}

impl Cost {
    /// What these hooks cost.
    pub fn of<'a>(runs: impl IntoIterator<Item = &'a HookRun>) -> Self {
        runs.into_iter().fold(Self::default(), |sum, run| Self {
            hooks: sum.hooks + 1,
            tools: sum.tools + run.tools.len(),
            requests: sum.requests + run.requests.len(),
            boots: sum.boots + rails_boots(run),
            cpu: sum.cpu + run.cpu,
            peak_kib: sum.peak_kib.max(run.peak_kib),
        })
    }
}

/// How often a hook booted Rails, the server's own start apart.
fn rails_boots(run: &HookRun) -> usize {
    let is_server = |program: &String| program.ends_with("unicorn");
    run.boots.iter().filter(|boot| !boot.argv.first().is_some_and(is_server)).count()
}

/// What a hook did although it had nothing to do; it may call so many hook tools.
pub fn waste(run: &HookRun, most_calls: usize) -> Vec<String> {
    let mut waste = Vec::new();
    let mut note = |is_wasted: bool, what: String| waste.extend(is_wasted.then_some(what));
    note(!run.is_success(), format!("ended with {}", run.exit));
    note(!run.boots.is_empty(), format!("{} starts of the workload", run.boots.len()));
    note(run.tools.len() > most_calls, format!("{} hook tool calls, {most_calls} at most", run.tools.len()));
    for call in run.tools.iter().filter(|call| call.is_write()) {
        note(true, format!("writes: {}", call.argv.join(" ")));
    }
    for request in run.requests.iter().filter(|request| request.method != "GET") {
        note(true, format!("asks Pebble for more than to read: {} {}", request.method, request.path));
    }
    for argv in repeated(&run.tools) {
        note(true, format!("repeats: {}", argv.join(" ")));
    }
    waste
}

fn repeated(calls: &[ToolCall]) -> Vec<&[String]> {
    let mut seen = BTreeSet::new();
    calls.iter().map(|call| call.argv.as_slice()).filter(|argv| !seen.insert(*argv)).collect()
}
