//! The stage at the command line.

#[path = "../rehearsal/mod.rs"]
mod rehearsal;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use clock::Clock;

/// Plays a charm on this machine, without a cluster.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Plays a whole life of the Discourse charm, from deploy to removal.
    Rehearse(Rehearse),
}

#[derive(Parser)]
struct Rehearse {
    /// Another charm directory or .charm file.
    #[arg(long, default_value = "target/charm")]
    charm: PathBuf,
    /// The root folder of the first image.
    #[arg(long, default_value = "target/image/one")]
    image: PathBuf,
    /// The root folder of the image to which the charm is refreshed.
    #[arg(long, default_value = "target/image/two")]
    next_image: PathBuf,
    /// How long a second of Juju and of the stand-in Pebble lasts.
    #[arg(long, default_value = "0.1")]
    time_scale: Clock,
    /// Waits for Enter between the steps.
    #[arg(long)]
    step: bool,
}

fn main() -> ExitCode {
    let Command::Rehearse(options) = Command::parse();
    let props = rehearsal::Props { charm: options.charm, image: options.image, next_image: options.next_image };
    if rehearsal::play(props, options.time_scale, options.step) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
