//! What a pod is made from.

use super::Image;
use std::path::PathBuf;

/// A unit's pod before it is started.
#[derive(Debug, Clone, Default)]
pub struct PodSpec {
    /// The unit.
    pub unit: String,
    /// The model, which is the namespace.
    pub model: String,
    /// Images by container.
    pub images: Vec<(String, Image)>,
    /// Folders that outlive the pod, or come from elsewhere.
    pub volumes: Vec<Volume>,
}

/// A folder that a container sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// The container; the charm's if there is none.
    pub container: Option<String>,
    /// On this machine.
    pub source: PathBuf,
    /// Where the container sees it.
    pub target: PathBuf,
    /// Whether it cannot be written to.
    pub read_only: bool,
}

impl PodSpec {
    /// The volumes of one container.
    pub(super) fn volumes_of(&self, container: Option<&str>) -> Vec<Volume> {
        self.volumes.iter().filter(|volume| volume.container.as_deref() == container).cloned().collect()
    }
}
