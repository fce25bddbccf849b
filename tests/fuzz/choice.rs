//! Which cases are played.

use std::{env, fmt, num::ParseIntError, ops::Range, time::SystemTime};

/// How many cases are played if nobody says.
const CASES: u64 = 100;
/// The most that are played.
const MOST_CASES: u64 = 1_000_000;

/// Which cases are played.
pub struct Choice {
    /// What they are drawn from.
    pub seed: u64,
    numbers: Range<u64>,
}

/// A variable holds no number that can be used.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no number.
    #[error("{0} must be a number: {1}")]
    NoNumber(&'static str, ParseIntError),
    /// It is none of the numbers that count cases.
    #[error("STAGE_CASES must be a number from 1 to {MOST_CASES}")]
    NoCases,
}

impl Choice {
    /// What the variables choose; a seed that nobody names is the time.
    ///
    /// # Errors
    /// A variable holds no number that can be used.
    pub fn from_environment() -> Result<Self, Refusal> {
        let seed = number("STAGE_SEED")?.unwrap_or_else(time);
        let cases = number("STAGE_CASES")?.unwrap_or(CASES);
        if !(1..=MOST_CASES).contains(&cases) {
            return Err(Refusal::NoCases);
        }
        let numbers = number("STAGE_CASE")?.map_or(0..cases, |number| number..number.saturating_add(1));
        Ok(Self { seed, numbers })
    }

    /// The numbers of the cases.
    pub fn numbers(&self) -> Range<u64> {
        self.numbers.clone()
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.numbers;
        let again = if end - start == 1 { format!("--case {start}") } else { format!("--cases {end}") };
        write!(formatter, "fuzz: seed {0}; again: tests/check {again} --seed {0}", self.seed)
    }
}

fn number(variable: &'static str) -> Result<Option<u64>, Refusal> {
    let text = env::var(variable).ok().filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|error| Refusal::NoNumber(variable, error))).transpose()
}

fn time() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
}
