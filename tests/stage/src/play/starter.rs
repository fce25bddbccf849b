//! The scene that a charm gets which has none: it shows whether the charm lives at all.

use super::PlayError;
use crate::charm::{self, Charm, Role};
use std::path::Path;

/// Deploy, relate all that must be related to a stand-in that says nothing, update-status, remove.
///
/// # Errors
/// There is no charm at the path.
pub fn starter(charm: &Path) -> Result<String, PlayError> {
    let charm = declared(charm)?;
    let mut text = format!("# What every charm must live through.\nname: the life of {}\nsteps:\n", charm.name);
    text += "  - deploy\n  - settle\n";
    let needed = charm.endpoints.iter().filter(|(_, endpoint)| endpoint.role == Role::Requires && !endpoint.optional);
    for (endpoint, _) in needed {
        text +=
            &format!("  - integrate:\n      endpoint: {endpoint}\n      stand-in: {endpoint}-stand-in\n  - settle\n");
    }
    text += &format!("  - hook: {}/0 update-status\n  - remove\n  - settle\n", charm.name);
    Ok(text)
}

/// What a charm declares, wherever it is packed.
///
/// # Errors
/// There is no charm at the path.
pub(super) fn declared(path: &Path) -> Result<Charm, PlayError> {
    let folder = tempfile::tempdir().map_err(PlayError::Folder)?;
    let unpacked = folder.path().join("charm");
    let read = charm::unpack(path, &unpacked).and_then(|()| Charm::read(&unpacked));
    read.map_err(|source| PlayError::Charm { path: path.to_owned(), source })
}
