//! The endpoint `restart`: our peers, and what this unit must remember.
//!
//! The interface is the Python charm's `rolling_op`. Units of both charms share the bags during a refresh, so its keys keep their
//! meaning: `state` in a unit bag, and grants in the application bag under the text `<ops.model.Unit NAME>`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    discourse::image::Image,
    relations::{Changes, Databag, difference},
};

/// The endpoint's name.
pub const ENDPOINT: &str = "restart";

/// The relation as read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Relation {
    /// The number of the relation.
    pub id: u32,
    /// Our application bag; every unit may read it.
    pub app: Databag,
    /// Our own unit bag.
    pub own: Databag,
    /// The other units' bags, by unit number.
    pub peers: BTreeMap<u32, Databag>,
}

/// How far a database was seen to be migrated for an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// All that may run while older code serves.
    Additive,
    /// Everything.
    Complete,
}

/// A failed job, remembered so that it is not tried on every hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// For what it ran.
    pub header: String,
    /// When it failed. *Units*: seconds since 1970.
    pub time: i64,
    /// How often it failed in a row.
    pub count: u32,
    /// Whether the schema was complete, but not its first content: then the schema alone does not prove success.
    #[serde(default)]
    pub is_seed: bool,
}

/// What this unit tells its peers and its own next hook.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Note {
    /// `image`: the identity of the image.
    pub image: Option<String>,
    /// `schema`: the image and how far the database was migrated for it.
    pub schema: Option<String>,
    /// `migrated`: the image's migrations, the relation and the database for which this was seen.
    pub migrated: Option<String>,
    /// `port`: the port that Juju was told to open.
    pub port: Option<String>,
    /// `version`: the workload version that Juju was told.
    pub version: Option<String>,
    /// `assets`: the image and the storage to which its assets were uploaded.
    pub assets: Option<String>,
    /// `attempt`: the failed job, if the last one failed.
    pub attempt: Option<String>,
}

impl Relation {
    /// What this unit noted under a key.
    #[must_use]
    pub fn noted(&self, key: &str) -> Option<&str> {
        self.own.get(key).map(String::as_str)
    }

    /// The failed job that this unit remembers; what cannot be understood was never written by us.
    #[must_use]
    pub fn attempt(&self) -> Option<Attempt> {
        serde_json::from_str(self.noted("attempt")?).ok()
    }

    /// Whether any unit noted this value under a key.
    #[must_use]
    pub fn is_noted_anywhere(&self, key: &str, value: &str) -> bool {
        std::iter::once(&self.own).chain(self.peers.values()).any(|bag| bag.get(key).map(String::as_str) == Some(value))
    }

    /// The lowest-numbered unit, ourselves included, that runs an image.
    #[must_use]
    pub fn first_with_image(&self, own_number: u32, revision: &str) -> u32 {
        let with_image = |(number, bag): (&u32, &Databag)| {
            (bag.get("image").map(String::as_str) == Some(revision)).then_some(*number)
        };
        self.peers.iter().filter_map(with_image).fold(own_number, u32::min)
    }

    /// The changes of our unit bag that write a note down.
    ///
    /// The lock of the Python charm is given back: a unit of ours never waits for it.
    #[must_use]
    pub fn write(&self, note: &Note) -> Changes {
        let entry = |key: &str, value: &Option<String>| (key.to_owned(), value.clone().unwrap_or_default());
        let mut wanted = Databag::from([
            entry("image", &note.image),
            entry("schema", &note.schema),
            entry("migrated", &note.migrated),
            entry("port", &note.port),
            entry("version", &note.version),
            entry("assets", &note.assets),
            entry("attempt", &note.attempt),
        ]);
        if self.own.contains_key("state") {
            wanted.insert("state".to_owned(), "release".to_owned());
        }
        difference(&self.own, &wanted)
    }

    /// The changes of our application bag that drop grants which nobody waits for.
    #[must_use]
    pub fn drop_stale_grants(&self, own_number: u32) -> Changes {
        let is_stale = |key: &str| grantee(key).is_some_and(|number| number == own_number || !self.is_asking(number));
        self.app.keys().filter(|key| is_stale(key)).map(|key| (key.clone(), String::new())).collect()
    }

    fn is_asking(&self, number: u32) -> bool {
        self.peers.get(&number).and_then(|bag| bag.get("state")).map(String::as_str) == Some("acquire")
    }
}

/// What `schema` says.
#[must_use]
pub fn schema_note(image: &Image, phase: Phase) -> String {
    let phase = match phase {
        Phase::Additive => "additive",
        Phase::Complete => "complete",
    };
    format!("{} {phase}", image.revision)
}

/// What `migrated` says.
#[must_use]
pub fn migrated_note(image: &Image, relation: u32, database: &str) -> String {
    format!("{} {relation} {database}", image.migrations.digest())
}

/// The unit number in the key of a grant.
fn grantee(key: &str) -> Option<u32> {
    key.strip_prefix("<ops.model.Unit ")?.strip_suffix('>')?.rsplit_once('/')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bag(pairs: &[(&str, &str)]) -> Databag {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_note_changes_only_what_differs_and_gives_the_old_lock_back() {
        let peers = Relation {
            own: bag(&[
                ("image", "a"),
                ("schema", "a complete"),
                ("state", "acquire"),
                ("private-address", "10.0.0.1"),
            ]),
            ..Relation::default()
        };
        let note = Note { image: Some("a".to_owned()), version: Some("1".to_owned()), ..Note::default() };
        assert_eq!(peers.write(&note), bag(&[("schema", ""), ("state", "release"), ("version", "1")]));
    }

    #[test]
    fn grants_that_nobody_waits_for_are_dropped() {
        let peers = Relation {
            app: bag(&[
                ("<ops.model.Unit forum/0>", "granted"),
                ("<ops.model.Unit forum/1>", "granted"),
                ("<ops.model.Unit forum/2>", "granted"),
                ("<ops.model.Unit forum/9>", "idle"),
                ("other", "kept"),
            ]),
            peers: [(1, bag(&[("state", "acquire")])), (2, bag(&[("state", "release")]))].into(),
            ..Relation::default()
        };
        let dropped = peers.drop_stale_grants(0);
        assert_eq!(
            dropped.keys().collect::<Vec<_>>(),
            ["<ops.model.Unit forum/0>", "<ops.model.Unit forum/2>", "<ops.model.Unit forum/9>"]
        );
    }

    #[test]
    fn the_lowest_unit_with_the_same_image_goes_first() {
        let peers = Relation {
            peers: [(0, bag(&[("image", "old")])), (1, bag(&[("image", "new")])), (3, bag(&[("image", "new")]))].into(),
            ..Relation::default()
        };
        assert_eq!((peers.first_with_image(2, "new"), peers.first_with_image(0, "new")), (1, 0));
    }

    #[test]
    fn a_remembered_failure_that_cannot_be_understood_is_none() {
        let remembered = |text: &str| Relation { own: bag(&[("attempt", text)]), ..Relation::default() }.attempt();
        let attempt = Attempt { header: "h".to_owned(), time: 5, count: 2, is_seed: false };
        assert_eq!(remembered(&serde_json::to_string(&attempt).unwrap()), Some(attempt));
        assert_eq!((remembered("{}"), remembered("x")), (None, None));
    }
}
