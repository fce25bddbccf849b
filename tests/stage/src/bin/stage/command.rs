//! Arguments, and the page of help that teaches.

use clap::{Args, Parser, Subcommand};
use clock::Clock;
use stage::{Version, scene::VERBS};
use std::{path::PathBuf, time::Duration};

const INTRODUCTION: &str = "\
Plays any Juju charm for Kubernetes on this machine, without a cluster.

The charm is a directory or a .charm file, in any language. Its hooks run as Juju runs them, with the
hook tools, and the containers of its pods with a Pebble in them. Without a scene, it is deployed,
related to a stand-in on every endpoint under `requires` that is not optional, asked for update-status,
and removed. A scene is a YAML file: what an operator does, and what is expected of the charm.";

const EXAMPLES: &str = "\
Examples:
  stage play ./hello
      the life that every charm must live through

  stage play ./hello_amd64.charm --scene life.yaml --image web=./rootfs
      where life.yaml is
          steps:
            - deploy
            - integrate:
                endpoint: database
                stand-in: postgresql
                app: {endpoints: 10.0.0.5:5432}
            - config: greeting=welcome
            - wait-for: hello active
            - run: hello/0 greet who=you
            - kill: pod hello/0
            - expect-status: hello/0 active
            - expect-databag: hello/0:database user=hello

Scenes:
  A step is a map with one verb, in a short form (words, as a shell splits them) or a long one (a map;
  `stage schema` has the keys, and editors understand it). Acts change the model only. Hooks run when a
  step looks at the model (settle, wait-for, run, exec, http, expect-...), and at the end. The first step
  that does not go as expected ends the play. `stage scene CHARM` prints a scene to begin with.

Verbs:";

const LOGS: &str = "\
What is shown:
  Every hook, with its time, its calls of hook tools and the status that it left; a failed one with the
  exception of its traceback, and with the place of its whole log. The folder of --logs keeps a log per
  unit, with all output and calls. A hook that takes longer than --hook-limit is killed with all its
  processes; the program or hook tool that it hung in is named, and the play ends. CPU and peak memory
  are those of all processes of a hook; those of `dispatch` alone stand beside them.

Exit code:
  0 if all went as expected, 1 if not, 2 for wrong arguments or a wrong scene.

Needs root or sudo, for namespaces, and the packages bubblewrap, iproute2 and util-linux.";

/// The stage: a stand-in for Juju on one machine.
#[derive(Parser)]
#[command(name = "stage", version, about, long_about = INTRODUCTION, after_long_help = after_help())]
pub struct Stage {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Plays a charm.
    #[command(long_about = INTRODUCTION, after_long_help = after_help())]
    Play(Play),
    /// Prints a scene for a charm, to begin with.
    Scene {
        /// The charm: a directory or a .charm file.
        charm: PathBuf,
    },
    /// Prints the JSON Schema of scenes.
    Schema,
}

#[derive(Args)]
pub struct Play {
    /// The charm: a directory or a .charm file, with metadata.yaml or charmcraft.yaml.
    pub charm: PathBuf,
    /// What is done and expected; without it, what every charm must live through.
    #[arg(long, value_name = "FILE.yaml")]
    pub scene: Option<PathBuf>,
    /// The root folder or OCI image of a container; an empty one if it is not given. May be repeated.
    #[arg(long, value_name = "CONTAINER=PATH", value_parser = image)]
    pub image: Vec<(String, PathBuf)>,
    /// The Juju that is played: 3.6 or 4.0, which is the default.
    #[arg(long, value_name = "SERIES")]
    pub juju: Option<Version>,
    /// How long a second of Juju's timers lasts.
    #[arg(long, default_value = "0.1", value_name = "SECONDS")]
    pub time_scale: Clock,
    /// Decides what Juju leaves to chance, such as the order over relations.
    #[arg(long, default_value_t = 0, value_name = "NUMBER", value_parser = seed)]
    pub seed: u64,
    /// How long a hook may take, in real time.
    #[arg(long, default_value = "5m", value_name = "TIME", value_parser = duration)]
    pub hook_limit: Duration,
    /// Writes a test report for CI: a suite per step, a case per hook and expectation.
    #[arg(long, value_name = "FILE.xml")]
    pub junit: Option<PathBuf>,
    /// Writes one page that shows all: units, hooks and their calls, statuses, databags and plans at any moment.
    #[arg(long, value_name = "FILE.html")]
    pub timeline: Option<PathBuf>,
    /// The folder for logs; a new one below /tmp if it is not given.
    #[arg(long, value_name = "DIR")]
    pub logs: Option<PathBuf>,
}

fn image(text: &str) -> Result<(String, PathBuf), String> {
    let (container, path) = text.split_once('=').ok_or("write CONTAINER=PATH, such as web=./rootfs")?;
    Ok((container.to_owned(), PathBuf::from(path)))
}

fn seed(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "write a whole number from 0 up")
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("write a time such as 90s or 5m"),
    }
}

fn after_help() -> String {
    let verbs: Vec<String> = VERBS.iter().map(|(usage, what)| format!("  {usage}\n      {what}\n")).collect();
    format!("{EXAMPLES}\n{}\n{LOGS}", verbs.concat())
}
