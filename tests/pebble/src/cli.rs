//! The command line of Pebble, as far as Juju uses it, and `--time-scale`.

use crate::daemon::Options;
use clap::{Args, Parser, Subcommand};
use clock::Clock;
use std::path::PathBuf;

/// A stand-in for Pebble, Canonical's service manager for containers.
#[derive(Debug, Parser)]
#[command(name = "pebble")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the service manager.
    Run(Run),
    /// Records a notice.
    Notify(Notice),
    /// Shows versions.
    Version(Version),
}

/// Arguments of `pebble notify`.
#[derive(Debug, Args)]
pub struct Notice {
    /// Its key, such as `example.com/key`.
    pub key: String,
    /// Its data, as `name=value`.
    pub data: Vec<String>,
}

/// Arguments of `pebble run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Makes the directory of Pebble if it is missing.
    #[arg(long)]
    pub create_dirs: bool,
    /// Leaves enabled services alone until a request comes.
    #[arg(long)]
    pub hold: bool,
    /// Serves health and system-info on this TCP address, too, such as `:4000`.
    #[arg(long, value_name = "ADDRESS")]
    pub http: Option<String>,
    /// Shows the output of services.
    #[arg(short, long)]
    pub verbose: bool,
    /// Identities to begin with.
    #[arg(long, value_name = "FILE")]
    pub identities: Option<PathBuf>,
    /// How long a second lasts, in seconds.
    #[arg(long, value_name = "SCALE", default_value = "1")]
    pub time_scale: Clock,
}

/// Arguments of `pebble version`.
#[derive(Debug, Args)]
pub struct Version {
    /// Only of this program.
    #[arg(long)]
    pub client: bool,
}

impl From<Run> for Options {
    fn from(run: Run) -> Self {
        let mut options = Self::from_environment();
        options.creates_dirs = run.create_dirs;
        options.is_held = run.hold;
        options.http = run.http;
        options.is_verbose |= run.verbose;
        options.identities = run.identities;
        options.clock = run.time_scale;
        options
    }
}
