//! Plays a scene with a charm, and shows what happens.

mod acts;
mod check;
mod confidential;
mod deployment;
mod expectations;
mod hooks;
mod logs;
mod plans;
mod player;
mod questions;
mod screen;
mod starter;
mod summary;

pub use starter::{declared, starter, starter_scene};

use crate::{
    agent::HOOK_LIMIT,
    charm::CharmError,
    model::Version,
    record::Record,
    scene::{Scene, SceneError},
    stage::StageError,
};
use clock::Clock;
use logs::{Logs, complaint};
use player::Player;
use screen::Screen;
use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

/// What is played, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The charm: a directory or a `.charm` file.
    pub charm: PathBuf,
    /// Where the paths of the scene begin.
    pub base: PathBuf,
    /// Images of the charm's containers, by name.
    pub images: Vec<(String, PathBuf)>,
    /// The Juju.
    pub juju: Version,
    /// How fast Juju's timers run.
    pub clock: Clock,
    /// Decides what Juju leaves to chance.
    pub seed: u64,
    /// How long a hook may take, in real time.
    pub hook_limit: Duration,
    /// The folder for logs; a new one for temporary files if there is none.
    pub logs: Option<PathBuf>,
    /// Where the test report goes, as `JUnit` has it.
    pub junit: Option<PathBuf>,
    /// Where the page goes that shows the life.
    pub timeline: Option<PathBuf>,
}

impl Options {
    /// A charm on the newest Juju, with nothing else said.
    #[must_use]
    pub fn new(charm: &Path) -> Self {
        Self {
            charm: charm.to_owned(),
            base: PathBuf::new(),
            images: Vec::new(),
            juju: Version::V4_0,
            clock: Clock::default(),
            seed: 0,
            hook_limit: HOOK_LIMIT,
            logs: None,
            junit: None,
            timeline: None,
        }
    }
}

/// Why a scene could not be played at all.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// There is no charm at the path; the caller named a wrong one.
    #[error("no charm: {path}")]
    Charm {
        /// The path.
        path: PathBuf,
        /// Why it is none.
        #[source]
        source: CharmError,
    },
    /// An argument names something that is not there; the caller named a wrong one.
    #[error("{option}: {text}")]
    Argument {
        /// The option of the command line.
        option: &'static str,
        /// What is wrong, with the remedy.
        text: String,
    },
    /// The scene cannot be read, or its steps name what is not there or does not fit.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// A folder for logs or images cannot be made.
    #[error("making a folder")]
    Folder(#[source] io::Error),
    /// The report or the page cannot be written.
    #[error("writing {path}")]
    Report {
        /// Where to.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The stage cannot be built.
    #[error("building the stage")]
    Stage(#[source] StageError),
}

/// How a play ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As expected.
    Well,
    /// A charm failed, or is not as a step expects it.
    Unexpected,
    /// A step names what is not there, which could not be known before.
    Mistaken,
}

/// Looks for mistakes before anything is started.
///
/// # Errors
/// There is no charm, or an argument or a step names what is not there or does not fit.
pub fn check(options: &Options, scene: &Scene) -> Result<(), PlayError> {
    check::arguments(options)?;
    Ok(check::scene(options, scene)?)
}

/// Plays all steps, or up to the first that does not go as expected.
///
/// # Errors
/// The charm cannot be read, the stage not be built, or a report not be written.
pub fn play(options: &Options, scene: &Scene) -> Result<Ending, PlayError> {
    let screen = Screen::new();
    let mut player = Player::new(options, scene, &screen)?;
    let live = screen::Live::start(&screen, &player.stage.watch());
    if let Some(name) = &scene.name {
        screen.line(name);
    }
    let steps = (1..).zip(scene.steps()).map(|(number, step)| player.play(number, &step));
    let stopped = { steps }.find(|ending| *ending != Ending::Well);
    let ending = stopped.unwrap_or_else(|| player.finish());
    drop(live);
    screen.line(&summary::of(&player));
    report(options, &player)?;
    Ok(if ending == Ending::Well && !player.failures.is_empty() { Ending::Unexpected } else { ending })
}

fn report(options: &Options, player: &Player<'_>) -> Result<(), PlayError> {
    let Some(record) = player.stage.record() else { return Ok(()) };
    let write = |path: &Option<PathBuf>, text: fn(&Record) -> String| match path {
        None => Ok(()),
        Some(path) => fs::write(path, text(record)).map_err(|source| PlayError::Report { path: path.clone(), source }),
    };
    write(&options.junit, Record::junit)?;
    write(&options.timeline, Record::timeline)
}

/// An error with its causes, in one line; a cause that its effect has named already stands there once.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    texts.dedup();
    texts.join(": ")
}
