//! Chance, drawn from a seed and the number of a case: the same two give the same case, whatever was played before.

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

/// Whose value a text stands for, which decides where it may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A credential: it may appear nowhere but where Discourse reads it.
    Secret,
    /// Anything else that comes over a relation: no status, log line, message or argument shows it.
    Remote,
    /// What the operator writes.
    Public,
}

/// The chance of one case.
pub struct Draw {
    rng: StdRng,
    case: u64,
}

impl Draw {
    /// The chance of the case with this number.
    pub fn new(seed: u64, case: u64) -> Self {
        // Neighbouring seeds must not share cases: an odd factor spreads them.
        Self { rng: StdRng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(case)), case }
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.rng.random_range(0..limit.max(1))
    }

    /// A number from 1 to a limit.
    pub fn count(&mut self, limit: u32) -> u32 {
        self.rng.random_range(1..=limit)
    }

    /// Whether one in so many happens.
    pub fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// One of some things.
    pub fn pick<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }

    /// The word by which a value of this case is found wherever it appears.
    pub fn marker(&self, kind: Kind) -> String {
        marker(self.case, kind)
    }
}

/// The word by which a value of a case is found wherever it appears.
///
/// It is a host name, a user name and a path as well, and no other text holds it.
pub fn marker(case: u64, kind: Kind) -> String {
    let letter = match kind {
        Kind::Secret => 's',
        Kind::Remote => 'r',
        Kind::Public => 'p',
    };
    format!("zq{letter}{case}qz")
}
