//! Notices: what happened, once per kind and key, with a count.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::{duration, timestamp};

/// How long a notice is kept after its last occurrence.
const EXPIRE_AFTER: Duration = Duration::from_hours(7 * 24);
/// How many notices are kept.
const MOST: usize = 1000;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A change has another status.
    ChangeUpdate,
    /// Whatever a client adds.
    Custom,
    /// A warning of Pebble; none is ever given here.
    Warning,
}

/// Something that happened, perhaps again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its number.
    pub id: u64,
    /// Whose it is. *Empty*: everybody's.
    pub user: Option<u32>,
    /// What it is about.
    pub kind: Kind,
    /// What exactly.
    pub key: String,
    /// The first time.
    #[serde(with = "time::serde::rfc3339")]
    pub first: OffsetDateTime,
    /// The last time.
    #[serde(with = "time::serde::rfc3339")]
    pub last: OffsetDateTime,
    /// The last time that the notice repeated, which is when clients see it.
    #[serde(with = "time::serde::rfc3339")]
    pub repeated: OffsetDateTime,
    /// How often.
    pub occurrences: u64,
    /// What came with it the last time.
    pub data: BTreeMap<String, String>,
    /// The notice repeats only after this time.
    pub repeat_after: Duration,
}

/// One occurrence.
#[derive(Debug, Clone)]
pub struct Occurrence {
    /// Whose it is. *Empty*: everybody's.
    pub user: Option<u32>,
    /// What it is about.
    pub kind: Kind,
    /// What exactly.
    pub key: String,
    /// What comes with it.
    pub data: BTreeMap<String, String>,
    /// The notice repeats only after this time.
    pub repeat_after: Duration,
}

/// Which notices a client wants.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those of this user and everybody's. *Empty*: all.
    pub user: Option<u32>,
    /// *Empty*: all.
    pub kinds: Vec<Kind>,
    /// *Empty*: all.
    pub keys: Vec<String>,
    /// Only those that repeated later than this.
    pub after: Option<OffsetDateTime>,
}

/// All notices.
#[derive(Debug, Serialize, Deserialize)]
pub struct Notices {
    kept: Vec<Notice>,
    last_id: u64,
    /// Counts repeats; requests that wait for notices watch it.
    #[serde(skip, default = "no_repeats")]
    pub repeats: watch::Sender<u64>,
}

fn no_repeats() -> watch::Sender<u64> {
    watch::Sender::new(0)
}

impl Default for Notices {
    fn default() -> Self {
        Self { kept: Vec::new(), last_id: 0, repeats: no_repeats() }
    }
}

impl Kind {
    /// The kind that a word names.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "change-update" => Some(Self::ChangeUpdate),
            "custom" => Some(Self::Custom),
            "warning" => Some(Self::Warning),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::ChangeUpdate => "change-update",
            Self::Custom => "custom",
            Self::Warning => "warning",
        }
    }
}

impl Occurrence {
    /// A change has another status.
    #[must_use]
    pub fn of_change(change: u64, data: BTreeMap<String, String>) -> Self {
        Self { user: None, kind: Kind::ChangeUpdate, key: change.to_string(), data, repeat_after: Duration::ZERO }
    }
}

impl Notices {
    /// Counts an occurrence, and gives the number of its notice.
    pub fn add(&mut self, now: OffsetDateTime, new: Occurrence) -> u64 {
        let known = self
            .kept
            .iter_mut()
            .find(|notice| notice.user == new.user && notice.kind == new.kind && notice.key == new.key);
        let Some(notice) = known else { return self.add_first(now, new) };
        notice.occurrences += 1;
        let is_repeated = new.repeat_after.is_zero() || now > notice.repeated + new.repeat_after;
        if is_repeated {
            notice.repeated = now;
        }
        notice.last = now;
        notice.data = new.data;
        notice.repeat_after = new.repeat_after;
        let id = notice.id;
        if is_repeated {
            self.repeats.send_modify(|count| *count += 1);
        }
        id
    }

    fn add_first(&mut self, now: OffsetDateTime, new: Occurrence) -> u64 {
        self.last_id += 1;
        let Occurrence { user, kind, key, data, repeat_after } = new;
        self.kept.push(Notice {
            id: self.last_id,
            user,
            kind,
            key,
            first: now,
            last: now,
            repeated: now,
            occurrences: 1,
            data,
            repeat_after,
        });
        self.repeats.send_modify(|count| *count += 1);
        self.last_id
    }

    /// The notices that pass a filter, by the time that they last repeated.
    #[must_use]
    pub fn select(&self, now: OffsetDateTime, filter: &Filter) -> Vec<&Notice> {
        let mut found: Vec<_> =
            self.kept.iter().filter(|notice| !notice.is_expired(now) && filter.passes(notice)).collect();
        found.sort_by_key(|notice| notice.repeated);
        found
    }

    /// The notice with a number.
    #[must_use]
    pub fn find(&self, id: u64) -> Option<&Notice> {
        self.kept.iter().find(|notice| notice.id == id)
    }

    /// Drops expired notices, those of changes that are gone, and the oldest beyond a thousand; answers whether any went.
    pub fn prune(&mut self, now: OffsetDateTime, is_known: impl Fn(u64) -> bool) -> bool {
        let before = self.kept.len();
        self.kept.retain(|notice| {
            let is_orphan = notice.kind == Kind::ChangeUpdate && !notice.key.parse().is_ok_and(&is_known);
            !notice.is_expired(now) && !is_orphan
        });
        let excess = self.kept.len().saturating_sub(MOST);
        if excess > 0 {
            self.kept.sort_by_key(|notice| notice.last);
            self.kept.drain(..excess);
        }
        self.kept.len() != before
    }
}

impl Notice {
    fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.last + EXPIRE_AFTER < now
    }

    /// As clients see it.
    #[must_use]
    pub fn view(&self) -> Value {
        let mut view = Map::new();
        view.insert("id".to_owned(), json!(self.id.to_string()));
        view.insert("user-id".to_owned(), json!(self.user));
        view.insert("type".to_owned(), json!(self.kind.word()));
        view.insert("key".to_owned(), json!(self.key));
        view.insert("first-occurred".to_owned(), json!(timestamp::format(self.first)));
        view.insert("last-occurred".to_owned(), json!(timestamp::format(self.last)));
        view.insert("last-repeated".to_owned(), json!(timestamp::format(self.repeated)));
        view.insert("occurrences".to_owned(), json!(self.occurrences));
        if !self.data.is_empty() {
            view.insert("last-data".to_owned(), json!(self.data));
        }
        if !self.repeat_after.is_zero() {
            view.insert("repeat-after".to_owned(), json!(duration::format(self.repeat_after)));
        }
        view.insert("expire-after".to_owned(), json!(duration::format(EXPIRE_AFTER)));
        Value::Object(view)
    }
}

impl Filter {
    fn passes(&self, notice: &Notice) -> bool {
        let is_theirs = self.user.is_none() || notice.user.is_none() || notice.user == self.user;
        let is_kind = self.kinds.is_empty() || self.kinds.contains(&notice.kind);
        let is_key = self.keys.is_empty() || self.keys.contains(&notice.key);
        is_theirs && is_kind && is_key && self.after.is_none_or(|after| notice.repeated > after)
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, Kind, Notices, Occurrence};
    use std::{collections::BTreeMap, time::Duration};
    use time::OffsetDateTime;

    #[test]
    fn an_occurrence_before_its_time_counts_but_is_not_told_again() {
        let (hour, start) = (Duration::from_hours(1), OffsetDateTime::UNIX_EPOCH);
        let mut notices = Notices::default();
        for minutes in [0, 30, 90] {
            let data = BTreeMap::new();
            let key = "example.com/a".to_owned();
            let new = Occurrence { user: Some(0), kind: Kind::Custom, key, data, repeat_after: hour };
            notices.add(start + Duration::from_secs(minutes * 60), new);
        }
        let found = notices.select(start, &Filter::default());
        let [notice] = found.as_slice() else { panic!("one notice, not {}", found.len()) };
        assert_eq!((notice.occurrences, notice.repeated), (3, start + Duration::from_mins(90)));
        assert_eq!(*notices.repeats.borrow(), 2);
    }
}
