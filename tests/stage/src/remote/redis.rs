//! Redis, with servers to fail over between.

use super::{
    announced::{Distortion, pairs},
    lock,
    server::{Server, ServerError, folder},
};
use crate::{
    announcement::{Remote, RemoteError, RemoteView},
    model::databag,
    sandbox::{Sandbox, names, run},
};
use std::{
    fs,
    io::{Read, Write},
    net::{IpAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
};

const PORT: u16 = 6379;

/// `redis-k8s`: one primary at a time, found by `leader-host`; no password, no TLS. Clones are the same application.
#[derive(Debug, Clone)]
pub struct Redis {
    application: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    sandbox: Option<Sandbox>,
    primary: Option<Node>,
    /// How many primaries there were before.
    failovers: u32,
    /// The address that the unit announced when it joined; a failover does not change it.
    first: Option<IpAddr>,
    distortion: Distortion,
}

/// One server.
#[derive(Debug)]
struct Node {
    address: IpAddr,
    dir: PathBuf,
    _server: Server,
}

impl Redis {
    /// An application of this name; its server starts when the stage deploys it.
    #[must_use]
    pub fn new(application: &str) -> Self {
        Self { application: application.to_owned(), state: Arc::default() }
    }

    /// Moves all data to a new server at a new address, ends the old one, and tells it in the application databag alone.
    ///
    /// # Errors
    /// [`ServerError`] if there is no server yet, or the new one does not start.
    pub fn fail_over(&self) -> Result<(), ServerError> {
        let mut state = lock(&self.state);
        let sandbox = state.sandbox.clone().ok_or_else(|| self.not_deployed())?;
        self.query_at(state.primary.as_ref(), &["SAVE"])?;
        let node = Node::start(&sandbox, state.primary.as_ref().map(|old| old.dir.as_path()))?;
        state.primary = Some(node);
        state.failovers += 1;
        Ok(())
    }

    /// Runs a command at the primary with `redis-cli` and returns what it printed.
    ///
    /// # Errors
    /// [`ServerError`] if there is no server yet, or the command fails.
    pub fn query(&self, command: &[&str]) -> Result<String, ServerError> {
        self.query_at(lock(&self.state).primary.as_ref(), command)
    }

    fn query_at(&self, node: Option<&Node>, command: &[&str]) -> Result<String, ServerError> {
        let address = node.ok_or_else(|| self.not_deployed())?.address.to_string();
        let mut client = Command::new("redis-cli");
        client.args(["-e", "-h", &address, "-p", &PORT.to_string()]).args(command);
        Ok(run(&mut client, "")?.trim_end().to_owned())
    }

    /// The address of the primary.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        lock(&self.state).primary.as_ref().map(|node| node.address)
    }

    /// Announces another value than the true one: `leader-host` is of the application, all other keys of the unit.
    pub fn write(&self, key: &str, value: &str) {
        lock(&self.state).distortion.set(key, Some(value));
    }

    /// Leaves a key out.
    pub fn withhold(&self, key: &str) {
        lock(&self.state).distortion.set(key, None);
    }

    /// Announces the truth again.
    pub fn restore(&self) {
        lock(&self.state).distortion.clear();
    }

    fn not_deployed(&self) -> ServerError {
        ServerError::NotDeployed(self.application.clone())
    }
}

impl Node {
    /// Starts a server, with the data that another one saved in its folder.
    fn start(sandbox: &Sandbox, data: Option<&Path>) -> Result<Self, ServerError> {
        let address = sandbox.address()?;
        let dir = folder(sandbox.dir().join(format!("redis-{address}")))?;
        if let Some(data) = data {
            // Nothing to copy means nothing was saved.
            let _ = fs::copy(data.join("dump.rdb"), dir.join("dump.rdb"));
        }
        let mut command = Command::new("redis-server");
        command.args(["--bind", &address.to_string(), "--port", &PORT.to_string(), "--protected-mode", "no"]);
        command.args(["--save", "", "--appendonly", "no", "--dir"]).arg(&dir);
        let server = Server::start(&mut command, || answers(address).is_some())?;
        Ok(Self { address, dir, _server: server })
    }
}

/// Whether a server is ready for commands, which it is not while it loads its data.
fn answers(address: IpAddr) -> Option<()> {
    let mut stream = TcpStream::connect((address, PORT)).ok()?;
    stream.write_all(b"PING\r\n").ok()?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).ok()?;
    (&answer == b"+PONG").then_some(())
}

impl Remote for Redis {
    fn application(&self) -> &str {
        &self.application
    }

    fn endpoint(&self) -> (&str, &str) {
        ("redis", "redis")
    }

    fn deployed(&mut self, sandbox: &Sandbox) -> Result<(), RemoteError> {
        let mut state = lock(&self.state);
        let node = Node::start(sandbox, None)?;
        state.first = Some(node.address);
        state.primary = Some(node);
        state.sandbox = Some(sandbox.clone());
        Ok(())
    }

    fn related(&mut self, relation: &mut RemoteView<'_>) -> Result<(), RemoteError> {
        let state = lock(&self.state);
        let deployed = state.sandbox.as_ref().zip(state.primary.as_ref()).zip(state.first);
        let ((sandbox, primary), first) = deployed.ok_or_else(|| self.not_deployed())?;
        let (unit, model) = (format!("{}/{}", self.application, state.failovers), relation.model_name());
        sandbox.name_application(&unit, model, primary.address)?;
        let host = names::full(&names::unit(&unit), model);
        *relation.app() = state.distortion.applied_to(pairs([("leader-host", host)]));
        let unit = pairs([("hostname", first.to_string()), ("port", PORT.to_string())]);
        *relation.unit(0) = databag::seed(first);
        relation.unit(0).extend(state.distortion.applied_to(unit));
        relation.unit(0).extend(state.distortion.invented(&["leader-host", "hostname", "port"]));
        Ok(())
    }
}
