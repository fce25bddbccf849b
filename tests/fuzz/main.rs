//! Malformed databags, options and secrets, and hook tools that fail, against a forum that serves: only removed or changed required data
//! stops it.
//!
//! `STAGE_CASES` says how many cases are drawn from `STAGE_SEED`; `STAGE_CASE` is the number of one that is played alone.
#![allow(clippy::indexing_slicing, reason = "places that were just found or drawn")]

mod acts;
mod case;
mod choice;
mod disturbance;
mod draw;
mod endpoints;
mod judge;
mod kinds;
mod life;
mod neighbours;
mod options;
mod oracle;
mod play;
mod pool;
mod text;

use std::{process::ExitCode, sync::Arc};

use case::Case;
use choice::Choice;
use libtest_mimic::{Arguments, Trial};
use pool::Pool;

/// The most of a failure that is shown. *Units*: characters.
const SHOWN: usize = 1_500;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let choice = match Choice::from_environment() {
        Ok(choice) => choice,
        Err(refusal) => {
            eprintln!("{refusal}");
            return ExitCode::FAILURE;
        }
    };
    arguments.test_threads = Some(pool::LIVES);
    let pool = Arc::new(Pool::default());
    let trials: Vec<Trial> = choice.numbers().map(|number| trial(choice.seed, number, &pool)).collect();
    if arguments.filter.is_none() {
        println!("{choice}");
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(seed: u64, number: u64, pool: &Arc<Pool>) -> Trial {
    let pool = pool.clone();
    Trial::test(format!("fuzz::case_{number}"), move || {
        let case = Case::draw(seed, number);
        let again = format!("again: tests/check --case {number} --seed {seed}");
        let told = |failure: String| format!("{case}\n{}\n{again}", failure.chars().take(SHOWN).collect::<String>());
        pool.play(&case).map_err(|failure| told(failure).into())
    })
}
