//! What must hold at every moment of a random life.

use std::collections::{BTreeMap, BTreeSet};

use stage::{Exit, HookRun, Life};

use crate::{forum::Forum, life::Failure};

/// Which units have to be ready.
#[derive(Default)]
pub struct Watch {
    /// Units that were seen serving, and that nobody has disturbed since.
    expected: BTreeSet<u32>,
    /// Units that were killed, removed, replaced or rolled back, with the Pebble that each had then: they are excused until they
    /// have another.
    excused: BTreeMap<u32, Option<String>>,
}

impl Watch {
    /// Whatever becomes of this pod of a unit is no fault of the charm.
    pub fn excuse(&mut self, forum: &Forum, unit: u32) {
        self.expected.remove(&unit);
        self.excused.insert(unit, forum.pebble_of(unit));
    }

    /// No unit needs to be ready before it has served once more.
    pub fn excuse_all(&mut self) {
        self.expected.clear();
    }

    /// What must hold after a hook, and must have held during it.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&mut self, forum: &Forum, run: &HookRun) -> Result<(), Failure> {
        // What was killed is run again.
        if !run.is_success() && run.exit != Exit::Signal(9) {
            return Err(format!("a hook failed: {:?} {:?}", run.exit, run.log).into());
        }
        // Kubernetes replaces pods from the highest down, whether lower ones are ready or not.
        if let Some(unit) = number(&run.unit).filter(|_| run.hook == "stop") {
            self.excuse(forum, unit);
        }
        let (violations, disturbed) = {
            let mut world = forum.world.lock();
            (std::mem::take(&mut world.violations), std::mem::take(&mut world.disturbed))
        };
        violations.into_iter().next().map_or(Ok(()), Err)?;
        self.check_readiness(forum, &disturbed)
    }

    fn check_readiness(&mut self, forum: &Forum, disturbed: &BTreeSet<String>) -> Result<(), Failure> {
        let units = forum.units();
        self.expected.retain(|unit| units.contains(unit));
        let is_away = |unit: &&u32| !forum.stage.is_ready(**unit) || disturbed.contains(&pod(**unit));
        let away: Vec<&u32> = self.expected.iter().filter(is_away).collect();
        if away.len() > 1 {
            return Err(format!("{away:?} have served and were not ready at the same time").into());
        }
        self.excused.retain(|unit, before| forum.pebble_of(*unit) == *before);
        if forum.redis_relation() == Some(Life::Alive) {
            // A pod that never had a server counts as ready, too.
            let serving: BTreeSet<String> = forum.world.lock().servers.keys().cloned().collect();
            let serves = |unit: &u32| forum.stage.is_ready(*unit) && serving.contains(&pod(*unit));
            self.expected.extend(units.into_iter().filter(|unit| serves(unit) && !self.excused.contains_key(unit)));
        }
        Ok(())
    }
}

fn pod(unit: u32) -> String {
    format!("discourse-k8s-{unit}")
}

fn number(unit: &str) -> Option<u32> {
    unit.rsplit('/').next()?.parse().ok()
}
