//! A task gets another status: its change follows, notices tell of it, waiters wake.

use super::Status;
use crate::{notices, state::State, timestamp};
use clock::Clock;
use std::collections::BTreeMap;

impl State {
    /// Makes a change of tasks, with its first notice.
    pub fn spawn_change(
        &mut self,
        clock: Clock,
        kind: &str,
        summary: &str,
        tasks: Vec<u64>,
        notice_data: BTreeMap<String, String>,
    ) -> u64 {
        let id = self.changes.new_change(clock, kind, summary, tasks);
        if let Some(change) = self.changes.changes.get_mut(&id) {
            change.notice_data = notice_data;
        }
        self.notify_of(clock, id);
        id
    }

    /// Gives a change without tasks its status.
    pub fn force_status(&mut self, clock: Clock, change: u64, status: Status) {
        if let Some(change) = self.changes.changes.get_mut(&change) {
            change.forced = Some(status);
        }
        if status.is_ready() {
            self.mark_ready(clock, change);
        }
        self.follow(clock, change);
    }

    /// Gives a task its status.
    pub fn set_status(&mut self, clock: Clock, task: u64, status: Status) {
        let Some(task) = self.changes.tasks.get_mut(&task) else { return };
        let old = std::mem::replace(&mut task.status, status);
        if old == status || (old == Status::Abort && status == Status::Done) {
            task.status = old;
            return;
        }
        if !old.is_ready() && status.is_ready() {
            task.readied = Some(timestamp::now(clock));
        }
        let (id, change) = (task.id, task.change);
        let are_others_ready = self.changes.tasks_of(change).all(|task| task.id == id || task.status.is_ready());
        if old.is_ready() != status.is_ready() && are_others_ready {
            self.mark_ready(clock, change);
        }
        self.follow(clock, change);
    }

    fn mark_ready(&mut self, clock: Clock, change: u64) {
        if let Some(change) = self.changes.changes.get_mut(&change) {
            change.readied.get_or_insert_with(|| timestamp::now(clock));
            change.ready.send_replace(true);
        }
    }

    /// Tells of a change's new status, unless it only fell back from doing to do.
    fn follow(&mut self, clock: Clock, id: u64) {
        self.is_modified = true;
        let status = self.changes.status(id);
        let Some(change) = self.changes.changes.get_mut(&id) else { return };
        let is_back = change.noticed == Some(Status::Doing) && status == Status::Do;
        if change.noticed != Some(status) && !is_back {
            change.noticed = Some(status);
            self.notify_of(clock, id);
        }
    }

    fn notify_of(&mut self, clock: Clock, id: u64) {
        self.is_modified = true;
        let Some(change) = self.changes.changes.get(&id) else { return };
        let mut data = change.notice_data.clone();
        data.insert("kind".to_owned(), change.kind.clone());
        self.notices.add(timestamp::now(clock), notices::Occurrence::of_change(id, data));
    }
}
