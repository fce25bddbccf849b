//! The scene that a charm gets which has none: it shows whether the charm lives at all.

use super::PlayError;
use crate::{
    charm::{Charm, Role},
    scene::Scene,
};
use std::path::Path;

/// Its text: deploy, relate all that must be related to a stand-in that says nothing, update-status, remove.
///
/// # Errors
/// There is no charm at the path.
pub fn starter(charm: &Path) -> Result<String, PlayError> {
    let charm = declared(charm)?;
    let name = &charm.name;
    let needed = charm.endpoints.iter().filter(|(_, endpoint)| endpoint.role == Role::Requires && !endpoint.optional);
    let related: String = needed.map(|(endpoint, _)| related(endpoint)).collect();
    let begun = format!("name: the life of {name}\nsteps:\n  - deploy\n  - settle\n");
    let ended = format!("  - hook: {name}/0 update-status\n  - remove\n  - settle\n");
    Ok(format!("# What every charm must live through.\n{begun}{related}{ended}"))
}

fn related(endpoint: &str) -> String {
    format!("  - integrate:\n      endpoint: {endpoint}\n      stand-in: {endpoint}-stand-in\n  - settle\n")
}

/// The scene that a charm gets which has none.
///
/// # Errors
/// There is no charm at the path, or its names do not fit into a scene.
pub fn starter_scene(charm: &Path) -> Result<Scene, PlayError> {
    Ok(Scene::parse("the scene of every charm", &starter(charm)?)?)
}

/// What a charm declares, wherever it is packed.
///
/// # Errors
/// There is no charm at the path.
pub fn declared(path: &Path) -> Result<Charm, PlayError> {
    Charm::at(path).map_err(|source| PlayError::Charm { path: path.to_owned(), source })
}
