//! Pods as other threads see them, and requests to them.

use super::{Stage, StageError};
use crate::{
    model::names::application_of,
    traffic::{Load, Traffic},
};
use std::thread;

impl Stage {
    /// Begins to send requests to the pods of the main application that are ready.
    ///
    /// From now on, the stage waits until a pod that is ready gets requests, before it counts as settled, or as one after which the
    /// next may be replaced.
    ///
    /// # Errors
    /// The clients cannot be started.
    pub fn begin_traffic(&mut self, load: Load) -> Result<Traffic, StageError> {
        let traffic = Traffic::begin(&self.pod_list, &self.model.main, load, self.clock).map_err(StageError::File)?;
        self.listed = Some(traffic.view());
        Ok(traffic)
    }

    /// Tells which agents are ready.
    pub(super) fn tell_kubelet(&self) {
        for (unit, unit_pod) in &self.pods {
            let is_started = self.model.units.get(unit).is_some_and(|unit| unit.memory.ready);
            self.pod_list.set_started(unit_pod.pod.address(), is_started);
        }
    }

    /// Whether requests still come to a pod that is not ready, or do not come yet to one that is.
    pub(super) fn is_list_behind(&self) -> bool {
        let Some(listed) = &self.listed else { return false };
        let mut own = self.pods.iter().filter(|(unit, _)| application_of(unit) == self.model.main);
        own.any(|(unit, unit_pod)| {
            listed.lists(unit_pod.pod.address()).is_some_and(|is_listed| is_listed != self.is_ready(unit.as_str()))
        })
    }

    /// Lets pods end as Kubernetes does if they are deleted; they are there until they are lost.
    pub(super) fn end_pods(&self, units: &[String]) {
        let pods = units.iter().filter_map(|unit| self.pods.get(unit)).map(|unit_pod| &unit_pod.pod);
        thread::scope(|scope| {
            for pod in pods {
                self.pod_list.set_ending(pod.address());
                scope.spawn(|| pod.end());
            }
        });
    }

    /// The pod of a unit is gone.
    pub(super) fn lose_pod(&mut self, unit: &str) {
        if let Some(lost) = self.pods.remove(unit) {
            self.pod_list.remove(lost.pod.address());
        }
    }
}
