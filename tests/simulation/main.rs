//! Lives of several units in random orders: the built charm, in a time that only waiting lets go by.
//!
//! `STAGE_SEEDS` says how many lives are played, `STAGE_SEED` from which seed they are drawn; `STAGE_LIFE` is one seed that is played
//! alone.
#![allow(clippy::indexing_slicing, reason = "places that were just drawn")]

mod forum;
mod image;
mod life;
mod machine;
mod programs;
mod world;

use std::{process::ExitCode, sync::Arc};

use image::Images;
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let images = match Images::write() {
        Ok(images) => Arc::new(images),
        Err(error) => {
            eprintln!("writing the images failed: {error}");
            return ExitCode::FAILURE;
        }
    };
    let seeds: u64 = std::env::var("STAGE_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(50);
    let first: u64 = std::env::var("STAGE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let trials = (first..first + seeds).map(|seed| {
        let images = Arc::clone(&images);
        Trial::test(format!("simulation::seed_{seed}"), move || {
            life::play(seed, images).map_err(|failure| format!("{failure}\nagain: tests/check --seed {seed}").into())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
