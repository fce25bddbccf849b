//! Processes of real servers.

use crate::sandbox::{ProgramError, SandboxError};
use std::{
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// How long a server may take until it answers.
const START_TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Why a remote application has no server, or its server did not obey.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// There is no address or name for it.
    #[error("placing a server")]
    Sandbox(#[from] SandboxError),
    /// A program of the server failed; it may not be installed, or a statement is wrong.
    #[error("asking a server")]
    Program(#[from] ProgramError),
    /// A folder or a process could not be made.
    #[error("starting {program}")]
    Start {
        /// Its name.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// It ran, but did not answer within 30 s.
    #[error("starting {0}: no answer")]
    Silent(String),
    /// The machine has no PostgreSQL server, or no user to run it as.
    #[error("starting PostgreSQL: {0}")]
    NotInstalled(&'static str),
    /// The application was related before the stage deployed it.
    #[error("asking {0}: it is not deployed")]
    NotDeployed(String),
}

/// A process that ends with its owner.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
}

impl Server {
    /// Starts a server and waits until `answers` is true.
    pub(super) fn start(command: &mut Command, answers: impl Fn() -> bool) -> Result<Self, ServerError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut server = Self { child: child.map_err(cannot_start(&program))? };
        for _ in 0..START_TIMEOUT.as_millis() / POLL_INTERVAL.as_millis() {
            if answers() {
                return Ok(server);
            }
            if !matches!(server.child.try_wait(), Ok(None)) {
                break;
            }
            clock::Clock::real().pause(POLL_INTERVAL);
        }
        Err(ServerError::Silent(program))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its data is not needed any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes the error of a program that could not be started.
pub(super) fn cannot_start(program: &str) -> impl Fn(io::Error) -> ServerError {
    let program = program.to_owned();
    move |source| ServerError::Start { program: program.clone(), source }
}

/// Makes a folder for a server.
pub(super) fn folder(path: PathBuf) -> Result<PathBuf, ServerError> {
    let shown = Path::display(&path).to_string();
    std::fs::create_dir_all(&path).map_err(cannot_start(&shown))?;
    Ok(path)
}
