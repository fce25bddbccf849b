//! How an end that was asked for, or an error, spreads in a change.

use super::Status;
use crate::state::State;
use clock::Clock;
use std::collections::BTreeSet;

#[derive(Default)]
struct Spread {
    lanes: BTreeSet<u64>,
    tasks: BTreeSet<u64>,
}

impl State {
    /// Ends a whole change: what waits is put on hold, what runs is to end.
    pub fn abort_change(&mut self, clock: Clock, change: u64) {
        let tasks = self.changes.tasks_of(change).map(|task| task.id).collect();
        self.abort_tasks(clock, change, tasks, &mut Spread::default());
    }

    /// Ends the lanes of a task.
    pub fn abort_lanes_of(&mut self, clock: Clock, task: u64) {
        if let Some(task) = self.changes.tasks.get(&task) {
            let (change, lanes) = (task.change, lanes(&task.lanes));
            self.abort_lanes(clock, change, &lanes, &mut Spread::default());
        }
    }

    fn abort_lanes(&mut self, clock: Clock, change: u64, aborted: &[u64], spread: &mut Spread) {
        let (mut members, mut live, mut dead) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for task in self.changes.tasks_of(change) {
            let own = lanes(&task.lanes);
            if own.iter().any(|lane| aborted.contains(lane)) {
                members.push((task.id, own));
            } else if matches!(task.status, Status::Do | Status::Doing | Status::Done) {
                live.extend(own);
            } else {
                dead.extend(own);
            }
        }
        let is_needed_elsewhere = |own: &[u64]| own.iter().any(|lane| live.contains(lane) && !dead.contains(lane));
        let tasks: Vec<u64> =
            members.into_iter().filter(|(_, own)| !is_needed_elsewhere(own)).map(|(task, _)| task).collect();
        spread.lanes.extend(aborted);
        if !tasks.is_empty() {
            self.abort_tasks(clock, change, tasks, spread);
        }
    }

    fn abort_tasks(&mut self, clock: Clock, change: u64, mut pending: Vec<u64>, spread: &mut Spread) {
        let mut more_lanes = Vec::new();
        while let Some(id) = (!pending.is_empty()).then(|| pending.remove(0)) {
            if !spread.tasks.insert(id) {
                continue;
            }
            let Some(task) = self.changes.tasks.get(&id) else { continue };
            let own = lanes(&task.lanes);
            pending.extend(task.halts.iter().filter(|halted| !spread.tasks.contains(halted)));
            if own.iter().any(|lane| !spread.lanes.contains(lane)) {
                more_lanes.extend(own);
            }
            let aborted = match task.status {
                Status::Do => Status::Hold,
                Status::Doing => Status::Abort,
                Status::Done => Status::Undo,
                other => other,
            };
            self.set_status(clock, id, aborted);
        }
        if !more_lanes.is_empty() {
            self.abort_lanes(clock, change, &more_lanes, spread);
        }
    }
}

/// The lanes of a task, or the common one.
fn lanes(own: &[u64]) -> Vec<u64> {
    if own.is_empty() { vec![0] } else { own.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::super::{Status, Work};
    use crate::state::State;
    use clock::Clock;
    use std::collections::BTreeMap;

    /// A change of lanes, each a chain of tasks.
    fn state(lengths: &[usize]) -> (State, u64) {
        let mut state = State::default();
        let mut tasks = Vec::new();
        for length in lengths {
            let lane = state.changes.new_lane();
            for step in 0..*length {
                let task = state.changes.new_task(Clock::real(), Work::Exec, String::new());
                state.changes.tasks.get_mut(&task).unwrap().lanes.push(lane);
                if step > 0 {
                    state.changes.make_wait(task, task - 1);
                }
                tasks.push(task);
            }
        }
        let change = state.spawn_change(Clock::real(), "start", "", tasks, BTreeMap::new());
        (state, change)
    }

    fn statuses(state: &State, change: u64) -> Vec<Status> {
        state.changes.tasks_of(change).map(|task| task.status).collect()
    }

    #[test]
    fn an_error_holds_the_rest_of_its_lane_and_spares_the_others() {
        let (mut state, change) = state(&[2, 1]);
        state.set_status(Clock::real(), 1, Status::Doing);
        state.set_status(Clock::real(), 3, Status::Doing);
        state.abort_lanes_of(Clock::real(), 1);
        assert_eq!(statuses(&state, change), [Status::Abort, Status::Hold, Status::Doing]);
    }

    #[test]
    fn an_aborted_change_undoes_what_is_done_and_ends_what_runs() {
        let (mut state, change) = state(&[3]);
        state.set_status(Clock::real(), 1, Status::Done);
        state.set_status(Clock::real(), 2, Status::Doing);
        state.abort_change(Clock::real(), change);
        assert_eq!(statuses(&state, change), [Status::Undo, Status::Abort, Status::Hold]);
    }
}
