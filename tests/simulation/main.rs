//! The built charm in a time that only waiting lets go by: lives of several units in random orders, and lives in which one thing goes
//! wrong.
//!
//! `STAGE_SEEDS` says how many random lives are played, and nothing else then; `STAGE_SEED` is the seed of the first.
//! `STAGE_ALL_KILLS` plays every life in which `dispatch` is killed or a hook tool fails, and nothing else.
#![allow(clippy::indexing_slicing, reason = "places that were just drawn")]

mod choice;
mod end;
mod faults;
mod forum;
mod image;
mod life;
mod machine;
mod programs;
mod watch;
mod world;

use std::{process::ExitCode, sync::Arc};

use choice::{Choice, Faults};
use faults::{Fault, Story};
use image::Images;
use libtest_mimic::{Arguments, Trial};

/// Lives with a fault are played in so many tests for each story, so that they run side by side.
const PARTS: usize = 4;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let choice = Choice::from_environment().map_err(|refusal| refusal.to_string());
    let prepared = choice.and_then(|choice| {
        let images = Images::write().map_err(|error| format!("writing the images failed: {error}"));
        images.map(|images| (choice, Arc::new(images)))
    });
    match prepared {
        Ok((choice, images)) => libtest_mimic::run(&arguments, trials(choice, &images)).exit_code(),
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::FAILURE
        }
    }
}

fn trials(choice: Choice, images: &Arc<Images>) -> Vec<Trial> {
    let faults = choice.faults;
    let seeds = choice.seeds.map(|seed| random_life(seed, Arc::clone(images)));
    let stories = if faults == Faults::None { Vec::new() } else { vec![Story::OneUnit, Story::Refresh] };
    let parts = stories.into_iter().flat_map(|story| (0..PARTS).map(move |part| (story, part)));
    let parts = parts.flat_map(|(story, part)| {
        let kill = move |images: &Arc<Images>| story.kills(images, move |number| faults.has_kill(number));
        let fail = move |images: &Arc<Images>| story.failures(images, move |number| faults.has_failure(number));
        [faulty_lives("kills", story, part, kill, images), faulty_lives("failing_tools", story, part, fail, images)]
    });
    seeds.chain(parts).collect()
}

fn random_life(seed: u64, images: Arc<Images>) -> Trial {
    Trial::test(format!("simulation::seed_{seed}"), move || {
        life::play(seed, images)
            .map_err(|failure| format!("{failure}\nagain: tests/check --seeds 1 --seed {seed}").into())
    })
}

/// A part of the lives of a story that are chosen.
fn faulty_lives(
    kind: &str,
    story: Story,
    part: usize,
    choose: impl Fn(&Arc<Images>) -> Vec<Fault> + Send + 'static,
    images: &Arc<Images>,
) -> Trial {
    let images = Arc::clone(images);
    Trial::test(format!("simulation::{kind}_{}_{part}", story.name()), move || {
        let chosen = choose(&images);
        let own: Vec<Fault> = chosen.into_iter().skip(part).step_by(PARTS).collect();
        let failures: Vec<String> = own
            .iter()
            .filter_map(|fault| story.play(*fault, &images).err())
            .map(|failure| failure.to_string())
            .collect();
        println!("{} of {} lives of {} went as without the fault", own.len() - failures.len(), own.len(), story.name());
        if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
    })
}
