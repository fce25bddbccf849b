//! Which charm a step deploys, and how.

use super::{Options, PlayError, starter::declared};
use crate::{
    scene::{Deploy, Form, Scene, Verb},
    stage::Deployment,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// How the first application is deployed: by the first step that deploys the charm of the command line, else by the first that
/// deploys any.
///
/// *Empty*: no step deploys; then it is as the command line says.
pub(super) fn first(options: &Options, scene: &Scene) -> Deploy {
    let deploys =
        scene.steps().filter_map(|step| if let Verb::Deploy(Form(deploy)) = step.verb { Some(deploy) } else { None });
    let deploys: Vec<&Deploy> = deploys.collect();
    let of_command_line = deploys.iter().find(|deploy| is_of_command_line(&deploy.charm(options), options));
    of_command_line.or(deploys.first()).map(|deploy| (*deploy).clone()).unwrap_or_default()
}

fn is_of_command_line(charm: &Path, options: &Options) -> bool {
    charm == options.charm
        || charm.canonicalize().ok().is_some_and(|path| Some(path) == options.charm.canonicalize().ok())
}

impl Deploy {
    /// Where its charm is.
    pub(super) fn charm(&self, options: &Options) -> PathBuf {
        self.charm.as_ref().map_or_else(|| options.charm.clone(), |charm| options.base.join(charm))
    }
}

/// What a scene says of a charm; a container without an image gets an empty one.
///
/// # Errors
/// The charm cannot be read.
pub(super) fn deployment(deploy: &Deploy, options: &Options, empty: &Path) -> Result<Deployment, PlayError> {
    let charm = deploy.charm(options);
    let files = |paths: &BTreeMap<String, PathBuf>| {
        paths.iter().map(|(name, path)| (name.clone(), options.base.join(path))).collect::<BTreeMap<_, _>>()
    };
    let containers = declared(&charm)?.containers.into_keys();
    let mut images: BTreeMap<_, _> = containers.map(|container| (container, empty.to_owned())).collect();
    images.extend(files(&deploy.images));
    if is_of_command_line(&charm, options) {
        images.extend(options.images.iter().cloned());
    }
    Ok(Deployment {
        application: deploy.name.clone(),
        units: deploy.units,
        trust: deploy.trust,
        storage: deploy.storage.clone(),
        resources: files(&deploy.resources),
        images,
        ..Deployment::new(charm)
    })
}
