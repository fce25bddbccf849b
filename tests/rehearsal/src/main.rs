//! The rehearsal at the command line.

mod budget;
mod foreign;
mod integrations;
mod life;
mod play;
mod screen;
mod script;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use clock::Clock;
use life::Sources;
use stage::Version;

/// Plays a whole life of the Discourse charm, from deploy to removal.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Another charm directory or .charm file; one of another name plays the life that every charm must live through.
    #[arg(long, default_value = "target/charm")]
    charm: PathBuf,
    /// The root folder of the first image.
    #[arg(long, default_value = "target/image/one")]
    image: PathBuf,
    /// The root folder of the image to which the charm is refreshed.
    #[arg(long, default_value = "target/image/two")]
    next_image: PathBuf,
    /// The Juju that it plays: 3.6 or 4.0.
    #[arg(long, default_value = "4.0")]
    juju: Version,
    /// How long a second of Juju and of the stand-in Pebble lasts.
    #[arg(long, default_value = "0.1")]
    time_scale: Clock,
    /// Waits for Enter between the steps.
    #[arg(long)]
    step: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match foreign::play(&options) {
        Ok(None) => rehearse(options),
        Ok(Some(true)) => ExitCode::SUCCESS,
        Ok(Some(false)) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rehearsal: {}", stage::play::chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn rehearse(options: Options) -> ExitCode {
    let sources =
        Sources { charm: options.charm, image: options.image, next_image: options.next_image, juju: options.juju };
    if play::play(sources, options.time_scale, options.step) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
