//! The pods of a stage, as the API of Kubernetes shows them to the kubelet and to Services.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A list for other threads; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Pods {
    seen: Arc<Mutex<BTreeMap<IpAddr, PodState>>>,
}

/// One pod: another one of the same unit has another address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PodState {
    pub unit: String,
    pub containers: usize,
    /// Whether the agent is ready.
    pub is_started: bool,
    /// Whether it was asked to end.
    pub is_ending: bool,
}

impl Pods {
    /// A pod is there, and its agent is not ready.
    pub(crate) fn add(&self, pod: IpAddr, unit: &str, containers: usize) {
        let state = PodState { unit: unit.to_owned(), containers, is_started: false, is_ending: false };
        self.seen().insert(pod, state);
    }

    /// Whether the agent is ready.
    pub(crate) fn set_started(&self, pod: IpAddr, is_started: bool) {
        self.seen().entry(pod).and_modify(|state| state.is_started = is_started);
    }

    /// The pod is being deleted.
    pub(crate) fn set_ending(&self, pod: IpAddr) {
        self.seen().entry(pod).and_modify(|state| state.is_ending = true);
    }

    /// The pod is gone.
    pub(crate) fn remove(&self, pod: IpAddr) {
        self.seen().remove(&pod);
    }

    /// *Empty*: the pod is gone.
    pub(super) fn get(&self, pod: IpAddr) -> Option<PodState> {
        self.seen().get(&pod).cloned()
    }

    /// All that are there.
    pub(super) fn all(&self) -> BTreeMap<IpAddr, PodState> {
        self.seen().clone()
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<IpAddr, PodState>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
