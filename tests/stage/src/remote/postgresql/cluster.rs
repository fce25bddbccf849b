//! The PostgreSQL server that all remote applications of a process share.

use super::template::Installation;
use crate::{
    remote::{
        lock,
        server::{Server, ServerError, cannot_start, folder},
    },
    sandbox::{MARKER, SandboxError, run},
};
use nix::unistd::User;
use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::{Arc, Mutex},
};

/// Where Debian keeps the versions that are installed.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Extensions that an operator switches on for Discourse.
pub(super) const CREATE_EXTENSIONS: &str = "CREATE EXTENSION IF NOT EXISTS hstore;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
";
/// The template of databases that have them.
pub(super) const EXTENDED: &str = "extended";

/// The first start makes it; it ends with the sandbox.
static SHARED: Mutex<Option<Arc<Cluster>>> = Mutex::new(None);

/// A server with its databases; it answers at every address of the sandbox.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    dir: PathBuf,
    port: u16,
    version: String,
    _server: Server,
}

impl Cluster {
    /// The server of this process, started if need be.
    ///
    /// # Errors
    /// [`ServerError`] if PostgreSQL is not installed or does not start.
    pub fn shared() -> Result<Arc<Self>, ServerError> {
        let mut shared = lock(&SHARED);
        if let Some(cluster) = shared.as_ref() {
            return Ok(Arc::clone(cluster));
        }
        let cluster = Arc::new(Self::start()?);
        *shared = Some(Arc::clone(&cluster));
        Ok(cluster)
    }

    fn start() -> Result<Self, ServerError> {
        let base = env::var_os(MARKER).map(PathBuf::from).ok_or(SandboxError::Outside)?;
        let installation = find()?;
        let dir = folder(base.join(format!("postgresql-{}", process::id())))?;
        let (uid, gid) = (installation.user.uid.as_raw(), installation.user.gid.as_raw());
        chown(&dir, Some(uid), Some(gid)).map_err(cannot_start("postgres"))?;
        installation.provide(&dir.join("data"))?;
        let port = free_port();
        let server = launch(&installation, &dir, port)?;
        let Installation { programs, version, .. } = installation;
        Ok(Self { programs, dir, port, version, _server: server })
    }

    /// The server's version: `15.18`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The port at every address.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs statements in a database as the superuser, and returns what they print: columns split by `|`, rows by line ends.
    ///
    /// # Errors
    /// [`ServerError::Program`] with the server's message; the statements after the wrong one are not run.
    pub fn query(&self, database: &str, statements: &str) -> Result<String, ServerError> {
        Ok(run(&mut self.session(database), statements)?.trim_end().to_owned())
    }

    /// A `psql` in a database as the superuser.
    pub(super) fn session(&self, database: &str) -> Command {
        let mut client = client(&self.programs, &self.dir, self.port);
        client.args(["-d", database]);
        client
    }
}

/// The newest version that is installed.
fn find() -> Result<Installation, ServerError> {
    let programs = newest(Path::new(VERSIONS)).ok_or(ServerError::NotInstalled("install the package postgresql"))?;
    let user = User::from_name("postgres").ok().flatten().ok_or(ServerError::NotInstalled("no user postgres"))?;
    // postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
    let output = run(Command::new(programs.join("postgres")).arg("--version"), "")?;
    let version = output.split(' ').nth(2).unwrap_or_default().trim().to_owned();
    Ok(Installation { programs, version, user })
}

fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(versions).ok()?.filter_map(Result::ok);
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let programs = numbers.map(|number| (number, versions.join(number.to_string()).join("bin")));
    Some(programs.filter(|(_, programs)| programs.join("postgres").is_file()).max()?.1)
}

fn launch(installation: &Installation, dir: &Path, port: u16) -> Result<Server, ServerError> {
    let mut command = installation.command("postgres");
    command.args(["-p", &port.to_string(), "-k"]).arg(dir).arg("-D").arg(dir.join("data"));
    Server::start(&mut command, || run(&mut client(&installation.programs, dir, port), "SELECT 1;").is_ok())
}

fn client(programs: &Path, dir: &Path, port: u16) -> Command {
    let mut command = Command::new(programs.join("psql"));
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-p", &port.to_string(), "-h"]);
    command.arg(dir);
    command
}

/// PostgreSQL's own port, or the next one that no other process of the sandbox has.
fn free_port() -> u16 {
    (5432..5532).find(|port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)).is_ok()).unwrap_or(5432)
}
