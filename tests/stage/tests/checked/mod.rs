//! A charm with a container whose image brings checks.

use crate::shell;
use std::fs;
use tempfile::TempDir;

const METADATA: &str = "
name: tiny
containers:
  web: {resource: web-image}
resources:
  web-image: {type: oci-image}
";

/// A charm that does nothing, with one container and what else it declares, and an image with this layer.
pub fn charm_and_image(declared: &str, layer: &str) -> (TempDir, TempDir) {
    let (charm, image) = (shell::charm("exit 0"), tempfile::tempdir().unwrap());
    fs::write(charm.path().join("metadata.yaml"), format!("{METADATA}{declared}")).unwrap();
    let layers = image.path().join("var/lib/pebble/default/layers");
    fs::create_dir_all(&layers).unwrap();
    fs::write(layers.join("001-checks.yaml"), layer).unwrap();
    (charm, image)
}
