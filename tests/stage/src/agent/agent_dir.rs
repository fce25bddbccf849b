//! Where a unit's charm, tools and socket are.

use crate::model::names;
use std::path::{Path, PathBuf};

/// The unit's part of `/var/lib/juju`, as it lies on this machine and as the charm sees it.
#[derive(Debug, Clone)]
pub struct AgentDir {
    root: PathBuf,
    seen: PathBuf,
    tag: String,
}

impl AgentDir {
    /// A folder below `root` that the charm sees at `seen`.
    #[must_use]
    pub fn new(root: &Path, seen: &Path, unit: &str) -> Self {
        Self { root: root.to_owned(), seen: seen.to_owned(), tag: names::tag_of(unit) }
    }

    /// The folder that stands for `/var/lib/juju`, on this machine.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The charm's folder, on this machine.
    #[must_use]
    pub fn charm(&self) -> PathBuf {
        self.charm_below(&self.root)
    }

    /// The charm's folder as the charm sees it.
    #[must_use]
    pub fn seen_charm(&self) -> PathBuf {
        self.charm_below(&self.seen)
    }

    /// The folder of the hook tools, on this machine.
    #[must_use]
    pub fn tools(&self) -> PathBuf {
        self.root.join("tools").join(&self.tag)
    }

    /// The folder of the hook tools as the charm sees it.
    #[must_use]
    pub fn seen_tools(&self) -> PathBuf {
        self.seen.join("tools").join(&self.tag)
    }

    /// The agent's socket, on this machine.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.socket_below(&self.root)
    }

    /// The agent's socket as the charm sees it.
    #[must_use]
    pub fn seen_socket(&self) -> PathBuf {
        self.socket_below(&self.seen)
    }

    /// The folder of resources, on this machine.
    #[must_use]
    pub fn resources(&self) -> PathBuf {
        self.resources_below(&self.root)
    }

    /// The folder of resources as the charm sees it.
    #[must_use]
    pub fn seen_resources(&self) -> PathBuf {
        self.resources_below(&self.seen)
    }

    fn resources_below(&self, root: &Path) -> PathBuf {
        root.join("agents").join(&self.tag).join("resources")
    }

    fn charm_below(&self, root: &Path) -> PathBuf {
        root.join("agents").join(&self.tag).join("charm")
    }

    fn socket_below(&self, root: &Path) -> PathBuf {
        root.join("agents").join(&self.tag).join("agent.socket")
    }
}
