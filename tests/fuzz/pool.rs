//! The forums on which cases are played, each by one case at a time.

use std::sync::{Mutex, PoisonError};

use crate::{
    case::Case,
    endpoints::World,
    life::{Failure, Life},
    play::play,
};

/// How many forums there are at most: each waits a lot.
pub const LIVES: usize = 4;
/// How many cases a forum lives through; Pebble's plan never forgets a log target.
const MOST_CASES: u32 = 40;

/// Forums that wait for their next case.
#[derive(Default)]
pub struct Pool {
    idle: Mutex<Vec<(World, Life)>>,
}

impl Pool {
    /// Plays a case on a forum that waits for one, else on a new one; a forum whose case fails is not used again.
    ///
    /// # Errors
    /// What went wrong.
    pub fn play(&self, case: &Case) -> Result<(), Failure> {
        let mut life = self.take(case.world).map_or_else(|| Life::begin(case.world), Ok)?;
        play(&mut life, case)?;
        if life.cases < MOST_CASES {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((case.world, life));
        }
        Ok(())
    }

    fn take(&self, world: World) -> Option<Life> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let place = idle.iter().position(|(other, _)| *other == world)?;
        Some(idle.swap_remove(place).1)
    }
}
