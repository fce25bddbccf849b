//! The stage at the command line.

#[path = "stage/command.rs"]
mod command;
#[path = "stage/enter.rs"]
mod enter;

use clap::Parser;
use command::{Command, Play, Stage};
use stage::{
    Version,
    play::{self, Ending, Options, PlayError},
    scene::{Scene, SceneError},
};
use std::{path::Path, process::ExitCode};

/// Of a wrong argument or a wrong scene.
const WRONG: u8 = 2;

/// Why nothing was played.
#[derive(Debug, thiserror::Error)]
enum StageError {
    /// The scene is wrong.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// The charm is none, or the stage cannot be built.
    #[error(transparent)]
    Play(#[from] PlayError),
    /// The namespaces cannot be made.
    #[error("entering namespaces")]
    Enter(#[source] std::io::Error),
}

impl StageError {
    /// A mistake of the caller is told apart from a stage that could not be built.
    const fn code(&self) -> u8 {
        match self {
            Self::Scene(_) | Self::Play(PlayError::Charm { .. } | PlayError::Argument { .. } | PlayError::Scene(_)) => {
                WRONG
            }
            Self::Play(_) | Self::Enter(_) => 1,
        }
    }
}

fn main() -> ExitCode {
    match run(Stage::parse().command) {
        Ok(code) => code,
        Err(error) => {
            play::chain(&error).lines().for_each(|line| eprintln!("stage: {line}"));
            ExitCode::from(error.code())
        }
    }
}

fn run(command: Command) -> Result<ExitCode, StageError> {
    match command {
        Command::Schema => print!("{}", Scene::schema()),
        Command::Scene { charm } => print!("{}", play::starter(&charm)?),
        Command::Play(play) => return enact(play),
    }
    Ok(ExitCode::SUCCESS)
}

fn enact(play: Play) -> Result<ExitCode, StageError> {
    let scene = match &play.scene {
        Some(path) => Scene::read(path)?,
        None => play::starter_scene(&play.charm)?,
    };
    let base = play.scene.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    let options = Options {
        charm: play.charm,
        base,
        images: play.image,
        juju: play.juju.or(scene.juju).unwrap_or(Version::V4_0),
        clock: play.time_scale,
        seed: play.seed,
        hook_limit: play.hook_limit,
        logs: play.logs.or_else(enter::logs),
        junit: play.junit,
        timeline: play.timeline,
    };
    play::check(&options, &scene)?;
    if !enter::is_inside() {
        return enter::again(options.logs.as_deref()).map_err(StageError::Enter);
    }
    Ok(match play::play(&options, &scene)? {
        Ending::Well => ExitCode::SUCCESS,
        Ending::Unexpected => ExitCode::FAILURE,
        Ending::Mistaken => ExitCode::from(WRONG),
    })
}
