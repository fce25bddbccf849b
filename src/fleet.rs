//! The units of this application as one fleet: how far each of them is, and who goes next.
//!
//! Everything is derived from databags of the peer relation, each as old as the last hook about its unit.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::relations::{
    Changes, Databag, Relation,
    restart::{Memory, Phase},
};

/// All units, as this one sees them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Fleet {
    /// The number of this unit.
    pub own: u32,
    /// Whether this unit leads.
    pub is_leader: bool,
    /// What this unit remembers.
    pub memory: Memory,
    /// The other units, by number.
    ///
    /// *Empty*: there are none, or Juju has not introduced them yet.
    pub peers: BTreeMap<u32, Peer>,
    /// The grants of the Python charm's lock: their keys, and the units that they name.
    grants: BTreeMap<String, u32>,
}

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
    /// The Python charm's lock for restarts.
    Restart,
}

impl Fleet {
    /// The fleet that the peer relation shows.
    ///
    /// *Empty*: without the relation this unit is seen alone.
    #[must_use]
    pub fn of(relation: Option<&Relation>, own: u32, is_leader: bool) -> Self {
        let Some(relation) = relation else { return Self { own, is_leader, ..Self::default() } };
        let grants = relation.own_app.iter().flat_map(|app| app.keys());
        Self {
            own,
            is_leader,
            memory: Memory::of(&relation.own_unit),
            peers: relation.units.iter().map(|(unit, bag)| (unit.number, Peer::of(bag))).collect(),
            grants: grants.filter_map(|key| Some((key.clone(), grantee(key)?))).collect(),
        }
    }

    /// Whether this is the only unit. A non-leader never is, whether or not Juju has introduced its peers yet.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.is_leader && self.peers.is_empty()
    }

    /// Whether migrations may run that break older code: only while nobody else serves.
    #[must_use]
    pub fn may_run_destructive(&self) -> bool {
        self.is_alone()
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

    /// The unit that holds the Python charm's lock: the lowest-numbered one that asks for it and was granted it.
    #[must_use]
    pub fn turn(&self) -> Option<u32> {
        self.grants.values().filter(|number| self.is_asking(**number)).min().copied()
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

    /// The changes of our application databag that drop grants nobody waits for.
    #[must_use]
    pub fn drop_stale_grants(&self) -> Changes {
        let is_stale = |number: u32| number == self.own || !self.is_asking(number);
        let stale = self.grants.iter().filter(|(_, number)| is_stale(**number));
        stale.map(|(key, _)| (key.clone(), String::new())).collect()
    }

    fn is_asking(&self, number: u32) -> bool {
        self.peers.get(&number).is_some_and(|peer| peer.waits_for == Wait::Restart)
    }

    fn memories(&self) -> impl Iterator<Item = (u32, &Memory)> {
        let peers = self.peers.iter().map(|(number, peer)| (*number, &peer.memory));
        std::iter::once((self.own, &self.memory)).chain(peers)
    }
}

impl Peer {
    fn of(bag: &Databag) -> Self {
        let memory = Memory::of(bag);
        let is_asking = bag.get("state").is_some_and(|state| state == "acquire");
        let waits_for = match (is_asking, &memory.image, memory.phase()) {
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

    /// A fleet seen by a unit with image `new` and a proven schema, and its peers.
    fn fleet(own: u32, is_leader: bool, peers: &[(u32, &[(&str, &str)])]) -> Fleet {
        let units = peers.iter().map(|(number, pairs)| (format!("forum/{number}").parse().unwrap(), bag(pairs)));
        let relation = Relation {
            units: units.collect(),
            own_unit: bag(&[("image", "new"), ("schema", "new complete")]),
            ..Relation::default()
        };
        Fleet::of(Some(&relation), own, is_leader)
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
        assert!(Fleet::of(None, 0, true).is_alone());
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

    #[test]
    fn the_lock_belongs_to_the_lowest_unit_that_asks_and_other_grants_are_dropped() {
        let grant = |number: u32| format!("<ops.model.Unit forum/{number}>");
        let units = [(1, "acquire"), (2, "release"), (3, "acquire")]
            .map(|(number, state)| (format!("forum/{number}").parse().unwrap(), bag(&[("state", state)])));
        let app: Databag = [0, 1, 2, 3, 9].map(|number| (grant(number), "granted".to_owned())).into();
        let kept = bag(&[("other", "kept")]);
        let app = app.into_iter().chain(kept).collect();
        let fleet =
            Fleet::of(Some(&Relation { units: units.into(), own_app: Some(app), ..Relation::default() }), 0, true);
        assert_eq!(fleet.turn(), Some(1));
        let dropped: Databag = [0, 2, 9].map(|number| (grant(number), String::new())).into();
        assert_eq!(fleet.drop_stale_grants(), dropped);
    }
}
