//! What pages are played with: charms, images, scenes, and what is filled in for placeholders.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use tempfile::TempDir;

/// The name of this project's charm.
pub const OWN: &str = "discourse-k8s";

/// All of it; read once.
pub struct Shelf {
    /// The top of the project.
    pub top: PathBuf,
    /// The states that pages start from.
    pub scenes: BTreeMap<String, Scene>,
    /// What is filled in for `<name>`.
    pub placeholders: BTreeMap<String, String>,
    /// Folders that the stage takes for charms.
    charms: TempDir,
}

/// How a state comes about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// The scene that comes before.
    #[serde(default)]
    pub after: Option<String>,
    /// The commands that make it.
    pub commands: String,
}

impl Shelf {
    /// Reads everything.
    ///
    /// # Errors
    /// A file cannot be read, or does not have its form.
    pub fn open(top: &Path) -> io::Result<Self> {
        let folder = top.join("tests/docs");
        let charms = tempfile::tempdir()?;
        for entry in fs::read_dir(folder.join("charms"))? {
            let path = entry?.path();
            let place = charms.path().join(path.file_stem().unwrap_or_default());
            declare(&path, &place)?;
        }
        declare(&folder.join("python-charm.yaml"), &charms.path().join("python"))?;
        let nothing = charms.path().join("nothing");
        fs::create_dir_all(&nothing)?;
        fs::write(nothing.join("charmcraft.yaml"), "name: nothing\n")?;
        let (scenes, placeholders) = (read(&folder.join("scenes.yaml"))?, read(&folder.join("placeholders.yaml"))?);
        Ok(Self { top: top.to_owned(), scenes, placeholders, charms })
    }

    /// A charm that does nothing and has nothing.
    pub fn nothing(&self) -> PathBuf {
        self.charms.path().join("nothing")
    }

    /// This project's charm as Juju unpacks it.
    pub fn own(&self) -> PathBuf {
        self.target("CHARM", "charm")
    }

    /// An image: the first one that a page names, or another.
    pub fn image(&self, is_first: bool) -> PathBuf {
        self.target("IMAGES", "image").join(if is_first { "one" } else { "two" })
    }

    /// The image of `tests/rails`.
    pub fn image_on_rails(&self) -> PathBuf {
        self.target("IMAGES", "image").join("rails")
    }

    /// A charm that can be had by this name, as far as it is known.
    pub fn published(&self, name: &str) -> Option<PathBuf> {
        let folder = self.charms.path().join(if name == OWN { "python" } else { name });
        (folder.is_dir() && name != "nothing" && name != "python").then_some(folder)
    }

    /// The folder that a variable names, else one in `target/`.
    fn target(&self, variable: &str, default: &str) -> PathBuf {
        env::var_os(variable).map_or_else(|| self.top.join("target").join(default), PathBuf::from)
    }
}

/// A record has the form of a unified `charmcraft.yaml`; the charm has no program, so its hooks do nothing.
fn declare(record: &Path, place: &Path) -> io::Result<()> {
    fs::create_dir_all(place)?;
    fs::copy(record, place.join("charmcraft.yaml")).map(drop)
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let text = fs::read_to_string(path)?;
    serde_yaml::from_str(&text).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}
