//! The pods of the units, and what the agents see of them.

use super::{Stage, StageError};
use crate::{
    hook::{HookEvent, WorkloadStep},
    kubernetes::Kubernetes,
    model::{Life, UnitRef, names::application_of},
    pod::{Image, Pod, PodSpec},
    sandbox::{Addresses, Sandbox, names},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// The pod of a unit, and what was read of its notices.
pub(super) struct UnitPod {
    pub(super) pod: Pod,
    /// The newest notice that was seen, by container.
    seen: BTreeMap<String, String>,
}

/// The address of an application, and the pod that answers there.
#[derive(Debug, Clone)]
pub(super) struct Service {
    addresses: Addresses,
    unit: String,
    pod: IpAddr,
}

impl UnitPod {
    /// A new agent reads all notices from the first one.
    pub(super) fn see_anew(&mut self) {
        self.seen.clear();
    }
}

impl Stage {
    /// Gives every unit a pod from now on, whether its charm has containers or not, and with it the API of Kubernetes.
    ///
    /// # Errors
    /// The process is not inside of a sandbox.
    pub fn enter_cluster(&mut self) -> Result<(), StageError> {
        self.world().map(drop)
    }

    /// The world around the units, made when it is first needed.
    pub(super) fn world(&mut self) -> Result<Sandbox, StageError> {
        if self.sandbox.is_none() {
            self.sandbox = Some(Sandbox::new(self.clock, self.stack).map_err(StageError::Sandbox)?);
        }
        self.sandbox.clone().ok_or_else(|| StageError::Missing { kind: "sandbox", name: String::new() })
    }

    /// Gives every living unit a pod, unless nothing in the model needs more than this machine: then nothing needs namespaces.
    pub(super) fn start_pods(&mut self) -> Result<(), StageError> {
        let has_containers = |name: &&String| !self.model.application_of(name).charm.containers.is_empty();
        let alive = self.model.units.iter().filter(|(_, unit)| unit.life != Life::Dead).map(|(name, _)| name);
        let with_containers = alive.clone().any(|name| has_containers(&name));
        let in_pods = with_containers || self.sandbox.is_some();
        // A unit that began outside of a pod stays there: its agent's folder is at another path.
        let is_new = |name: &&String| in_pods && !self.agent_dirs.contains_key(*name);
        let wanted = alive.filter(|name| has_containers(name) || is_new(name));
        let new: Vec<String> = wanted.filter(|name| !self.pods.contains_key(*name)).cloned().collect();
        new.iter().try_for_each(|name| self.start_pod(name))
    }

    pub(super) fn start_pod(&mut self, unit: &str) -> Result<(), StageError> {
        let sandbox = self.world()?;
        let (images, volumes) = (self.images_of(unit)?, self.volumes_of(unit, &sandbox)?);
        let spec = PodSpec { unit: unit.to_owned(), model: self.model.name.clone(), images, volumes };
        let pod = Pod::start(&sandbox, &spec, &self.pebble, self.clock).map_err(StageError::Pod)?;
        self.move_to(unit, &pod, &sandbox)?;
        self.pod_list.add(pod.address(), unit, pod.containers().count());
        self.pods.insert(unit.to_owned(), UnitPod { pod, seen: BTreeMap::new() });
        self.name_endpoints(application_of(unit))
    }

    /// The API of Kubernetes, started when it is first needed.
    pub(super) fn cluster(&mut self, sandbox: &Sandbox) -> Result<&Kubernetes, StageError> {
        if self.kubernetes.is_none() {
            let started = Kubernetes::start(sandbox, &self.model.name).map_err(StageError::Kubernetes)?;
            self.model.kubernetes = started.address();
            self.kubernetes = Some(started);
        }
        self.kubernetes.as_ref().ok_or_else(|| StageError::Missing { kind: "cluster", name: String::new() })
    }

    /// Shows the present applications and pods in the API of Kubernetes.
    pub(super) fn tell_kubernetes(&self) {
        if let Some(kubernetes) = &self.kubernetes {
            kubernetes.cluster().show(&self.model);
        }
    }

    fn images_of(&self, unit: &str) -> Result<Vec<(String, Image)>, StageError> {
        let store = self.folder.path().join("images");
        let application = self.model.application_of(unit);
        let images = self.deployments.get(&application.name).map(|deployment| &deployment.images);
        let image = |name: &String| {
            let path = images.and_then(|images| images.get(name));
            let opened = path.map_or_else(|| Ok(Image::empty()), |path| Image::open(path, &store));
            opened.map(|image| (name.clone(), image)).map_err(|cause| StageError::Pod(cause.into()))
        };
        application.charm.containers.keys().map(image).collect()
    }

    /// The unit has the pod's address from now on, under its usual names.
    fn move_to(&mut self, unit: &str, pod: &Pod, sandbox: &Sandbox) -> Result<(), StageError> {
        let address = pod.address();
        sandbox.name_service(&names::unit(unit), &self.model.name, [address]).map_err(StageError::Sandbox)?;
        if let Some(unit) = self.model.units.get_mut(unit) {
            unit.address = address;
        }
        Ok(())
    }

    /// The name of an application's endpoints leads to its present pods.
    fn name_endpoints(&self, application: &str) -> Result<(), StageError> {
        let Some(sandbox) = &self.sandbox else { return Ok(()) };
        let pods = self.pods.iter().filter(|(unit, _)| application_of(unit) == application);
        let addresses = pods.map(|(_, unit_pod)| unit_pod.pod.address());
        sandbox.name_service(&names::endpoints(application), &self.model.name, addresses).map_err(StageError::Sandbox)
    }

    /// Gives every application with pods a service, at whose address one of its pods answers.
    pub(super) fn serve(&mut self) -> Result<(), StageError> {
        let applications: BTreeSet<String> = self.pods.keys().map(|unit| application_of(unit).to_owned()).collect();
        applications.iter().try_for_each(|application| self.serve_one(application))
    }

    fn serve_one(&mut self, application: &str) -> Result<(), StageError> {
        let sandbox = self.world()?;
        let service = match self.services.get(application) {
            Some(service) => service.clone(),
            None => self.open_service(application, &sandbox)?,
        };
        let mut units = self.pods.iter().filter(|(unit, _)| application_of(unit) == application);
        if self.pods.get(&service.unit).is_some_and(|unit_pod| unit_pod.pod.address() == service.pod) {
            return Ok(());
        }
        let Some((unit, unit_pod)) = units.next() else { return Ok(()) };
        unit_pod.pod.answer_at(service.addresses).map_err(StageError::Pod)?;
        // Who talked to the pod that answered before must look again.
        self.pods.values().try_for_each(|other| other.pod.forget_neighbours()).map_err(StageError::Pod)?;
        sandbox.forget_neighbours().map_err(StageError::Sandbox)?;
        let moved = Service { unit: unit.clone(), pod: unit_pod.pod.address(), ..service };
        self.services.insert(application.to_owned(), moved);
        Ok(())
    }

    /// A new service under its usual names.
    fn open_service(&mut self, application: &str, sandbox: &Sandbox) -> Result<Service, StageError> {
        let addresses = sandbox.reserve().map_err(StageError::Sandbox)?;
        sandbox.name_service(application, &self.model.name, [addresses.main()]).map_err(StageError::Sandbox)?;
        self.model.application_of_mut(application).service = addresses.main();
        let unit = String::new();
        Ok(Service { addresses, unit, pod: addresses.main() })
    }

    /// The pod of a unit and its names are gone.
    pub(super) fn remove_pod(&mut self, unit: &str) -> Result<(), StageError> {
        self.lose_pod(unit);
        let Some(sandbox) = &self.sandbox else { return Ok(()) };
        sandbox.name_service(&names::unit(unit), &self.model.name, []).map_err(StageError::Sandbox)?;
        self.name_endpoints(application_of(unit))
    }

    /// The service of an application and its names are gone.
    pub(super) fn close_service(&mut self, application: &str) -> Result<(), StageError> {
        self.services.remove(application);
        let Some(sandbox) = &self.sandbox else { return Ok(()) };
        sandbox.name_service(application, &self.model.name, []).map_err(StageError::Sandbox)
    }

    /// Tells the agents which Pebbles answer, and what they noticed.
    pub(super) fn observe(&mut self) {
        for (name, unit_pod) in &mut self.pods {
            let Some(unit) = self.model.units.get_mut(name) else { continue };
            for container in unit_pod.pod.containers() {
                match unit_pod.pod.boot_id(container) {
                    Some(boot) => drop(unit.boot_ids.insert(container.to_owned(), boot)),
                    None => drop(unit.boot_ids.remove(container)),
                }
                let notices = unit_pod.pod.notices(container, unit_pod.seen.get(container).map(String::as_str));
                if let Some(last) = notices.last {
                    unit_pod.seen.insert(container.to_owned(), last);
                }
                let event = |step: WorkloadStep| HookEvent::Workload { container: container.to_owned(), step };
                unit.memory.notices.extend(notices.steps.into_iter().map(event));
            }
        }
    }

    /// Starts containers that died, as Kubernetes does.
    pub(super) fn revive(&mut self) -> Result<(), StageError> {
        for unit_pod in self.pods.values() {
            for container in unit_pod.pod.containers().filter(|name| unit_pod.pod.boot_id(name).is_none()) {
                unit_pod.pod.start_container(container).map_err(StageError::Pod)?;
            }
        }
        Ok(())
    }

    /// The workload's containers of a unit die; they start again when the stage settles.
    ///
    /// # Errors
    /// No such unit or pod.
    pub fn kill_container(&mut self, unit: impl Into<UnitRef>) -> Result<(), StageError> {
        let name = self.existing(unit)?;
        self.record_act(|| format!("the containers of {name} die"));
        let missing = || StageError::Missing { kind: "pod", name: name.clone() };
        let unit_pod = self.pods.get(&name).ok_or_else(missing)?;
        unit_pod
            .pod
            .containers()
            .try_for_each(|container| unit_pod.pod.kill_container(container))
            .map_err(StageError::Pod)
    }
}
