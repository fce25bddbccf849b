//! What a hook may cost that has nothing to do.

use std::{collections::BTreeSet, time::Duration};

use stage::{Boot, HookRun, ToolCall, report::Cost};

/// The most that a steady hook may cost.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Calls of hook tools.
    pub calls: usize,
    /// Its time while every hook tool takes 50 ms to start.
    pub time: Duration,
}

/// With the relations that a forum needs.
pub const STEADY: Budget = Budget { calls: 20, time: Duration::from_millis(400) };
/// With every relation.
pub const EVERY_RELATION: Budget = Budget { calls: 55, time: Duration::from_millis(800) };

/// What hooks cost together, where boots of Rails count, those of the server apart.
pub fn cost<'a>(runs: impl IntoIterator<Item = &'a HookRun>) -> Cost {
    Cost::counting(runs, |boot: &Boot| !boot.argv.first().is_some_and(|program| program.ends_with("unicorn")))
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
