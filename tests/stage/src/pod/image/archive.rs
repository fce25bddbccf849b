//! An image in one file: a layout that was packed, or what `docker save` writes.

use super::{Image, ImageError, assemble, at, json, layer, malformed};
use serde::Deserialize;
use std::{fs, path::Path};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    layers: Vec<String>,
}

/// Unpacks the file as it is.
pub(super) fn unpack(file: &Path, target: &Path) -> Result<(), ImageError> {
    let partial = target.with_extension("partial");
    fs::create_dir_all(&partial).map_err(at(&partial))?;
    layer::apply(file, &partial).map_err(at(file))?;
    fs::rename(&partial, target).map_err(at(target))
}

/// The first image of an unpacked `docker save`, unpacked to `root`.
///
/// *Source*: Docker image specification 1.2, `manifest.json`.
pub(super) fn open(files: &Path, root: &Path) -> Result<Image, ImageError> {
    let manifest = files.join("manifest.json");
    if !manifest.is_file() {
        return Err(malformed(files, "neither oci-layout nor manifest.json is in it"));
    }
    let saved: Vec<Saved> = json(&manifest)?;
    let first = saved.first().ok_or_else(|| malformed(&manifest, "it holds no image"))?;
    let layers: Vec<_> = first.layers.iter().map(|name| files.join(name)).collect();
    assemble(root, &files.join(&first.config), &layers)
}
