//! Turns: units that serve restart one at a time.
//!
//! A unit asks in its own databag, the leader grants in that of the application, the unit restarts, and asks no longer once it
//! serves again. A unit that is down needs no turn.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    juju::UnitName,
    relations::{Changes, Databag},
};

/// The key of the time at which the turn was granted.
const SINCE: &str = "granted-at";

/// How long a turn lasts at most: whoever has not come back by then holds up nobody any longer. *Units*: seconds.
const LONGEST: i64 = 600;

/// How long before its end nobody begins to restart, since the clocks of two nodes differ. *Units*: seconds.
const MARGIN: i64 = 60;

/// The grants in the application databag. Their keys are those of the Python charm's lock.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(super) struct Turns {
    /// The keys, and the units that they name.
    grants: BTreeMap<String, u32>,
    /// When the turn was granted. *Units*: seconds since 1970; *Empty*: not by this charm.
    since: Option<i64>,
}

impl Turns {
    /// The grants in an application databag.
    pub fn of(bag: &Databag) -> Self {
        Self {
            grants: bag.keys().filter_map(|key| Some((key.clone(), grantee(key)?))).collect(),
            since: bag.get(SINCE).and_then(|time| time.parse().ok()),
        }
    }

    /// Whether there are any grants.
    pub fn are_granted(&self) -> bool {
        !self.grants.is_empty()
    }

    /// The unit whose turn it is: the lowest-numbered one, if several are named.
    ///
    /// *Empty*: nobody's, or it has lasted too long.
    pub fn holder(&self, now: i64) -> Option<u32> {
        let age = now.saturating_sub(self.since?);
        (age < LONGEST).then(|| self.grants.values().min().copied())?
    }

    /// Whether a unit may begin to restart now.
    pub fn may_begin(&self, unit: u32, now: i64) -> bool {
        self.holder(now.saturating_add(MARGIN)) == Some(unit)
    }

    /// Whose turn comes next: the one after whoever had it last, so that nobody waits for ever.
    pub fn next(&self, asking: &BTreeSet<u32>) -> Option<u32> {
        let last = self.since.and(self.grants.values().min().copied());
        let after = last.and_then(|last| asking.range(last.saturating_add(1)..).next());
        after.or_else(|| asking.first()).copied()
    }

    /// The changes that leave the grant of one unit only, and those of others that `is_kept` names.
    pub fn granting(&self, unit: Option<(UnitName, i64)>, is_kept: impl Fn(u32) -> bool) -> Changes {
        let key = unit.as_ref().map(|(unit, _)| key(unit));
        let dropped = self.grants.iter().filter(|(it, number)| Some(*it) != key.as_ref() && !is_kept(**number));
        let mut changes: Changes = dropped.map(|(key, _)| (key.clone(), String::new())).collect();
        if let (Some((_, now)), Some(key)) = (unit, key) {
            changes.extend([(key, "granted".to_owned()), (SINCE.to_owned(), now.to_string())]);
        } else if self.since.is_some() {
            changes.insert(SINCE.to_owned(), String::new());
        }
        changes
    }
}

fn key(unit: &UnitName) -> String {
    format!("<ops.model.Unit {unit}>")
}

/// The unit number in the key of a grant.
fn grantee(key: &str) -> Option<u32> {
    key.strip_prefix("<ops.model.Unit ")?.strip_suffix('>')?.rsplit_once('/')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 10_000;

    fn unit(number: u32) -> UnitName {
        UnitName { application: "forum".to_owned(), number }
    }

    fn granted(number: u32, since: i64) -> Turns {
        Turns::of(&Turns::default().granting(Some((unit(number), since)), |_| false))
    }

    #[test]
    fn a_turn_lasts_ten_minutes_and_nobody_begins_in_the_last_one() {
        let state = |age: i64| (granted(1, NOW - age).holder(NOW), granted(1, NOW - age).may_begin(1, NOW));
        assert_eq!(
            [0, 539, 540, 599].map(state),
            [(Some(1), true), (Some(1), true), (Some(1), false), (Some(1), false)]
        );
        assert_eq!(state(600), (None, false));
        assert!(!granted(1, NOW).may_begin(2, NOW));
    }

    #[test]
    fn a_grant_of_the_python_charm_is_no_turn() {
        let left = Turns::of(&Databag::from([(key(&unit(0)), "granted".to_owned())]));
        assert_eq!((left.holder(NOW), left.are_granted()), (None, true));
    }

    #[test]
    fn the_next_turn_is_that_of_the_unit_after_the_last() {
        let next = |turns: Turns, asking: &[u32]| turns.next(&asking.iter().copied().collect());
        assert_eq!(next(Turns::default(), &[2, 1]), Some(1));
        assert_eq!(next(granted(1, 0), &[0, 1, 2]), Some(2));
        assert_eq!(next(granted(2, 0), &[0, 1, 2]), Some(0));
        assert_eq!(next(granted(1, 0), &[1]), Some(1));
        assert_eq!(next(granted(1, 0), &[]), None);
    }

    #[test]
    fn one_grant_replaces_the_others() {
        let changes = granted(1, 5).granting(Some((unit(2), NOW)), |_| false);
        let expected = [(key(&unit(1)), ""), (key(&unit(2)), "granted"), (SINCE.to_owned(), "10000")];
        assert_eq!(changes, expected.map(|(key, value)| (key, value.to_owned())).into());
        assert_eq!(
            granted(1, 5).granting(None, |_| false),
            [(key(&unit(1)), String::new()), (SINCE.to_owned(), String::new())].into()
        );
    }
}
