//! A lock in a database, held from outside the charm.

use crate::remote::server::{ServerError, cannot_start};
use flate2::Crc;
use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// What Rails multiplies with the checksum of a database's name. *Source*: Rails `ActiveRecord::Migrator`.
const SALT: i64 = 2_053_462_845;

/// The advisory lock of Rails' migrations, released when this is dropped.
#[derive(Debug)]
#[must_use = "the lock is released when this is dropped"]
pub struct MigrationLock {
    key: i64,
    psql: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl MigrationLock {
    /// Takes the lock in a session of its own, and waits until it is held.
    pub(super) fn take(mut session: Command, database: &str) -> Result<Self, ServerError> {
        let failed = cannot_start("psql");
        let mut psql = session.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(&failed)?;
        let (Some(input), Some(output)) = (psql.stdin.take(), psql.stdout.take()) else {
            return Err(failed(io::ErrorKind::BrokenPipe.into()));
        };
        let mut lock = Self { key: key_of(database), psql, input, output: BufReader::new(output) };
        lock.run(&format!("SELECT pg_advisory_lock({});", lock.key)).map_err(failed)?;
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
        let _ = self.run(&format!("SELECT pg_advisory_unlock({});", self.key));
        let _ = self.psql.kill();
        let _ = self.psql.wait();
    }
}

fn key_of(database: &str) -> i64 {
    let mut checksum = Crc::new();
    checksum.update(database.as_bytes());
    SALT * i64::from(checksum.sum())
}
