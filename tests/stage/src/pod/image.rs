//! Images: a folder that is the root of one, an OCI layout, or an archive as `skopeo`, `docker save` or `rockcraft` write it.

mod archive;
mod layer;
mod layout;
mod probe;
mod zstd;

pub(super) use layer::resolve;
pub use probe::complaint;

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
};

/// What a container is started from; no container ever changes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Image {
    root: Option<PathBuf>,
    /// Whether it came as an archive or layout, which always holds a whole root.
    is_packed: bool,
    environment: Vec<(String, String)>,
}

/// An image cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A file or folder of it cannot be read, or its copy not be written.
    #[error("reading the image {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is not made as images are.
    #[error("reading the image {path}: {reason}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// How much of a root an image brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content<'a> {
    /// None: a root that holds next to nothing.
    Empty,
    /// Some files below `/srv` for programs of this machine.
    Files(&'a Path),
    /// Some programs and other files, to be laid over those of this machine.
    Mixed(&'a Path),
    /// All of it.
    Whole(&'a Path),
}

impl Image {
    /// No image: the container has an empty root.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// An image at a path; what must be unpacked goes to a folder below `store`, once.
    ///
    /// # Errors
    /// [`ImageError`].
    pub fn open(path: &Path, store: &Path) -> Result<Self, ImageError> {
        if path.is_dir() && !path.join("oci-layout").is_file() {
            return Ok(Self { root: Some(path.to_owned()), ..Self::default() });
        }
        let place = store.join(fingerprint(path).map_err(at(path))?);
        let unpacked = place.join("root");
        if path.is_dir() {
            return layout::open(path, &unpacked);
        }
        let files = place.join("archive");
        if !files.exists() {
            archive::unpack(path, &files)?;
        }
        if files.join("oci-layout").is_file() {
            layout::open(&files, &unpacked)
        } else {
            archive::open(&files, &unpacked)
        }
    }

    pub(super) fn content(&self) -> Content<'_> {
        match &self.root {
            None => Content::Empty,
            Some(root) if self.is_packed || has_any(root, &["bin/sh", "usr/bin/sh"]) => Content::Whole(root),
            Some(root) if is_plain(root) => Content::Files(root),
            Some(root) => Content::Mixed(root),
        }
    }

    /// The variables that the image sets: those of its configuration, and, for a folder, the lines `NAME=VALUE` of the file `image.env` in it.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let file =
            self.root.as_ref().and_then(|root| fs::read_to_string(root.join("image.env")).ok()).unwrap_or_default();
        self.environment.iter().cloned().chain(variables(file.lines())).collect()
    }
}

fn has_any(root: &Path, paths: &[&str]) -> bool {
    paths.iter().any(|path| root.join(path).symlink_metadata().is_ok())
}

/// Whether there is nothing but the workload's own files and Pebble's layers.
fn is_plain(root: &Path) -> bool {
    holds_only(root, &["srv", "var", "image.env"])
        && holds_only(&root.join("var"), &["lib"])
        && holds_only(&root.join("var/lib"), &["pebble"])
}

fn holds_only(root: &Path, names: &[&str]) -> bool {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).all(|found| names.iter().any(|name| found == *name))
}

fn variables<'a>(lines: impl Iterator<Item = &'a str> + 'a) -> impl Iterator<Item = (String, String)> + 'a {
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// The same as long as nobody writes to the file.
fn fingerprint(path: &Path) -> io::Result<String> {
    let looked_at = if path.is_dir() { path.join("index.json") } else { path.to_owned() };
    let found = fs::metadata(looked_at)?;
    let mut hasher = DefaultHasher::new();
    (fs::canonicalize(path)?, found.len(), found.modified()?).hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn at(path: &Path) -> impl Fn(io::Error) -> ImageError + use<> {
    let path = path.to_owned();
    move |source| ImageError::File { path: path.clone(), source }
}

fn malformed(path: &Path, reason: impl Into<String>) -> ImageError {
    ImageError::Malformed { path: path.to_owned(), reason: reason.into() }
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, ImageError> {
    let text = fs::read(path).map_err(at(path))?;
    serde_json::from_slice(&text).map_err(|cause| malformed(path, cause.to_string()))
}

/// The part of an image's configuration that a container takes over.
#[derive(serde::Deserialize)]
struct Configuration {
    #[serde(default)]
    config: Settings,
}

#[derive(serde::Deserialize, Default)]
struct Settings {
    #[serde(default, rename = "Env")]
    environment: Option<Vec<String>>,
}

/// Lays the layers one over the other, unless that was done before.
fn assemble(root: &Path, configuration: &Path, layers: &[PathBuf]) -> Result<Image, ImageError> {
    let configuration: Configuration = json(configuration)?;
    if !root.exists() {
        let partial = root.with_extension("partial");
        fs::create_dir_all(&partial).map_err(at(&partial))?;
        layers.iter().try_for_each(|file| layer::apply(file, &partial).map_err(at(file)))?;
        fs::rename(&partial, root).map_err(at(root))?;
    }
    let lines = configuration.config.environment.unwrap_or_default();
    let environment = variables(lines.iter().map(String::as_str)).collect();
    Ok(Image { root: Some(root.to_owned()), is_packed: true, environment })
}
