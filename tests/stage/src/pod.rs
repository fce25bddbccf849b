//! Pods: a network namespace each, and containers in it with a Pebble as process 1.
//!
//! The pod of a unit holds the workload's containers and the view that the charm has of the world: its sockets below `/charm`, its
//! files below `/var/lib/juju`. Requests of the charm to a Pebble pass through a proxy that counts them and can fail them.

mod charm_root;
mod container;
mod error;
mod hosted;
mod image;
mod lookup;
pub(crate) mod message;
mod mixed;
mod network;
mod notices;
mod overlay;
mod pebble;
mod processes;
mod proxy;
mod relay;
mod requests;
mod rootfs;
mod spec;

use crate::{
    boots::Boots,
    model::names::pod_of,
    sandbox::{Addresses, Sandbox, assignment, names, remove},
};
use charm_root::CharmRoot;
use clock::Clock;
use container::{Container, ContainerSpec};
use network::Network;
use std::{
    collections::BTreeMap,
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

pub use error::PodError;
pub use image::{Image, ImageError, complaint};
pub use notices::Notices;
pub use pebble::{Pebble, Place};
pub(crate) use pebble::{is_healthy, programs};
pub use requests::{Fault, Moment, Requests, Verdict};
pub use spec::{PodSpec, Volume};

/// The pod of one unit; dropping it deletes the pod as a node loss would, without any notice.
#[derive(Debug)]
pub struct Pod {
    // Containers first: they run in what follows.
    containers: BTreeMap<String, Container>,
    root: CharmRoot,
    addresses: Addresses,
    /// None where nothing runs that needs one.
    network: Option<Network>,
    requests: Requests,
    boots: Boots,
    dir: PathBuf,
    sandbox: Sandbox,
}

/// Adds the path to an error of the file system.
fn at(path: &Path) -> impl Fn(io::Error) -> PodError {
    move |source| PodError::Files { path: path.to_owned(), source }
}

impl Pod {
    /// Starts a pod with a container of each image, and waits until each Pebble answers.
    ///
    /// # Errors
    /// [`PodError`], with everything that was made undone.
    pub fn start(sandbox: &Sandbox, spec: &PodSpec, pebble: &Pebble, clock: Clock) -> Result<Self, PodError> {
        let addresses = sandbox.reserve()?;
        let dir = sandbox.dir().join(format!("p{}", addresses.host));
        fs::create_dir_all(dir.join("charm/containers")).map_err(at(&dir))?;
        let hostname = pod_of(&spec.unit);
        let network = if pebble.is_hosted() { None } else { Some(Network::new(sandbox, &dir, addresses, &hostname)?) };
        let requests = Requests::new(clock);
        let boots = Boots::new(dir.join("boots")).map_err(at(&dir))?;
        lookup::write(&dir, &spec.model).map_err(at(&dir))?;
        // As the kubelet writes it: the full name first, which is the one that a program finds for its own host name.
        let own = format!("{} {hostname}", names::full(&names::unit(&spec.unit), &spec.model));
        sandbox.name_pod(&dir.join(lookup::HOSTS), addresses.main(), &own)?;
        let root = CharmRoot::new(&dir, pebble.program(), &spec.volumes_of(None))?;
        let mut pod = Self {
            containers: BTreeMap::new(),
            root,
            addresses,
            network,
            requests,
            boots,
            dir,
            sandbox: sandbox.clone(),
        };
        for (number, (name, image)) in spec.images.iter().enumerate() {
            let spec = ContainerSpec {
                name: name.clone(),
                number,
                hostname: hostname.clone(),
                pod: pod.dir.clone(),
                network: pod.network.as_ref().map(Network::clone_file).unwrap_or_default(),
                pebble: pebble.clone(),
                volumes: spec.volumes_of(Some(name)),
                clock,
            };
            let container = Container::new(spec, image, &pod.requests)?;
            pod.containers.insert(name.clone(), container);
        }
        pod.containers.values().try_for_each(Container::start)?;
        Ok(pod)
    }

    /// The address that others reach the pod at.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.addresses.main()
    }

    /// The pod answers at these addresses, too.
    ///
    /// # Errors
    /// `ip` refuses.
    pub(crate) fn answer_at(&self, addresses: Addresses) -> Result<(), PodError> {
        self.change_network(&assignment(addresses, "eth0"))
    }

    /// Which machine has which address is asked anew.
    ///
    /// # Errors
    /// `ip` refuses.
    pub(crate) fn forget_neighbours(&self) -> Result<(), PodError> {
        self.change_network("neigh flush all\n")
    }

    fn change_network(&self, lines: &str) -> Result<(), PodError> {
        self.network.as_ref().map_or(Ok(()), |network| network.change(lines))
    }

    /// The folder that the charm sees as `/charm`; the sockets in it are those of the counting proxy.
    #[must_use]
    pub fn container_dir(&self) -> PathBuf {
        self.dir.join("charm")
    }

    /// The names of the containers.
    pub fn containers(&self) -> impl Iterator<Item = &str> {
        self.containers.keys().map(String::as_str)
    }

    /// The identity of a container's Pebble since its start; none while it does not answer.
    #[must_use]
    pub fn boot_id(&self, container: &str) -> Option<String> {
        self.containers.get(container)?.boot_id()
    }

    /// Kills a container's processes at once, as the kernel does when memory is short; it stays down until it is started.
    ///
    /// # Errors
    /// [`PodError::Unknown`].
    pub fn kill_container(&self, container: &str) -> Result<(), PodError> {
        self.get(container)?.kill();
        Ok(())
    }

    /// Terminates a container, and kills it if it has not ended after 30 s; it stays down until it is started.
    ///
    /// # Errors
    /// [`PodError::Unknown`].
    pub fn stop_container(&self, container: &str) -> Result<(), PodError> {
        self.get(container)?.stop();
        Ok(())
    }

    /// Terminates all containers at once, as Kubernetes does with a pod that is deleted.
    pub fn end(&self) {
        thread::scope(|scope| self.containers.values().for_each(|container| drop(scope.spawn(|| container.stop()))));
    }

    /// Starts a container that is down, with the files of its image afresh, and waits until its Pebble answers.
    ///
    /// # Errors
    /// [`PodError`].
    pub fn start_container(&self, container: &str) -> Result<(), PodError> {
        self.get(container)?.start()
    }

    /// The place on this machine of a file of a container, below `/srv` if its image is no whole root; it is there once the container was started.
    ///
    /// # Errors
    /// [`PodError::Unknown`].
    pub fn path(&self, container: &str, inside: &str) -> Result<PathBuf, PodError> {
        Ok(self.get(container)?.path(inside))
    }

    /// What runs in a container, its Pebble included: process ids on this machine, and command lines.
    ///
    /// *Empty*: the container is down, or there is none of that name.
    #[must_use]
    pub fn processes(&self, container: &str) -> BTreeMap<i32, String> {
        self.containers.get(container).map(Container::processes).unwrap_or_default()
    }

    /// What a container's Pebble and its services printed.
    #[must_use]
    pub fn log(&self, container: &str) -> String {
        self.containers.get(container).map(Container::log).unwrap_or_default()
    }

    /// What the charm asked of Pebble.
    #[must_use]
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Makes every Pebble of the pod fail for the charm, or no longer.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.requests.set_fault(fault);
        self.containers.values().for_each(Container::refresh);
    }

    /// The journal of the workload.
    #[must_use]
    pub fn boots(&self) -> &Boots {
        &self.boots
    }

    /// Whether the readiness probe of every container succeeds, as Kubernetes asks it over the pod's address.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.containers.values().all(|container| container.is_ready(self.address()))
    }

    /// What a container's Pebble noticed after `after`, as far as Juju makes hooks of it.
    #[must_use]
    pub fn notices(&self, container: &str, after: Option<&str>) -> Notices {
        self.containers.get(container).map(|found| notices::read(found, after)).unwrap_or_default()
    }

    /// What a container's Pebble answers to a `GET`, past the counting proxy; none while it does not answer.
    #[must_use]
    pub fn read(&self, container: &str, path: &str) -> Option<serde_json::Value> {
        self.containers.get(container)?.get(path)
    }

    /// The beginning of a command line that runs a program as the charm container would; the program's path is to be added.
    ///
    /// The program sees `juju` as `/var/lib/juju`, runs in `working_dir` (a path as it sees it) and in the pod's network. It gets
    /// the environment of the command, unchanged, and the process id of the child.
    ///
    /// # Errors
    /// [`PodError::Files`] if `juju` cannot be shown.
    pub fn dispatch_command(&self, juju: &Path, working_dir: &Path) -> Result<Command, PodError> {
        self.root.show(juju)?;
        let mut command = self.network.as_ref().map_or_else(network::nowhere, Network::enter);
        command.arg(self.root.option()).arg(self.root.working_dir(working_dir));
        Ok(command)
    }

    fn get(&self, container: &str) -> Result<&Container, PodError> {
        self.containers.get(container).ok_or_else(|| PodError::Unknown(container.to_owned()))
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        self.containers.clear();
        self.root.close();
        self.network.iter().for_each(Network::close);
        self.sandbox.forget_pod(&self.dir.join(lookup::HOSTS));
        remove(&self.dir);
    }
}
