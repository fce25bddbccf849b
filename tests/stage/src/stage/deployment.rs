//! What `juju deploy` is told.

use super::{Stage, StageError, settings};
use crate::{
    charm,
    model::{Application, Version},
};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A charm that is to be deployed, and how.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// A folder or a packed `.charm` file.
    pub charm: PathBuf,
    /// Name of the application; the charm's if there is none.
    pub application: Option<String>,
    /// How many units; one if there is no number.
    pub units: Option<u32>,
    /// Options that are set from the start.
    pub config: Map<String, Value>,
    /// `--trust`.
    pub trust: bool,
    /// Image of the charm's first container.
    pub image: Option<PathBuf>,
    /// Images by container.
    pub images: BTreeMap<String, PathBuf>,
    /// How many instances of a storage each unit gets; as many as the charm needs if there is no number.
    pub storage: BTreeMap<String, u32>,
    /// Files by the name of their resource.
    pub resources: BTreeMap<String, PathBuf>,
}

impl Deployment {
    /// One unit of this charm, under the charm's name.
    #[must_use]
    pub fn new(charm: impl AsRef<Path>) -> Self {
        Self { charm: charm.as_ref().to_owned(), ..Self::default() }
    }

    /// Under this name.
    #[must_use]
    pub fn application(mut self, name: &str) -> Self {
        self.application = Some(name.to_owned());
        self
    }

    /// With this many units.
    #[must_use]
    pub fn units(mut self, units: u32) -> Self {
        self.units = Some(units);
        self
    }

    /// With this option set.
    #[must_use]
    pub fn option(mut self, name: &str, value: Value) -> Self {
        self.config.insert(name.to_owned(), value);
        self
    }

    /// With this image for the charm's first container.
    #[must_use]
    pub fn image(mut self, root: impl AsRef<Path>) -> Self {
        self.image = Some(root.as_ref().to_owned());
        self
    }

    /// With this image for a container.
    #[must_use]
    pub fn image_of(mut self, container: &str, root: impl AsRef<Path>) -> Self {
        self.images.insert(container.to_owned(), root.as_ref().to_owned());
        self
    }

    /// With so many instances of a storage for each unit.
    #[must_use]
    pub fn storage(mut self, name: &str, count: u32) -> Self {
        self.storage.insert(name.to_owned(), count);
        self
    }

    /// With this file for a resource.
    #[must_use]
    pub fn resource(mut self, name: &str, file: impl AsRef<Path>) -> Self {
        self.resources.insert(name.to_owned(), file.as_ref().to_owned());
        self
    }

    /// Reads what the charm declares; it is kept at `place` as it is now, for its units.
    ///
    /// # Errors
    /// The charm cannot be read, or an option does not fit.
    pub(super) fn declare(&mut self, place: &Path, juju: Version) -> Result<Application, StageError> {
        let declared = charm::read_at(&self.charm, place).map_err(StageError::Charm)?;
        place.clone_into(&mut self.charm);
        let name = self.application.get_or_insert_with(|| declared.name.clone()).clone();
        self.images.extend(declared.containers.keys().next().cloned().zip(self.image.take()));
        let mut application = Application::new(&name, declared);
        application.trusted = self.trust;
        let options = self.config.iter().map(|(option, value)| (option.as_str(), value.clone()));
        for (name, value) in settings::parse(&application, juju, options)? {
            application.set_option(&name, value);
        }
        Ok(application)
    }
}

impl Stage {
    /// `juju deploy`: the main application with its units and peer relations is there.
    ///
    /// It is the one that the stage was built for; if it was removed, it comes again as it was first.
    pub fn deploy(&mut self) {
        let name = self.model.main.clone();
        self.model.applications.entry(name.clone()).or_insert_with(|| self.first.clone());
        self.populate(&name);
    }

    /// `juju deploy` of another application; gives its name.
    ///
    /// # Errors
    /// The charm cannot be read, an application of this name is there, or an option does not fit.
    pub fn deploy_application(&mut self, mut deployment: Deployment) -> Result<String, StageError> {
        let place = self.folder.path().join(format!("declared-{}", self.deployments.len()));
        let application = deployment.declare(&place, self.model.juju)?;
        let name = application.name.clone();
        if self.model.applications.contains_key(&name) {
            return Err(StageError::Refused(format!("cannot add application {name:?}: application already exists")));
        }
        self.model.applications.insert(name.clone(), application);
        self.deployments.insert(name.clone(), deployment);
        self.populate(&name);
        Ok(name)
    }

    /// The units and peer relations of a new application.
    fn populate(&mut self, name: &str) {
        self.relate_peers(name);
        let units = self.deployments.get(name).and_then(|deployment| deployment.units).unwrap_or(1);
        self.record_act(|| format!("deploy {name} -n {units}"));
        let names: Vec<String> = (0..units).map(|_| self.add_unit_of(name)).collect();
        let leader = self.randomness.first_leader.checked_rem(names.len()).and_then(|place| names.get(place));
        self.model.application_of_mut(name).leader = leader.cloned();
    }
}
