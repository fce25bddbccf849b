//! How many hook tools the charm runs at the same time: counted, for other work of the machine makes every hook slower.

use std::time::Duration;

use stage::{HookRun, ToolCall};
use time::OffsetDateTime;

use super::Forum;

/// How long each tool takes to start: longer than a busy machine takes to start all that are to run together.
const START: Duration = Duration::from_secs(1);

impl Forum {
    /// In how many rounds `update-status` runs its tools, of which those in one round run together.
    #[track_caller]
    pub fn rounds_of_tools(&mut self) -> usize {
        self.stage.faults().delay_tools(START);
        let run = self.stage.update_status(0).unwrap();
        self.stage.faults().clear();
        rounds(&run)
    }
}

/// A round is over as soon as one of its tools has ended: whatever starts later may have waited for that.
fn rounds(run: &HookRun) -> usize {
    let mut calls: Vec<_> = run.tools.iter().map(span).collect();
    calls.sort_unstable();
    let (mut rounds, mut over) = (0, OffsetDateTime::UNIX_EPOCH);
    for (began, ended) in calls {
        rounds += usize::from(began >= over);
        over = if began >= over { ended } else { over.min(ended) };
    }
    rounds
}

/// When a call was made, and when it was answered.
fn span(call: &ToolCall) -> (OffsetDateTime, OffsetDateTime) {
    (call.began - START, call.began + Duration::from_secs_f64(call.millis / 1000.0))
}
