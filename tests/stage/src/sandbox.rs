//! The world around the units of one stage: a bridge with a subnet, names for hosts, and a folder.
//!
//! Every stage has its own, so that several play side by side in one process. All of it lies within the namespaces that
//! `tests/sandbox` makes, and vanishes with them at the latest.

mod bridge;
mod hosts;
pub(crate) mod names;
mod program;

use crate::model::names::application_of;
use bridge::Bridge;
use clock::Clock;
use hosts::Hosts;
use std::{
    collections::BTreeSet,
    env, fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

pub(crate) use bridge::{assignment, ip};
pub use program::{ProgramError, run};

/// Names the folder for everything that shall vanish with the sandbox; set by `tests/sandbox`.
pub const MARKER: &str = "STAGE_SANDBOX";

/// A bridge with its subnet, the names of its hosts, and a folder; clones share them.
#[derive(Debug, Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    bridge: Bridge,
    hosts: Hosts,
    dir: PathBuf,
    last_host: AtomicU16,
}

/// Why the world of a stage could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The process is not inside of `tests/sandbox`; the network of the machine is left alone.
    #[error("making a sandbox: not inside of one: start this program with tests/sandbox")]
    Outside,
    /// All bridges or all addresses are in use; something does not give them back.
    #[error("making a sandbox: no {0} left")]
    Exhausted(&'static str),
    /// `ip` refused; the machine may lack bridges or veth devices.
    #[error("changing the network")]
    Network(#[from] ProgramError),
    /// The folder or the file of host names could not be written.
    #[error("writing {path}")]
    Files {
        /// What was to be written.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// The versions of IP that a cluster uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IpStack {
    /// Every host has an address of each version, and is known by that of version 4.
    #[default]
    Dual,
    /// No host has an address of version 4, but for the loopback.
    Ipv6Only,
}

/// The addresses of one host on the bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// Not assigned where there is version 6 only.
    pub v4: Ipv4Addr,
    /// Unique local address.
    pub v6: Ipv6Addr,
    pub(crate) host: u16,
    pub(crate) stack: IpStack,
}

impl Addresses {
    /// The one that the host is known by.
    #[must_use]
    pub fn main(&self) -> IpAddr {
        match self.stack {
            IpStack::Dual => self.v4.into(),
            IpStack::Ipv6Only => self.v6.into(),
        }
    }
}

impl Sandbox {
    /// Makes a bridge, a folder and an empty list of names.
    ///
    /// # Errors
    /// [`SandboxError`], with everything that was made undone.
    pub fn new(clock: Clock, stack: IpStack) -> Result<Self, SandboxError> {
        let base = env::var_os(MARKER).map(PathBuf::from).ok_or(SandboxError::Outside)?;
        let bridge = Bridge::new(stack)?;
        let dir = base.join(bridge.name());
        let hosts = dir.join("hosts");
        fs::create_dir_all(&dir).map_err(|source| SandboxError::Files { path: dir.clone(), source })?;
        let hosts = Hosts::new(&hosts).map_err(|source| SandboxError::Files { path: hosts, source })?;
        Ok(Self { inner: Arc::new(Inner { clock, bridge, hosts, dir, last_host: AtomicU16::new(1) }) })
    }

    /// The clock of this stage.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.inner.clock
    }

    /// The folder for files and sockets of this stage; its path is short enough for sockets.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// A new address of this side of the bridge, for the servers of a remote application.
    ///
    /// # Errors
    /// [`SandboxError`] if there is none left, or `ip` refuses.
    pub fn address(&self) -> Result<IpAddr, SandboxError> {
        Ok(self.addresses()?.main())
    }

    /// The new addresses of another host on this side of the bridge.
    ///
    /// # Errors
    /// [`SandboxError`] if there is none left, or `ip` refuses.
    pub fn addresses(&self) -> Result<Addresses, SandboxError> {
        let addresses = self.reserve()?;
        self.inner.bridge.own(addresses)?;
        Ok(addresses)
    }

    /// Addresses that are not in use yet.
    pub(crate) fn reserve(&self) -> Result<Addresses, SandboxError> {
        let host = self.inner.last_host.fetch_add(1, Ordering::Relaxed) + 1;
        if host == u16::MAX {
            return Err(SandboxError::Exhausted("addresses"));
        }
        Ok(self.inner.bridge.addresses(host))
    }

    /// Which pod has which address is asked anew.
    pub(crate) fn forget_neighbours(&self) -> Result<(), SandboxError> {
        Ok(ip(&format!("neigh flush dev {}\n", self.inner.bridge.name()))?)
    }

    pub(crate) fn bridge(&self) -> &Bridge {
        &self.inner.bridge
    }

    /// Lets every pod find `host` at `address`, and nowhere else from now on.
    ///
    /// # Errors
    /// [`SandboxError::Files`] if the list of names cannot be written.
    pub fn name(&self, host: &str, address: IpAddr) -> Result<(), SandboxError> {
        self.write_names(&[host.to_owned()], &[address].into())
    }

    /// Lets every pod find a service or a unit at these addresses, and nowhere else from now on, under all its names.
    ///
    /// *Empty*: no pod finds it any more.
    ///
    /// # Errors
    /// [`SandboxError::Files`] if the list of names cannot be written.
    pub(crate) fn name_service(
        &self,
        name: &str,
        model: &str,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> Result<(), SandboxError> {
        self.write_names(&names::spellings(name, model), &addresses.into_iter().collect())
    }

    /// Lets every pod find an application and its one unit, as Kubernetes names them.
    ///
    /// # Errors
    /// [`SandboxError::Files`] if the list of names cannot be written.
    pub(crate) fn name_application(&self, unit: &str, model: &str, address: IpAddr) -> Result<(), SandboxError> {
        let application = application_of(unit);
        let hosts = [names::unit(unit), names::endpoints(application), application.to_owned()];
        hosts.iter().try_for_each(|host| self.name_service(host, model, [address]))
    }

    fn write_names(&self, hosts: &[String], addresses: &BTreeSet<IpAddr>) -> Result<(), SandboxError> {
        let failed = |source| SandboxError::Files { path: self.hosts_file(), source };
        self.inner.hosts.name(hosts, addresses).map_err(failed)
    }

    /// Writes the list of names of a pod, in which its own come first.
    ///
    /// # Errors
    /// [`SandboxError::Files`] if it cannot be written.
    pub(crate) fn name_pod(&self, file: &Path, address: IpAddr, names: &str) -> Result<(), SandboxError> {
        let failed = |source| SandboxError::Files { path: file.to_owned(), source };
        self.inner.hosts.of_pod(file, address, names).map_err(failed)
    }

    /// Keeps the list of a pod that is gone no longer.
    pub(crate) fn forget_pod(&self, file: &Path) {
        // The file goes with the pod's folder.
        let _ = self.inner.hosts.forget_pod(file);
    }

    /// The list of names, in the format of `/etc/hosts`.
    #[must_use]
    pub fn hosts_file(&self) -> PathBuf {
        self.inner.hosts.path().to_owned()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        remove(&self.dir);
    }
}

/// Removes a folder, but nothing that is mounted in it; what stays goes with the namespaces.
pub(crate) fn remove(dir: &Path) {
    let _ = run(Command::new("rm").args(["-rf", "--one-file-system"]).arg(dir), "");
}
