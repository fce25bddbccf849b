//! A stand-in for the API of Kubernetes: objects of any kind in memory, for charms that talk to their cluster.
//!
//! Nothing follows from an object but what charms look for: the pods of a stateful set have its template's containers. It speaks
//! HTTPS, knows every application by the token of its service account, and allows what Juju's roles allow.

mod access;
mod applications;
mod body;
mod certificate;
mod cluster;
mod discovery;
mod kinds;
mod patch;
mod request;
mod selector;
mod server;
mod status;
mod verbs;
mod watch;

pub use cluster::Cluster;

use crate::sandbox::{Sandbox, SandboxError};
use std::{
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The port of the API.
pub const PORT: u16 = 443;
/// Where a container finds the credentials of its service account.
pub const CREDENTIALS: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A running API; it ends when it is dropped.
#[derive(Debug)]
pub struct Kubernetes {
    address: IpAddr,
    dir: PathBuf,
    authority: String,
    cluster: Shared,
    _server: server::Server,
}

/// The objects, for the server and for the stage.
type Shared = Arc<Mutex<Cluster>>;

/// The API could not be started.
#[derive(Debug, thiserror::Error)]
pub enum KubernetesError {
    /// No address for it.
    #[error("finding an address for the API of Kubernetes")]
    Sandbox(#[from] SandboxError),
    /// The system refused.
    #[error("starting the API of Kubernetes")]
    System(#[from] io::Error),
    /// No certificate for it.
    #[error("making the certificate of the API of Kubernetes")]
    Certificate(#[from] rcgen::Error),
}

impl Kubernetes {
    /// Starts an API with one namespace of a model, at a new address of the sandbox.
    ///
    /// # Errors
    /// [`KubernetesError`].
    pub fn start(sandbox: &Sandbox, namespace: &str) -> Result<Self, KubernetesError> {
        let address = sandbox.address()?;
        let identity = certificate::issue(address)?;
        let cluster = Arc::new(Mutex::new(Cluster::new(namespace)));
        let server = server::Server::start((address, PORT).into(), &identity, Arc::clone(&cluster))?;
        let dir = sandbox.dir().join("serviceaccounts");
        Ok(Self { address, dir, authority: identity.authority, cluster, _server: server })
    }

    /// Where it is reached.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// Its objects.
    pub fn cluster(&self) -> MutexGuard<'_, Cluster> {
        lock(&self.cluster)
    }

    /// The folder with `token`, `ca.crt` and `namespace` of an application's service account.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn credentials(&self, application: &str) -> io::Result<PathBuf> {
        let dir = self.dir.join(application);
        if !dir.exists() {
            fs::create_dir_all(&dir)?;
            let mut cluster = self.cluster();
            let files = [
                ("token", cluster.token(application)),
                ("ca.crt", self.authority.clone()),
                ("namespace", cluster.namespace().to_owned()),
            ];
            files.iter().try_for_each(|(name, text)| fs::write(Path::new(&dir).join(name), text))?;
        }
        Ok(dir)
    }
}

fn lock(cluster: &Mutex<Cluster>) -> MutexGuard<'_, Cluster> {
    cluster.lock().unwrap_or_else(PoisonError::into_inner)
}
