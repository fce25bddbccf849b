//! Secrets with their revisions, grants and readers.

use super::names::application_of;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// How long a secret of each policy lives until it ought to change.
const POLICIES: [(&str, Duration); 6] = [
    ("hourly", Duration::from_hours(1)),
    ("daily", Duration::from_hours(24)),
    ("weekly", Duration::from_hours(7 * 24)),
    ("monthly", Duration::from_hours(30 * 24)),
    ("quarterly", Duration::from_hours(91 * 24)),
    ("yearly", Duration::from_hours(365 * 24)),
];

/// Who may change a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// An application, through its leader.
    Application(String),
    /// A unit.
    Unit(String),
    /// The operator, who made it with `juju add-secret`.
    Operator,
}

/// A permission to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Application or unit that may read.
    pub target: String,
    /// The relation that carries the permission; it ends with it.
    pub relation: Option<u32>,
}

/// What a reader is pinned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Consumer {
    /// The reader's own name for the secret.
    pub label: Option<String>,
    /// The revision that a plain read gives.
    pub revision: u32,
}

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Who may change it.
    pub owner: Owner,
    /// The owner's name for it.
    pub label: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// How often it ought to change: `never`, `daily` and so on.
    pub rotate: Option<String>,
    /// When it ends: a time of RFC 3339, in UTC.
    pub expire: Option<String>,
    /// When it ought to change next: a time of RFC 3339, in UTC.
    pub rotates: Option<String>,
    /// Contents by revision, from 1.
    pub revisions: BTreeMap<u32, BTreeMap<String, String>>,
    /// Who may read it besides the owner.
    pub access: Vec<Access>,
    /// Who reads it, by unit name.
    pub consumers: BTreeMap<String, Consumer>,
}

impl Secret {
    /// A first revision of an owner.
    #[must_use]
    pub fn new(owner: Owner, content: BTreeMap<String, String>) -> Self {
        Self {
            owner,
            label: None,
            description: None,
            rotate: None,
            expire: None,
            rotates: None,
            revisions: BTreeMap::from([(1, content)]),
            access: Vec::new(),
            consumers: BTreeMap::new(),
        }
    }

    /// The last path element of a secret's URI, which alone identifies it.
    #[must_use]
    pub fn bare_id(uri: &str) -> &str {
        uri.rsplit(['/', ':']).next().unwrap_or(uri)
    }

    /// The number of the newest revision.
    #[must_use]
    pub fn latest(&self) -> u32 {
        self.revisions.keys().next_back().copied().unwrap_or_default()
    }

    /// The newest content; `None` once every revision was removed.
    #[must_use]
    pub fn content(&self) -> Option<&BTreeMap<String, String>> {
        self.revisions.values().next_back()
    }

    /// Adds a revision, unless the content stays the same.
    pub fn update(&mut self, content: BTreeMap<String, String>) {
        if self.content() != Some(&content) {
            self.revisions.insert(self.latest() + 1, content);
        }
    }

    /// Whether the unit or its application was granted to read.
    #[must_use]
    pub fn is_granted_to(&self, unit: &str) -> bool {
        let application = application_of(unit);
        self.access.iter().any(|access| access.target == unit || access.target == application)
    }

    /// Whether the unit belongs to the owner.
    #[must_use]
    pub fn is_owned_by(&self, unit: &str) -> bool {
        match &self.owner {
            Owner::Application(name) => name == application_of(unit),
            Owner::Unit(name) => name == unit,
            Owner::Operator => false,
        }
    }

    /// Sets when it ought to change next, by its policy.
    pub fn schedule_rotation(&mut self, now: OffsetDateTime) {
        let policy = POLICIES.iter().find(|(policy, _)| self.rotate.as_deref() == Some(policy));
        self.rotates = policy.and_then(|(_, pause)| (now + *pause).replace_nanosecond(0).ok()?.format(&Rfc3339).ok());
    }

    /// Whether it ought to change.
    #[must_use]
    pub fn is_due_for_rotation(&self, now: OffsetDateTime) -> bool {
        is_past(self.rotates.as_deref(), now)
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        is_past(self.expire.as_deref(), now)
    }

    /// The id that a running number gives: 20 letters and digits, as Juju's, of which the last is one that may be the last.
    #[must_use]
    pub fn mint_id(number: usize) -> String {
        format!("cst{number:016}0")
    }
}

fn is_past(time: Option<&str>, now: OffsetDateTime) -> bool {
    time.and_then(|time| OffsetDateTime::parse(time, &Rfc3339).ok()).is_some_and(|time| time <= now)
}
