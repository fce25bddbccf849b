//! The PostgreSQL server that all remote applications of a process share.

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
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{self, Command},
    sync::{Arc, Mutex},
};

/// Where Debian keeps the versions that are installed.
const VERSIONS: &str = "/usr/lib/postgresql";

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
        let user = User::from_name("postgres").ok().flatten().ok_or(ServerError::NotInstalled("no user postgres"))?;
        let programs =
            newest(Path::new(VERSIONS)).ok_or(ServerError::NotInstalled("install the package postgresql"))?;
        let dir = folder(base.join(format!("postgresql-{}", process::id())))?;
        chown(&dir, Some(user.uid.as_raw()), Some(user.gid.as_raw())).map_err(cannot_start("postgres"))?;
        initialise(&programs, &dir, &user)?;
        let port = free_port();
        let server = launch(&programs, &dir, &user, port)?;
        let mut cluster = Self { programs, dir, port, version: String::new(), _server: server };
        cluster.query("postgres", &format!("CREATE DATABASE {EXTENDED};"))?;
        let version = cluster.query(EXTENDED, &format!("{CREATE_EXTENSIONS}SHOW server_version;"))?;
        version.split(' ').next().unwrap_or_default().clone_into(&mut cluster.version);
        Ok(cluster)
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
        let mut client = client(&self.programs, &self.dir, self.port);
        Ok(run(client.args(["-d", database]), statements)?.trim_end().to_owned())
    }
}

/// The folder of the newest version's programs.
fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(versions).ok()?.filter_map(Result::ok);
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let programs = numbers.map(|number| (number, versions.join(number.to_string()).join("bin")));
    Some(programs.filter(|(_, programs)| programs.join("postgres").is_file()).max()?.1)
}

fn initialise(programs: &Path, dir: &Path, user: &User) -> Result<(), ServerError> {
    let mut command = Command::new(programs.join("initdb"));
    command.args(["--no-sync", "--auth=trust", "--no-locale", "--encoding=UTF8", "--username=postgres", "-D"]);
    run(command.arg(dir.join("data")).uid(user.uid.as_raw()).gid(user.gid.as_raw()).current_dir("/"), "")?;
    let settings = format!("{SETTINGS}unix_socket_directories = '{}'\n", dir.display());
    for (file, text) in [("postgresql.conf", settings.as_str()), ("pg_hba.conf", CLIENTS)] {
        fs::write(dir.join("data").join(file), text).map_err(cannot_start(file))?;
    }
    Ok(())
}

fn launch(programs: &Path, dir: &Path, user: &User, port: u16) -> Result<Server, ServerError> {
    let mut command = Command::new(programs.join("postgres"));
    command.arg("-D").arg(dir.join("data")).args(["-p", &port.to_string()]);
    command.uid(user.uid.as_raw()).gid(user.gid.as_raw()).current_dir("/");
    Server::start(&mut command, || run(&mut client(programs, dir, port), "SELECT 1;").is_ok())
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
