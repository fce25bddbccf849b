//! A cluster of databases that is initialised once and copied from then on, which takes a tenth of the time.

use super::cluster::{CREATE_EXTENSIONS, EXTENDED};
use crate::{
    pod::programs,
    remote::server::{ServerError, cannot_start},
    sandbox::run,
};
use nix::unistd::User;
use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

/// For a short life without accidents: nothing is written to a disk in time, and every client must know its password.
const SETTINGS: &str = "listen_addresses = '*'
max_connections = 200
shared_buffers = 16MB
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
wal_level = minimal
max_wal_senders = 0
";
const CLIENTS: &str = "local all all trust
host all all 0.0.0.0/0 scram-sha-256
host all all ::/0 scram-sha-256
";

/// A version of PostgreSQL and the user that runs it.
#[derive(Debug)]
pub(super) struct Installation {
    pub(super) programs: PathBuf,
    pub(super) version: String,
    pub(super) user: User,
}

impl Installation {
    /// A program that the user runs.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.uid(self.user.uid.as_raw()).gid(self.user.gid.as_raw()).current_dir("/");
        command
    }

    /// Makes a folder with a new cluster in it.
    pub(super) fn provide(&self, data: &Path) -> Result<(), ServerError> {
        let template = self.template();
        if self.copy(&template, data).is_ok() {
            return Ok(());
        }
        self.initialise(data)?;
        keep(data, &template);
        Ok(())
    }

    /// Where the cluster to be copied is kept; another version has another place.
    fn template(&self) -> PathBuf {
        programs().join(format!("postgresql-{}", self.version))
    }

    fn copy(&self, template: &Path, data: &Path) -> Result<(), ServerError> {
        fs::read_dir(template).map_err(cannot_start("cp"))?;
        run(Command::new("cp").arg("-a").arg(template).arg(data), "")?;
        let owner = format!("{}:{}", self.user.uid, self.user.gid);
        run(Command::new("chown").args(["-R", &owner]).arg(data), "")?;
        Ok(())
    }

    fn initialise(&self, data: &Path) -> Result<(), ServerError> {
        let mut command = self.command("initdb");
        command.args(["--no-sync", "--auth=trust", "--no-locale", "--encoding=UTF8", "--username=postgres"]);
        run(command.args(["--wal-segsize=1", "-D"]).arg(data), "")?;
        for (file, text) in [("postgresql.conf", SETTINGS), ("pg_hba.conf", CLIENTS)] {
            fs::write(data.join(file), text).map_err(cannot_start(file))?;
        }
        self.ask_alone(data, "postgres", &format!("CREATE DATABASE {EXTENDED};\n"))?;
        self.ask_alone(data, EXTENDED, CREATE_EXTENSIONS)
    }

    /// Runs statements, one a line, without a server.
    fn ask_alone(&self, data: &Path, database: &str, statements: &str) -> Result<(), ServerError> {
        run(self.command("postgres").args(["--single", "-D"]).arg(data).arg(database), statements)?;
        Ok(())
    }
}

/// Keeps a copy for later, if it can; another process may have been faster.
fn keep(data: &Path, template: &Path) {
    // Not the process id, which another run has in its own namespace.
    let copy = template.with_extension(format!("{:08x}", rand::random::<u32>()));
    if programs().is_dir() && run(Command::new("cp").arg("-a").arg(data).arg(&copy), "").is_ok() {
        let _ = fs::rename(&copy, template);
    }
    let _ = fs::remove_dir_all(&copy);
}
