//! Steps that name charms, and what these declare.

use super::{Checked, Known, wrong_name};
use crate::{
    charm::Charm,
    model::{Application, names},
    play::{chain, starter::declared},
    pod,
    remedy::remedy,
    scene::{Config, Deploy, Refresh, Scale},
    stage::settings,
};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// As many units as the network of a stage has addresses for.
const MOST_UNITS: u32 = 200;

impl Known<'_> {
    pub(super) fn deploy(&self, deploy: &Deploy) -> Checked {
        let charm = charm(&deploy.charm(self.options))?;
        let name = deploy.name.clone().unwrap_or_else(|| charm.name.clone());
        if !names::is_application(&name) {
            return Err(wrong_name(&name));
        }
        if self.charms.contains_key(&name) && !self.doubtful.contains(&name) {
            return Err(format!("cannot add application {name:?}: application already exists: give another `name`"));
        }
        few(deploy.units.unwrap_or(1))?;
        self.images(&charm, &deploy.images)?;
        for (resource, file) in &deploy.resources {
            let files = charm.resources.iter().filter(|(_, declared)| declared.kind == "file").map(|(name, _)| name);
            known("file resource", resource, files)?;
            is_file(&self.options.base.join(file))?;
        }
        deploy.storage.keys().try_for_each(|storage| known("storage", storage, charm.storage.keys()))?;
        self.options(&Application::new(&name, charm), &deploy.config)
    }

    /// Images of containers that the charm has.
    fn images(&self, charm: &Charm, images: &BTreeMap<String, PathBuf>) -> Checked {
        images.iter().try_for_each(|(container, image)| {
            known("container", container, charm.containers.keys())?;
            image_at(&self.options.base.join(image))
        })
    }

    pub(super) fn configure(&self, config: &Config) -> Checked {
        let Some(application) = self.named(config.application.as_ref())? else { return Ok(()) };
        let reset = config.reset.iter().map(|option| (option.clone(), Value::Null));
        self.options(application, &config.options.clone().into_iter().chain(reset).collect())
    }

    fn options(&self, application: &Application, options: &Map<String, Value>) -> Checked {
        self.secrets_of("option", options)?;
        options.iter().try_for_each(|(option, value)| {
            let declared = application.charm.options.get(option);
            if let (Some("secret"), Some(text)) = (declared.map(|declared| declared.kind.as_str()), value.as_str()) {
                return names_secret(option, text);
            }
            let parsed = settings::parse(application, self.model.juju, [(option.as_str(), value.clone())]);
            let refused = |error: crate::StageError| match declared {
                None => format!("{error}{}", remedy(option, application.charm.options.keys())),
                Some(_) => error.to_string(),
            };
            parsed.map(drop).map_err(refused)
        })
    }

    /// Values `secret:NAME` name secrets of the scene; a URI may name any.
    pub(super) fn secrets_of(&self, kind: &str, values: &Map<String, Value>) -> Checked {
        let is_id = |id: &str| id.len() == 20 && id.chars().all(|char| matches!(char, '0'..='9' | 'a'..='v'));
        let is_known = |name: &str| self.secrets.contains(&name) || self.doubtful.contains(name);
        for (key, value) in values {
            let name = value.as_str().and_then(|text| text.strip_prefix("secret:"));
            let unknown = name.filter(|name| !is_known(name) && !name.rsplit('/').next().is_some_and(is_id));
            if let Some(name) = unknown {
                return Err(format!("{kind} {key:?}: {}", self.no_secret(name)));
            }
        }
        Ok(())
    }

    pub(super) fn scale(&self, scale: &Scale) -> Checked {
        self.named(scale.application.as_ref())?;
        few(scale.units)
    }

    pub(super) fn refresh(&self, refresh: &Refresh) -> Checked {
        let Some(application) = self.named(refresh.application.as_ref())? else { return Ok(()) };
        let given = refresh.charm.as_ref().map(|charm| self.options.base.join(charm));
        let path = given.or_else(|| self.charms.get(&application.name).cloned()).unwrap_or_default();
        let new = charm(&path)?;
        if new.name != application.charm.name {
            let (old, new, path) = (&application.charm.name, new.name, path.display());
            return Err(format!("cannot refresh {old:?} to {new:?}: the charm {path} has another name: deploy it"));
        }
        self.images(&new, &refresh.images)?;
        refresh.image.as_ref().map_or(Ok(()), |image| image_at(&self.options.base.join(image)))
    }
}

/// What the charm at a path declares.
pub(super) fn charm(path: &Path) -> Checked<Charm> {
    declared(path).map_err(|error| chain(&error))
}

/// Whether the value of an option is a secret's name; what else it is may be a secret itself.
fn names_secret(option: &str, value: &str) -> Checked {
    if value.is_empty() || value.starts_with("secret:") {
        return Ok(());
    }
    let make = "write secret:NAME, of a step \"secret: add NAME KEY=VALUE\" before";
    Err(format!("option {option:?} expected secret: {make}"))
}

fn few(units: u32) -> Checked {
    if units > MOST_UNITS { Err(format!("{units} units are too many: at most {MOST_UNITS} have room")) } else { Ok(()) }
}

/// Something that the charm declares.
pub(super) fn known<W: AsRef<str>>(kind: &str, name: &str, declared: impl IntoIterator<Item = W>) -> Checked {
    let declared: Vec<W> = declared.into_iter().collect();
    if declared.iter().any(|known| known.as_ref() == name) {
        return Ok(());
    }
    Err(format!("no such {kind}: {name}{}", remedy(name, declared)))
}

/// A path at which there is a file.
fn is_file(path: &Path) -> Checked {
    let shown = path.display();
    match path.metadata() {
        Ok(found) if found.is_dir() => Err(format!("{shown} is a folder: name a file")),
        Ok(_) => Ok(()),
        Err(cause) => Err(format!("no such file: {shown}: {cause}")),
    }
}

/// A path at which there may be an image.
pub(super) fn image_at(path: &Path) -> Checked {
    pod::complaint(path).map_or(Ok(()), Err)
}

/// A path at which a file can be written.
pub(super) fn writable(file: &Path) -> Checked {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if file.is_dir() {
        return Err(format!("{} is a folder: name a file", file.display()));
    }
    if folder.is_dir() { Ok(()) } else { Err(format!("no such folder: {}: make it before", folder.display())) }
}
