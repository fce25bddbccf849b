//! Old changes go, so that the state file stays small.

use crate::state::State;
use std::time::Duration;
use time::OffsetDateTime;

/// How long a change that is over is kept.
const KEPT: Duration = Duration::from_hours(7 * 24);
/// How many changes that are over are kept.
const MOST: usize = 1000;

impl State {
    /// Drops changes that are over for a week, the oldest beyond a thousand, and notices of changes that are gone.
    pub fn prune(&mut self, now: OffsetDateTime) {
        let ready = self.changes.changes.values().filter_map(|change| change.readied.map(|time| (time, change.id)));
        let mut ready: Vec<_> = ready.collect();
        ready.sort_unstable();
        let excess = ready.len().saturating_sub(MOST);
        let old = ready.into_iter().enumerate();
        let gone: Vec<u64> =
            old.filter(|(index, (time, _))| *index < excess || *time + KEPT < now).map(|(_, (_, id))| id).collect();
        for id in &gone {
            self.changes.changes.remove(id);
            self.is_modified = true;
        }
        let known = &self.changes.changes;
        self.changes.tasks.retain(|_, task| known.contains_key(&task.change));
        self.is_modified |= self.notices.prune(now, |change| known.contains_key(&change));
    }
}
