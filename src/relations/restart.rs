//! The endpoint `restart`: the units of this application, and what each of them remembers in its databag.
//!
//! The interface is the Python charm's `rolling_op`. Units of both charms share the databags during a refresh, so its keys keep
//! their meaning: `state` in a unit databag, and grants in the application databag under the text `<ops.model.Unit NAME>`.

mod request;

use serde::{Deserialize, Serialize};

pub use request::{RESTORE, RESTORE_ACK, Request, State as RequestState, What};

use crate::discourse::image::Image;

use super::{Changes, Databag, Endpoint, Need, OwnApp, Reads, Role, Units, databag::non_empty, difference};

/// The endpoint; what is written to it depends on the decision, so the decision writes it.
pub const ENDPOINT: Endpoint = Endpoint {
    role: Role::Peer,
    need: Need::Automatic,
    reads: Reads { units: Units::Always, own_app: OwnApp::Everyone, own_unit: true, ..Reads::NOTHING },
    ..Endpoint::provider("restart", "rolling_op")
};

/// The key of [`Memory::port`].
pub const PORT: &str = "port";

/// The key of [`Memory::version`].
pub const VERSION: &str = "version";

/// The key of [`Memory::is_leaving`].
pub const LEAVING: &str = "leaving";

/// The key of [`Memory::restart`].
const RESTART: &str = "restart";

/// The key of [`Memory::rotation`]; in the application databag, it counts the rotations.
pub const ROTATION: &str = "secret-key-rotation";

/// The value of `state` with which a unit asks for its turn.
const ASKS: &str = "acquire";

/// How far a database was seen to be migrated for an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// All that may run while older code serves.
    Additive,
    /// Everything.
    Complete,
}

/// A failed job, remembered so that it is not tried in every hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What it ran for.
    pub header: String,
    /// When it failed. *Units*: seconds since 1970.
    pub time: i64,
    /// How often it failed in a row.
    pub count: u32,
    /// Whether the schema was complete, but not its first content: then the schema alone does not prove success.
    #[serde(default)]
    pub is_seed: bool,
}

/// What a unit publishes to its peers and to its own next hook.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Memory {
    /// `image`: the identity of the image.
    ///
    /// *Empty*: the unit runs the Python charm, or has not started yet.
    pub image: Option<String>,
    /// `schema`: the image and how far the database was migrated for it.
    pub schema: Option<String>,
    /// `migrated`: the image's migrations, the relation and the database for which this was seen.
    pub migrated: Option<String>,
    /// `port`: the port that Juju opened.
    pub port: Option<String>,
    /// `version`: the workload version that Juju shows.
    pub version: Option<String>,
    /// `assets`: the image and the storage to which its assets were uploaded.
    pub assets: Option<String>,
    /// `attempt`: the failed job, if the last one failed.
    pub attempt: Option<String>,
    /// `warnings`: a digest of the warnings that the log has.
    pub warnings: Option<String>,
    /// `ack`: the barrier that it has seen with the image of the barrier, so that no older code of it serves any more.
    pub ack: Option<String>,
    /// `preflight`: what deserves a warning of the servers, in words.
    pub preflight: Option<String>,
    /// `secret-key-rotation`: the rotation of the secret key that its server follows.
    pub rotation: Option<String>,
    /// `restart`: since when the server has run that is to restart. *Units*: seconds since 1970.
    ///
    /// *Empty*: none is, or it has done it.
    pub restart: Option<String>,
    /// `restore`: its request to the other units to stop, because it replaces the forum.
    pub restore: Option<String>,
    /// `restore-ack`: the id of the request that it has stopped for.
    pub restore_ack: Option<String>,
    /// `served`: whether it has ever served, so that it may hold uploads.
    pub has_served: bool,
    /// `state`: whether it asks for its turn to restart.
    pub asks: bool,
    /// `leaving`: whether it serves no longer than until its pod ends.
    pub is_leaving: bool,
    /// `status`: its status, for the leader.
    ///
    /// *Empty*: it has no peers, or runs an older charm.
    pub status: Option<String>,
}

impl Memory {
    /// What a unit databag holds.
    #[must_use]
    pub fn of(bag: &Databag) -> Self {
        let get = |key: &str| non_empty(bag, key).map(str::to_owned);
        Self {
            image: get("image"),
            schema: get("schema"),
            migrated: get("migrated"),
            port: get(PORT),
            version: get(VERSION),
            assets: get("assets"),
            attempt: get("attempt"),
            warnings: get("warnings"),
            ack: get("ack"),
            preflight: get("preflight"),
            rotation: get(ROTATION),
            restart: get(RESTART),
            restore: get(RESTORE),
            restore_ack: get(RESTORE_ACK),
            // Units of the Python charm and of older revisions of this one tell otherwise that they have served.
            has_served: ["served", "schema", "state"].iter().any(|key| non_empty(bag, key).is_some()),
            asks: bag.get("state").is_some_and(|state| state == ASKS),
            is_leaving: non_empty(bag, LEAVING).is_some(),
            status: get("status"),
        }
    }

    /// The failed job; what cannot be parsed was not written by this charm.
    #[must_use]
    pub fn attempt(&self) -> Option<Attempt> {
        serde_json::from_str(self.attempt.as_deref()?).ok()
    }

    /// Its request to stop; what cannot be parsed was not written by this charm.
    #[must_use]
    pub fn request(&self) -> Option<Request> {
        serde_json::from_str(self.restore.as_deref()?).ok()
    }

    /// How far the database was migrated for the unit's own image.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        let (image, phase) = self.schema.as_deref()?.rsplit_once(' ')?;
        let is_own = self.image.as_deref() == Some(image);
        [Phase::Additive, Phase::Complete].into_iter().find(|it| is_own && it.word() == phase)
    }

    /// The changes of our unit databag that store this.
    ///
    /// What the Python charm left in `state` is replaced.
    #[must_use]
    pub fn changes(&self, own: &Databag) -> Changes {
        let entry = |key: &str, value: &Option<String>| (key.to_owned(), value.clone().unwrap_or_default());
        let mut wanted = Databag::from([
            entry("image", &self.image),
            entry("schema", &self.schema),
            entry("migrated", &self.migrated),
            entry(PORT, &self.port),
            entry(VERSION, &self.version),
            entry("assets", &self.assets),
            entry("attempt", &self.attempt),
            entry("warnings", &self.warnings),
            entry("ack", &self.ack),
            entry("preflight", &self.preflight),
            entry(ROTATION, &self.rotation),
            entry(RESTART, &self.restart),
            entry(RESTORE, &self.restore),
            entry(RESTORE_ACK, &self.restore_ack),
            entry("status", &self.status),
            entry("served", &self.has_served.then(|| "yes".to_owned())),
        ]);
        if self.asks || own.contains_key("state") {
            let state = if self.asks { ASKS } else { "release" };
            wanted.insert("state".to_owned(), state.to_owned());
        }
        difference(own, &wanted)
    }
}

impl Phase {
    fn word(self) -> &'static str {
        match self {
            Self::Additive => "additive",
            Self::Complete => "complete",
        }
    }
}

/// The changes of our unit databag with which the server is to restart that has run since this time, in seconds since 1970.
#[must_use]
pub fn asking(since: i64) -> Changes {
    Changes::from([(RESTART.to_owned(), since.to_string()), ("state".to_owned(), ASKS.to_owned())])
}

/// The value of `schema`.
#[must_use]
pub fn schema_note(image: &Image, phase: Phase) -> String {
    format!("{} {}", image.revision, phase.word())
}

/// The value of `migrated`.
#[must_use]
pub fn migrated_note(image: &Image, relation: u32, database: &str) -> String {
    format!("{} {relation} {database}", image.migrations.digest())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::databag::bag;

    #[test]
    fn only_what_differs_is_stored_and_the_old_lock_is_released() {
        let own =
            bag(&[("image", "a"), ("schema", "a complete"), ("state", "acquire"), ("private-address", "10.0.0.1")]);
        let memory = Memory { image: Some("a".to_owned()), version: Some("1".to_owned()), ..Memory::default() };
        assert_eq!(memory.changes(&own), bag(&[("schema", ""), ("state", "release"), ("version", "1")]));
        let asking = Memory { asks: true, has_served: true, ..memory };
        assert_eq!(asking.changes(&own), bag(&[("schema", ""), ("served", "yes"), ("version", "1")]));
    }

    #[test]
    fn whoever_asked_the_python_charm_for_its_lock_or_has_proven_a_schema_counts_as_one_that_has_served() {
        let has_served = |pairs: &[(&str, &str)]| Memory::of(&bag(pairs)).has_served;
        assert!(
            [("state", "release"), ("schema", "a complete"), ("served", "yes")].iter().all(|it| has_served(&[*it]))
        );
        assert!(!has_served(&[("image", "a")]));
    }

    #[test]
    fn what_was_stored_is_read_back() {
        let memory = Memory {
            image: Some("a".to_owned()),
            migrated: Some("m 1 d".to_owned()),
            attempt: Some("{}".to_owned()),
            ..Memory::default()
        };
        assert_eq!(Memory::of(&memory.changes(&Databag::new())), memory);
    }

    #[test]
    fn a_schema_counts_for_the_units_own_image_only() {
        let phase = |image: &str, schema: &str| Memory::of(&bag(&[("image", image), ("schema", schema)])).phase();
        assert_eq!(phase("a", "a complete"), Some(Phase::Complete));
        assert_eq!(phase("a", "a additive"), Some(Phase::Additive));
        assert_eq!((phase("b", "a complete"), phase("a", "a odd"), phase("a", "")), (None, None, None));
    }

    #[test]
    fn a_failure_that_cannot_be_parsed_is_none() {
        let remembered = |text: &str| Memory::of(&bag(&[("attempt", text)])).attempt();
        let attempt = Attempt { header: "h".to_owned(), time: 5, count: 2, is_seed: false };
        assert_eq!(remembered(&serde_json::to_string(&attempt).unwrap()), Some(attempt));
        assert_eq!((remembered("{}"), remembered("x")), (None, None));
    }
}
