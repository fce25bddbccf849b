//! Programs of the system that are run to their end.

use std::{
    io::{self, Write},
    process::{Command, Output, Stdio},
};

/// Why a program of the system did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It could not be started; it may not be installed.
    #[error("running {program}")]
    Start {
        /// Its name.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// It ran and failed.
    #[error("running {program}: {message}")]
    Failed {
        /// Its name.
        program: String,
        /// What it wrote to standard error.
        message: String,
    },
}

/// Runs a program with `input` on its standard input and returns what it printed.
///
/// # Errors
/// [`ProgramError`] if it cannot be started, or its exit code is not 0.
pub fn run(command: &mut Command, input: &str) -> Result<String, ProgramError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = feed(command, input).map_err(|source| ProgramError::Start { program: program.clone(), source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let message = format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    Err(ProgramError::Failed { program, message })
}

fn feed(command: &mut Command, input: &str) -> io::Result<Output> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that reads nothing may be gone already; its exit code tells.
        let _ = stdin.write_all(input.as_bytes());
    }
    child.wait_with_output()
}
