//! A lock in a database, held from outside the charm.

use crate::remote::server::{ServerError, cannot_start};
use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// An advisory lock, released when this is dropped.
#[derive(Debug)]
#[must_use = "the lock is released when this is dropped"]
pub struct MigrationLock {
    psql: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl MigrationLock {
    /// Takes the lock in a session of its own, and waits until it is held.
    pub(super) fn take(mut session: Command) -> Result<Self, ServerError> {
        let failed = cannot_start("psql");
        let mut psql = session.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(&failed)?;
        let (Some(input), Some(output)) = (psql.stdin.take(), psql.stdout.take()) else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let mut lock = Self { psql, input, output: BufReader::new(output) };
        lock.run("SELECT pg_advisory_lock(1);").map_err(failed)?;
        Ok(lock)
    }

    /// Runs a statement that gives one row, and waits for it.
    fn run(&mut self, statement: &str) -> io::Result<()> {
        writeln!(self.input, "{statement}")?;
        match self.output.read_line(&mut String::new())? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Drop for MigrationLock {
    fn drop(&mut self) {
        // A session that has ended holds no lock.
        let _ = self.run("SELECT pg_advisory_unlock(1);");
        let _ = self.psql.kill();
        let _ = self.psql.wait();
    }
}
