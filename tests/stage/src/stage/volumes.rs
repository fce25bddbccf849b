//! What the containers of a pod see beside their images: the service account, and storage.

use super::{Stage, StageError};
use crate::{
    kubernetes::CREDENTIALS,
    model::names::{self, application_of},
    pod::Volume,
    sandbox::Sandbox,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

impl Stage {
    pub(super) fn volumes_of(&mut self, unit: &str, sandbox: &Sandbox) -> Result<Vec<Volume>, StageError> {
        let kubernetes = self.cluster(sandbox)?;
        let source = kubernetes.credentials(application_of(unit)).map_err(StageError::File)?;
        let charm = &self.model.application_of(unit).charm;
        let containers = charm.containers.keys().cloned().map(Some).chain([None]);
        let target = Path::new(CREDENTIALS);
        let account =
            |container| Volume { container, source: source.clone(), target: target.to_owned(), read_only: true };
        let mut volumes: Vec<Volume> = containers.map(account).collect();
        for (id, storage) in self.model.storage_of(unit).filter(|(_, storage)| !storage.is_pending) {
            let name = names::storage_of(id);
            let source = self.storage_folder(unit, name, storage.index)?;
            let read_only = charm.storage.get(name).is_some_and(|declared| declared.read_only);
            let volume = |container, target: &str| {
                let target = PathBuf::from(target);
                Volume { container, source: source.clone(), target, read_only }
            };
            volumes.push(volume(None, &storage.location));
            for (container, declared) in &charm.containers {
                // A pod with two mounts at one path is none, so only the first instance has that of the container.
                let mounts = declared.mounts.iter().filter(|mount| mount.storage == name && storage.index == 0);
                volumes.extend(mounts.map(|mount| {
                    volume(Some(container.clone()), mount.location.as_deref().unwrap_or(&storage.location))
                }));
            }
        }
        Ok(volumes)
    }

    /// A folder that outlives the pod and even the unit: another one with its number finds it again.
    fn storage_folder(&self, unit: &str, name: &str, index: u32) -> Result<PathBuf, StageError> {
        let folder = self.folder.path().join("storage").join(names::pod_of(unit)).join(format!("{name}-{index}"));
        fs::create_dir_all(&folder).map_err(StageError::File)?;
        Ok(folder)
    }

    /// What the deployment promised every unit.
    pub(super) fn give_storage(&mut self, unit: &str) {
        let application = self.model.application_of(unit);
        let asked = self.deployments.get(&application.name).map(|deployment| deployment.storage.clone());
        let asked = asked.unwrap_or_default();
        let count = |(name, declared): (&String, &crate::charm::Storage)| {
            (name.clone(), asked.get(name).copied().unwrap_or(declared.least))
        };
        let counts: Vec<(String, u32)> = application.charm.storage.iter().map(count).collect();
        for (name, count) in counts {
            self.model.add_storage(unit, &name, count);
        }
    }
}
