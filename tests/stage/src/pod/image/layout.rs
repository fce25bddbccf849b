//! An OCI image layout: `oci-layout`, `index.json` and blobs that are named by their digest.
//!
//! *Source*: OCI image specification 1.1, `image-layout.md`, `image-index.md`, `manifest.md`.

use super::{Image, ImageError, assemble, json, malformed};
use serde::Deserialize;
use std::{
    env::consts::ARCH,
    path::{Path, PathBuf},
};

/// An index of images for several machines, or the manifest of one.
#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    manifests: Vec<Descriptor>,
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    architecture: String,
}

/// The image for this machine, unpacked to `root`.
pub(super) fn open(layout: &Path, root: &Path) -> Result<Image, ImageError> {
    let mut path = layout.join("index.json");
    let mut document: Document = json(&path)?;
    while document.config.is_none() {
        let next = choose(&document.manifests).ok_or_else(|| malformed(&path, "no image for this machine"))?;
        path = blob(layout, next)?;
        document = json(&path)?;
    }
    let configuration = document.config.as_ref().map(|config| blob(layout, config)).transpose()?.unwrap_or_default();
    let layers = document.layers.iter().map(|layer| blob(layout, layer)).collect::<Result<Vec<_>, _>>()?;
    assemble(root, &configuration, &layers)
}

fn choose(manifests: &[Descriptor]) -> Option<&Descriptor> {
    let machine = match ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let fits = |found: &&Descriptor| found.platform.as_ref().is_none_or(|platform| platform.architecture == machine);
    manifests.iter().find(fits)
}

fn blob(layout: &Path, descriptor: &Descriptor) -> Result<PathBuf, ImageError> {
    let path = descriptor.digest.split_once(':').filter(|(_, hex)| hex.chars().all(|digit| digit.is_ascii_hexdigit()));
    let (algorithm, hex) = path.ok_or_else(|| malformed(layout, format!("no digest: {:?}", descriptor.digest)))?;
    Ok(layout.join("blobs").join(algorithm.replace('/', "")).join(hex))
}
