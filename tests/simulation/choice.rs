//! Which lives are played.

use std::{env, num::ParseIntError, ops::Range, time::SystemTime};

/// How many random lives are played if nobody says.
const SEEDS: u64 = 50;
/// The most that are played.
const MOST_SEEDS: u64 = 1_000_000;
/// One of so many kill points is played if nobody asks for all.
const KILLS: usize = 6;
/// One of so many calls of hook tools fails if nobody asks for all.
const FAILURES: usize = 61;
/// *Units*: seconds.
const DAY: u64 = 86_400;

/// Which lives are played.
pub struct Choice {
    /// The seeds of random lives.
    pub seeds: Range<u64>,
    /// Which of the lives with one fault.
    pub faults: Faults,
}

/// Which of the lives with one fault are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// None of them.
    None,
    /// A part, another one each day.
    Sample(usize),
    /// All of them.
    All,
}

/// A variable holds no number that can be used.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no number.
    #[error("{0} must be a number: {1}")]
    NoNumber(&'static str, ParseIntError),
    /// It is none of the numbers that count lives.
    #[error("STAGE_SEEDS must be a number from 1 to {MOST_SEEDS}")]
    NoSeeds,
}

impl Choice {
    /// What the variables choose. Without any, the same seeds are played each time.
    ///
    /// # Errors
    /// A variable holds no number that can be used.
    pub fn from_environment() -> Result<Self, Refusal> {
        let (count, first) = (number("STAGE_SEEDS")?, number("STAGE_SEED")?);
        if env::var_os("STAGE_ALL_KILLS").is_some() {
            return Ok(Self { seeds: 0..0, faults: Faults::All });
        }
        if count.is_some_and(|count| !(1..=MOST_SEEDS).contains(&count)) {
            return Err(Refusal::NoSeeds);
        }
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let first = first.unwrap_or(if count.is_some() { time } else { 1 });
        let seeds = first..first.saturating_add(count.unwrap_or(SEEDS));
        let day = usize::try_from(time / DAY).unwrap_or_default();
        Ok(Self { seeds, faults: if count.is_some() { Faults::None } else { Faults::Sample(day) } })
    }
}

impl Faults {
    /// Whether the kill point with this number is played.
    pub fn has_kill(self, number: usize) -> bool {
        self.has(number, KILLS)
    }

    /// Whether the life is played in which the call with this number fails.
    pub fn has_failure(self, number: usize) -> bool {
        self.has(number, FAILURES)
    }

    fn has(self, number: usize, part: usize) -> bool {
        match self {
            Self::None => false,
            Self::Sample(day) => number % part == day % part,
            Self::All => true,
        }
    }
}

fn number(variable: &'static str) -> Result<Option<u64>, Refusal> {
    let text = env::var(variable).ok().filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|error| Refusal::NoNumber(variable, error))).transpose()
}
