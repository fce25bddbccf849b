//! The units of this application as one fleet: how far each of them is, and who goes next.
//!
//! Everything is derived from databags of the peer relation, each as old as the last hook about its unit.

mod barrier;
mod restores;
mod turns;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    juju::UnitName,
    relations::{
        Changes, Databag, Relation,
        restart::{Memory, Phase, ROTATION},
    },
};

pub use barrier::{Barrier, KEY as BARRIER};

use turns::Turns;

/// All units, as this one sees them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Fleet {
    /// The number of this unit.
    pub own: u32,
    /// Whether this unit leads.
    pub is_leader: bool,
    /// What this unit remembers.
    pub memory: Memory,
    /// The identity of the image that it runs now; what it remembers may be of an earlier pod.
    pub image: Option<String>,
    /// The other units, by number.
    ///
    /// *Empty*: there are none, or Juju has not introduced them yet.
    pub peers: BTreeMap<u32, Peer>,
    /// What the leader announced before destructive migrations.
    ///
    /// *Empty*: none were run by this charm.
    pub barrier: Option<Barrier>,
    /// The application status that a leader has set.
    ///
    /// *Empty*: Juju derives it from those of the units.
    pub status: Option<String>,
    /// The id of the secret that holds the secret key.
    ///
    /// *Empty*: no leader has seen the key yet.
    pub secret_key: Option<String>,
    /// How often the secret key was rotated.
    ///
    /// *Empty*: never.
    pub rotation: Option<String>,
    /// The units that this one has not met in the relation with its peers yet.
    unmet: BTreeSet<u32>,
    turns: Turns,
    application: String,
    /// *Units*: seconds since 1970.
    now: i64,
}

/// The key of [`Fleet::secret_key`] in the application databag.
pub const SECRET_KEY: &str = "secret-key";

/// The key of [`Fleet::status`] in the application databag.
pub const STATUS: &str = "status";

/// Another unit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Peer {
    /// What it has published.
    pub memory: Memory,
    /// What it waits for.
    pub waits_for: Wait,
}

/// What a unit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// Nothing, as far as it has published.
    #[default]
    Nothing,
    /// A migration for its image.
    Migration,
    /// Its turn to restart.
    Restart,
}

impl Fleet {
    /// The fleet that the peer relation shows.
    ///
    /// *Empty*: without the relation this unit is seen alone.
    #[must_use]
    pub fn of(relation: Option<&Relation>, unit: &UnitName, all: &BTreeSet<u32>, is_leader: bool, now: i64) -> Self {
        let alone = Self { own: unit.number, is_leader, application: unit.application.clone(), now, ..Self::default() };
        let Some(relation) = relation else { return alone };
        let app = relation.own_app.clone().unwrap_or_default();
        let peers: BTreeMap<u32, Peer> =
            relation.units.iter().map(|(unit, bag)| (unit.number, Peer::of(bag))).collect();
        Self {
            memory: Memory::of(&relation.own_unit),
            unmet: all
                .iter()
                .filter(|number| **number != unit.number && !peers.contains_key(number))
                .copied()
                .collect(),
            peers,
            barrier: Barrier::of(&app),
            status: app.get(STATUS).cloned(),
            secret_key: app.get(SECRET_KEY).cloned(),
            rotation: app.get(ROTATION).cloned(),
            turns: Turns::of(&app),
            ..alone
        }
    }

    /// Whether this is the only unit. A non-leader never is, whether or not Juju has introduced its peers yet.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.is_leader && self.peers.is_empty() && self.unmet.is_empty()
    }

    /// Whether migrations may run that break older code: only once none serves any more, neither now nor after a restart.
    ///
    /// Each unit with the image of the barrier acknowledges it, and a unit with an older image does not start behind it.
    #[must_use]
    pub fn may_run_destructive(&self) -> bool {
        let is_acknowledged = |barrier: &Barrier| {
            let is_run_by = |memory: &Memory| memory.image.as_ref() == Some(&barrier.image);
            let ack = Some(barrier.ack());
            let has_seen = |peer: &Peer| is_run_by(&peer.memory) && peer.memory.ack == ack;
            self.image.as_ref() == Some(&barrier.image) && self.unmet.is_empty() && self.peers.values().all(has_seen)
        };
        self.is_alone() || self.is_leader && self.barrier.as_ref().is_some_and(is_acknowledged)
    }

    /// Whether the barrier of this image stands, so that no older one starts any more.
    #[must_use]
    pub fn has_barrier(&self, image: &str) -> bool {
        self.barrier.as_ref().is_some_and(|barrier| barrier.image == image)
    }

    /// Whether no unit runs, or has run, another image than this one, as far as they have published.
    #[must_use]
    pub fn runs_no_other(&self, image: &str) -> bool {
        let is_this = |memory: &Memory| memory.image.as_ref().map_or(!memory.has_served, |it| it == image);
        self.peers.values().all(|peer| is_this(&peer.memory))
    }

    /// Whether every unit runs this image, as far as they have published.
    #[must_use]
    pub fn all_run(&self, image: &str) -> bool {
        self.unmet.is_empty() && self.peers.values().all(|peer| peer.memory.image.as_deref() == Some(image))
    }

    /// Whether a unit without shared uploads may start: one that has served has uploads already, and of those that have not only the
    /// lowest-numbered one may be the first.
    #[must_use]
    pub fn may_hold_uploads(&self) -> bool {
        let is_lowest = self.peers.keys().chain(&self.unmet).all(|other| self.own < *other) && self.may_be_lowest();
        let has_none_served = self.peers.values().all(|peer| !peer.memory.has_served);
        self.memory.has_served || is_lowest && has_none_served
    }

    /// The unit that migrates for an image unless the leader does: the lowest-numbered one that runs it.
    #[must_use]
    pub fn migrator(&self, image: &str) -> u32 {
        let with_image = self.peers.iter().filter(|(_, peer)| peer.memory.image.as_deref() == Some(image));
        with_image.map(|(number, _)| *number).fold(self.own, u32::min)
    }

    /// Whether this unit migrates for its image: the leader, or the migrator, because a roll-out replaces the leader last.
    ///
    /// A non-leader without visible peers does not: Juju has not populated the peer relation yet.
    #[must_use]
    pub fn may_migrate(&self, image: &str) -> bool {
        self.is_leader || (self.migrator(image) == self.own && !self.peers.is_empty())
    }

    /// Whether some unit remembers that these assets were uploaded.
    #[must_use]
    pub fn has_uploaded(&self, assets: &str) -> bool {
        self.memories().any(|(_, memory)| memory.assets.as_deref() == Some(assets))
    }

    /// Whether all other units run this charm.
    #[must_use]
    pub fn is_migrated_from_python(&self) -> bool {
        self.peers.values().all(|peer| peer.memory.image.is_some())
    }

    /// A unit with another number than 0 that has met nobody may not know of the others yet.
    fn may_be_lowest(&self) -> bool {
        self.own == 0 || !self.peers.is_empty()
    }

    /// The unit whose turn it is to restart.
    #[must_use]
    pub fn holder(&self) -> Option<u32> {
        self.turns.holder(self.now)
    }

    /// Whether this unit may restart though it serves.
    #[must_use]
    pub fn may_restart(&self) -> bool {
        self.is_alone() || self.turns.may_begin(self.own, self.now)
    }

    /// Whether the secret key was rotated and the server of this unit has not followed.
    #[must_use]
    pub fn is_key_rotated(&self) -> bool {
        self.rotation.is_some() && self.rotation != self.memory.rotation
    }

    /// How many other units serve, as far as they have published: whoever asks for its turn does, too.
    #[must_use]
    pub fn serving_peers(&self) -> usize {
        let serves = |memory: &Memory| {
            let is_active = memory.status.as_deref().is_some_and(|status| status.starts_with("active"));
            !memory.is_leaving && (is_active || memory.asks)
        };
        self.peers.values().filter(|peer| serves(&peer.memory)).count()
    }

    /// A unit with another image than this one: while images differ, Kubernetes replaces the pods, and nobody else is restarted.
    #[must_use]
    pub fn other_image(&self) -> Option<u32> {
        let mut staying = self.peers.iter().filter(|(_, peer)| !peer.memory.is_leaving);
        staying.find(|(_, peer)| peer.memory.image != self.image).map(|(number, _)| *number)
    }

    /// The changes of our application databag that give the turn to the next unit, or leave it with the one that has it.
    #[must_use]
    pub fn turn_changes(&self, is_asking: bool) -> Changes {
        let asking: BTreeSet<u32> = self.asking(is_asking);
        if self.holder().is_some_and(|holder| asking.contains(&holder)) {
            return Changes::new();
        }
        let next = self.turns.next(&asking).filter(|_| self.other_image().is_none());
        let next = next.map(|number| (UnitName { application: self.application.clone(), number }, self.now));
        self.turns.granting(next, |number| self.is_asking_python_charm(number))
    }

    /// Whether the Python charm's lock was used here.
    #[must_use]
    pub fn has_grants(&self) -> bool {
        self.turns.are_granted()
    }

    /// The units that ask for their turn; whether this one does is not in its databag yet.
    fn asking(&self, is_asking: bool) -> BTreeSet<u32> {
        let peers = self.peers.iter().filter(|(_, peer)| peer.memory.asks && !peer.memory.is_leaving);
        let own = is_asking.then_some(self.own);
        peers.filter(|(_, peer)| peer.memory.image.is_some()).map(|(number, _)| *number).chain(own).collect()
    }

    /// The Python charm's units ask each other, and their leader answers.
    fn is_asking_python_charm(&self, number: u32) -> bool {
        self.peers.get(&number).is_some_and(|peer| peer.memory.asks && peer.memory.image.is_none())
    }

    /// The unit that is furthest behind: without an image, then without a proven schema, then with an incomplete one; the
    /// lowest-numbered of equals.
    ///
    /// *Empty*: no unit is behind any other.
    #[must_use]
    pub fn worst(&self) -> Option<u32> {
        let rank = |memory: &Memory| (memory.image.is_some(), memory.phase());
        let best = self.memories().map(|(_, memory)| rank(memory)).max()?;
        let behind = self.memories().filter(|(_, memory)| rank(memory) < best);
        behind.min_by_key(|(number, memory)| (rank(memory), *number)).map(|(number, _)| number)
    }

    fn memories(&self) -> impl Iterator<Item = (u32, &Memory)> {
        let peers = self.peers.iter().map(|(number, peer)| (*number, &peer.memory));
        std::iter::once((self.own, &self.memory)).chain(peers)
    }
}

impl Peer {
    fn of(bag: &Databag) -> Self {
        let memory = Memory::of(bag);
        let waits_for = match (memory.asks, &memory.image, memory.phase()) {
            (true, ..) => Wait::Restart,
            (false, Some(_), None) => Wait::Migration,
            _ => Wait::Nothing,
        };
        Self { memory, waits_for }
    }

    /// Whether it has proven the schema that its image needs, so that it serves or is about to.
    #[must_use]
    pub fn can_serve(&self) -> bool {
        self.memory.phase() >= Some(Phase::Additive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bag(pairs: &[(&str, &str)]) -> Databag {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    const NOW: i64 = 1_000_000;

    fn unit(number: u32) -> UnitName {
        UnitName { application: "forum".to_owned(), number }
    }

    /// A fleet seen by a unit with image `new` and a proven schema, and its peers.
    fn fleet(own: u32, is_leader: bool, peers: &[(u32, &[(&str, &str)])]) -> Fleet {
        let units = peers.iter().map(|(number, pairs)| (format!("forum/{number}").parse().unwrap(), bag(pairs)));
        let relation = Relation {
            units: units.collect(),
            own_unit: bag(&[("image", "new"), ("schema", "new complete")]),
            ..Relation::default()
        };
        let fleet = Fleet::of(Some(&relation), &unit(own), &BTreeSet::new(), is_leader, NOW);
        Fleet { image: Some("new".to_owned()), ..fleet }
    }

    const OLD: &[(&str, &str)] = &[("image", "old"), ("schema", "old complete")];
    const NEW: &[(&str, &str)] = &[("image", "new"), ("schema", "new complete")];
    const ADDITIVE: &[(&str, &str)] = &[("image", "new"), ("schema", "new additive")];
    const STARTING: &[(&str, &str)] = &[("image", "new")];
    const PYTHON: &[(&str, &str)] = &[("state", "release")];

    #[test]
    fn who_migrates_is_the_leader_or_the_lowest_unit_with_the_image() {
        for (own, is_leader, peers, migrator, may_migrate) in [
            (0, true, &[][..], 0, true),
            (0, false, &[], 0, false),
            (2, false, &[(0, OLD), (1, OLD)], 2, true),
            (2, false, &[(0, OLD), (1, STARTING)], 1, false),
            (2, true, &[(0, OLD), (1, STARTING)], 1, true),
            (0, false, &[(1, NEW), (3, NEW)], 0, true),
        ] {
            let fleet = fleet(own, is_leader, peers);
            assert_eq!((fleet.migrator("new"), fleet.may_migrate("new")), (migrator, may_migrate), "{own} {peers:?}");
        }
    }

    #[test]
    fn destructive_migrations_run_only_for_a_leader_without_peers() {
        assert!(fleet(0, true, &[]).may_run_destructive());
        assert!(!fleet(0, false, &[]).may_run_destructive());
        assert!(!fleet(0, true, &[(1, NEW)]).may_run_destructive());
        let unmet = Fleet::of(Some(&Relation::default()), &unit(0), &[0, 1].into(), true, NOW);
        assert!(!unmet.may_run_destructive(), "there is another unit, which has not been introduced yet");
        assert!(Fleet::of(None, &unit(0), &BTreeSet::new(), true, NOW).is_alone());
    }

    #[test]
    fn the_worst_unit_is_the_one_furthest_behind() {
        for (peers, worst) in [
            (&[][..], None),
            (&[(1, NEW)], None),
            (&[(1, ADDITIVE), (2, NEW)], Some(1)),
            (&[(1, ADDITIVE), (2, STARTING)], Some(2)),
            (&[(1, STARTING), (2, PYTHON)], Some(2)),
            (&[(3, PYTHON), (2, PYTHON)], Some(2)),
        ] {
            assert_eq!(fleet(0, true, peers).worst(), worst, "{peers:?}");
        }
    }

    #[test]
    fn what_a_peer_waits_for_is_derived_from_what_it_has_published() {
        for (bag_of, waits_for, can_serve) in [
            (NEW, Wait::Nothing, true),
            (ADDITIVE, Wait::Nothing, true),
            (STARTING, Wait::Migration, false),
            (PYTHON, Wait::Nothing, false),
            (&[("state", "acquire")], Wait::Restart, false),
        ] {
            let peer = Peer::of(&bag(bag_of));
            assert_eq!((peer.waits_for, peer.can_serve()), (waits_for, can_serve), "{bag_of:?}");
        }
    }

    #[test]
    fn a_unit_of_the_python_charm_is_recognised_by_its_missing_image() {
        assert!(fleet(0, true, &[(1, NEW)]).is_migrated_from_python());
        assert!(!fleet(0, true, &[(1, NEW), (2, PYTHON)]).is_migrated_from_python());
    }

    #[test]
    fn one_unit_remembers_the_upload_for_all() {
        let fleet = fleet(0, true, &[(1, &[("assets", "new s3")])]);
        assert_eq!((fleet.has_uploaded("new s3"), fleet.has_uploaded("old s3")), (true, false));
    }
}
