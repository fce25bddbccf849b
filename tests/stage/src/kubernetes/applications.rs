//! The objects that Juju makes for the applications of a model.
//!
//! *Source*: Juju 3.6 and 4.0, `internal/provider/kubernetes/application/application.go`.

use super::{
    cluster::{Cluster, core},
    request::{Group, Target},
};
use crate::{
    charm::Charm,
    model::{Application, Life, Model, Unit, names},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Cluster {
    /// Shows what the model holds by now; what charms changed of it since stays as they left it.
    pub fn show(&mut self, model: &Model) {
        for application in model.applications.values() {
            self.set_trust(&application.name, application.trusted);
            let units: Vec<(&String, &Unit)> = model.units_of(&application.name).collect();
            self.show_application(application, model, units.len());
            for (name, unit) in units {
                self.show_pod(application, model, name, unit);
            }
        }
        self.forget(model);
    }

    fn show_application(&mut self, application: &Application, model: &Model, units: usize) {
        let (name, namespace) = (application.name.as_str(), model.name.as_str());
        let metadata = json!({"labels": labels(name), "annotations": annotations(model)});
        let selector = json!({"app.kubernetes.io/name": name});
        let template = json!({"metadata": {"labels": selector, "annotations": annotations(model)}, "spec": pod_spec(name, &application.charm)});
        let set = json!({
            "metadata": metadata,
            "spec": {
                "replicas": units,
                "selector": {"matchLabels": selector},
                "serviceName": format!("{name}-endpoints"),
                "podManagementPolicy": "Parallel",
                "template": template,
            },
        });
        let port = json!([{"name": "placeholder", "port": 65535, "protocol": "TCP", "targetPort": 65535}]);
        let service = json!({"metadata": metadata, "spec": {"type": "ClusterIP", "selector": selector, "ports": port}});
        let headless = json!({"metadata": metadata, "spec": {"type": "ClusterIP", "clusterIP": "None", "selector": selector, "publishNotReadyAddresses": true}});
        let account = json!({"metadata": metadata, "automountServiceAccountToken": false});
        self.introduce(&stateful_set(namespace, name), &set);
        self.introduce(&core("services", Some(namespace), name), &service);
        self.introduce(&core("services", Some(namespace), &format!("{name}-endpoints")), &headless);
        self.introduce(&core("serviceaccounts", Some(namespace), name), &account);
        let status = json!({"replicas": units, "readyReplicas": units, "availableReplicas": units, "currentReplicas": units, "updatedReplicas": units});
        self.update(&stateful_set(namespace, name), &json!({"spec": {"replicas": units}, "status": status}));
    }

    fn show_pod(&mut self, application: &Application, model: &Model, unit: &str, held: &Unit) {
        let name = names::pod_of(unit);
        let target = core("pods", Some(&model.name), &name);
        let set = self.get(&stateful_set(&model.name, &application.name));
        let spec = set.and_then(|set| set.pointer("/spec/template/spec").cloned()).unwrap_or_default();
        let owner = json!([{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": application.name, "controller": true,
            "uid": set.and_then(|set| set.pointer("/metadata/uid"))}]);
        let mut labels = labels(&application.name);
        if let Some(labels) = labels.as_object_mut() {
            labels.insert("statefulset.kubernetes.io/pod-name".to_owned(), json!(name));
        }
        let pod = json!({"metadata": {"labels": labels, "annotations": {"unit.juju.is/id": unit}, "ownerReferences": owner}, "spec": spec});
        self.introduce(&target, &pod);
        let containers = application.charm.containers.keys().map(String::as_str).chain(["charm"]);
        let started: Vec<Value> =
            containers.map(|container| json!({"name": container, "ready": true, "started": true})).collect();
        let ready = json!([{"type": "Ready", "status": "True"}]);
        let address = held.address.to_string();
        let status = json!({"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": ready, "containerStatuses": started});
        let hostname = json!({"hostname": name, "subdomain": format!("{}-endpoints", application.name)});
        self.update(&target, &json!({"spec": hostname, "status": status}));
    }

    /// Writes an object that is not there yet.
    fn introduce(&mut self, target: &Target, object: &Value) {
        if self.get(target).is_none() {
            self.write(target, object.clone());
        }
    }

    fn update(&mut self, target: &Target, change: &Value) {
        if let Some(mut object) = self.get(target).cloned() {
            json_patch::merge(&mut object, change);
            self.write(target, object);
        }
    }

    /// Removes the pods of units that are gone, and what Juju made for applications that are.
    fn forget(&mut self, model: &Model) {
        let of_juju = BTreeMap::from([("labelSelector".to_owned(), "app.kubernetes.io/managed-by=juju".to_owned())]);
        let (pod, set) = (core("pods", Some(&model.name), ""), stateful_set(&model.name, ""));
        let lives =
            |name: &str| model.units.iter().any(|(unit, held)| names::pod_of(unit) == name && held.life != Life::Dead);
        let stays = |name: &str| model.applications.contains_key(name);
        let [services, accounts] = ["services", "serviceaccounts"].map(|kind| core(kind, Some(&model.name), ""));
        let is_gone = |target: &Target, name: &str| match target.resource.as_str() {
            "pods" => !lives(name),
            _ => !stays(name.strip_suffix("-endpoints").unwrap_or(name)),
        };
        for target in [pod, set, services, accounts] {
            for object in self.list(&target, &of_juju) {
                let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
                if is_gone(&target, name) && !is_of_charm(&object) {
                    self.remove(&Target { name: Some(name.to_owned()), ..target.clone() });
                }
            }
        }
    }
}

/// Whether a charm made the object, which Juju's own marks tell.
fn is_of_charm(object: &Value) -> bool {
    object.pointer("/metadata/labels/statefulset.kubernetes.io~1pod-name").is_none()
        && object.pointer("/metadata/annotations/model.juju.is~1id").is_none()
}

fn stateful_set(namespace: &str, name: &str) -> Target {
    let group = Group { name: "apps".to_owned(), version: "v1".to_owned() };
    Target { group, ..core("statefulsets", Some(namespace), name) }
}

fn labels(application: &str) -> Value {
    json!({"app.kubernetes.io/name": application, "app.kubernetes.io/managed-by": "juju"})
}

fn annotations(model: &Model) -> Value {
    json!({"model.juju.is/id": model.uuid, "juju.is/version": model.juju.to_string()})
}

/// The charm's container, and those of the workload.
fn pod_spec(application: &str, charm: &Charm) -> Value {
    let container = |name: &str, image: &str| json!({"name": name, "image": image, "resources": {}});
    let mut containers = vec![container("charm", "charm-base:ubuntu-22.04")];
    containers.extend(
        charm
            .containers
            .iter()
            .map(|(name, declared)| container(name, declared.resource.as_deref().unwrap_or_default())),
    );
    json!({"containers": containers, "serviceAccountName": application, "automountServiceAccountToken": true, "terminationGracePeriodSeconds": 30})
}
