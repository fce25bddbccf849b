//! A case: what happens to which forum, drawn by itself.

use std::fmt;

use crate::{
    disturbance::Disturbance,
    draw::Draw,
    endpoints::World,
    kinds::{any, fault},
};

/// One to three disturbances of a forum.
pub struct Case {
    /// The seed that it was drawn from.
    pub seed: u64,
    /// Its number.
    pub number: u64,
    /// The forum that it happens to.
    pub world: World,
    /// What happens, in this order.
    pub disturbances: Vec<Disturbance>,
    /// Whether the agents catch up between two disturbances.
    pub is_slow: bool,
}

impl Case {
    /// Draws the case with this number.
    pub fn draw(seed: u64, number: u64) -> Self {
        let world = if number.is_multiple_of(2) { World::Configured } else { World::Related };
        let mut draw = Draw::new(seed, number);
        let many = draw.pick(&[1, 1, 2, 2, 3]);
        let has_fault = many > 1 && draw.one_in(2);
        let fault = has_fault.then(|| fault(world, &mut draw));
        let others = many - usize::from(has_fault);
        let disturbances = fault.into_iter().chain((0..others).map(|_| any(world, &mut draw))).collect();
        Self { seed, number, world, disturbances, is_slow: draw.one_in(3) }
    }

    /// The number that decides what Juju leaves to chance.
    pub fn order(&self) -> u64 {
        self.seed ^ self.number
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<String> = self.disturbances.iter().map(Disturbance::to_string).collect();
        let then = if self.is_slow { "; then " } else { " and " };
        write!(formatter, "seed {} case {}: {}", self.seed, self.number, told.join(then))
    }
}
