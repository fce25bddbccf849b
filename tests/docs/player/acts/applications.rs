//! Applications: they are deployed, configured, trusted and removed.

use serde_json::{Map, Value};
use stage::Deployment;

use super::{Printed, lines};
use crate::{
    grammar::Command,
    player::Player,
    shelf::OWN,
    world::{Other, World, refusal},
};

/// The charms of the bundle `cos-lite`, by the names of their applications.
///
/// *Source*: github.com/canonical/cos-lite-bundle, `bundle.yaml.j2`, commit 0d7a98adb8314deea744bb8710dd3cc3ed70fae6.
const COS_LITE: [(&str, &str); 6] = [
    ("alertmanager", "alertmanager-k8s"),
    ("catalogue", "catalogue-k8s"),
    ("grafana", "grafana-k8s"),
    ("loki", "loki-k8s"),
    ("prometheus", "prometheus-k8s"),
    ("traefik", "traefik-k8s"),
];

pub fn deploy(player: &mut Player<'_>, command: &Command) -> Printed {
    let [source, names @ ..] = command.arguments.as_slice() else { return Err("no charm specified".to_owned()) };
    let units = command.option(&["n", "num-units"]).map_or(Ok(1), str::parse);
    let units: u32 = units.map_err(|_| "--num-units must be a number".to_owned())?;
    if source == "cos-lite" {
        return COS_LITE
            .iter()
            .try_for_each(|(name, charm)| deploy_other(player, charm, name, 1))
            .map(|()| String::new());
    }
    let charm = if source.starts_with(['.', '/']) { own_name(source)? } else { source };
    let name = names.first().map_or(charm, String::as_str);
    if charm == OWN {
        deploy_own(player, command, name, units)?;
    } else {
        deploy_other(player, charm, name, units)?;
    }
    let settings: Vec<String> = given(command, "config").map(str::to_owned).collect();
    set(player.world()?, name, &settings)?;
    Ok(format!("Deployed {name:?}"))
}

/// The charm of a file, which must be the one that this project packs.
pub fn own_name(path: &str) -> Result<&str, String> {
    let packed = ["amd64", "arm64"].map(|machine| format!("./{OWN}_{machine}.charm"));
    if packed.iter().any(|known| known == path) { Ok(OWN) } else { Err(format!("no charm was found at {path:?}")) }
}

fn deploy_own(player: &mut Player<'_>, command: &Command, name: &str, units: u32) -> Result<(), String> {
    let is_local = command.arguments.first().is_some_and(|source| source.starts_with(['.', '/']));
    let (charm, image) = if is_local {
        (
            player.shelf.own(),
            super::images::named(player, command)?.ok_or("local charm missing OCI images for: discourse-image")?,
        )
    } else {
        (player.shelf.published(OWN).ok_or("charm not found")?, player.shelf.image(true))
    };
    let mut deployment = Deployment::new(&charm).application(name).units(units);
    deployment.trust = command.option(&["trust"]).is_some();
    player.world()?.deploy_own(&charm, image, deployment)
}

fn deploy_other(player: &mut Player<'_>, charm: &str, name: &str, units: u32) -> Result<(), String> {
    let folder = player.shelf.published(charm);
    let folder =
        folder.ok_or_else(|| format!("charm or bundle {charm:?} not found: tests/docs/charms has no such file"))?;
    player.world()?.deploy_other(Deployment::new(folder).application(name), Other { units, ..Other::default() })
}

/// The values of an option that may be given several times.
pub fn given<'c>(command: &'c Command, option: &'c str) -> impl Iterator<Item = &'c str> {
    command.options.iter().filter(move |(name, _)| name == option).map(|(_, value)| value.as_str())
}

pub fn config(player: &mut Player<'_>, command: &Command) -> Printed {
    let world = player.world()?;
    let [name, settings @ ..] = command.arguments.as_slice() else {
        return Err("no application name specified".to_owned());
    };
    let reset = command.option(&["reset"]).into_iter().flat_map(|names| names.split(','));
    let application = world.known(name)?;
    let values = application.config_of(None);
    if let [option] = settings
        && !option.contains('=')
    {
        let missing = || format!("key {option:?} not found in {name:?} application config or charm settings.");
        return values.get(option).map(text).ok_or_else(missing);
    }
    let reset: Vec<(String, Value)> = reset.map(|option| (option.to_owned(), Value::Null)).collect();
    if reset.is_empty() && settings.is_empty() {
        return Ok(lines(values.iter().map(|(option, value)| format!("{option}: {}", text(value)))));
    }
    let reset = reset.iter().map(|(option, value)| (option.as_str(), value.clone()));
    world.stage.application(name).and_then(|mut acts| acts.config(reset)).map_err(|error| refusal(&error))?;
    set(world, name, settings).map(|()| String::new())
}

/// A value as `juju config` prints it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Sets options that are given as `name=value`.
fn set(world: &mut World, name: &str, settings: &[String]) -> Result<(), String> {
    let mut options = Map::new();
    for setting in settings {
        let (option, value) =
            setting.split_once('=').ok_or_else(|| format!("expected \"key=value\", got {setting:?}"))?;
        let is_secret = value.starts_with("secret:");
        let value = if is_secret { world.secret(value)? } else { value.to_owned() };
        options.insert(option.to_owned(), Value::String(value));
    }
    let options = options.iter().map(|(option, value)| (option.as_str(), value.clone()));
    world.stage.application(name).and_then(|mut acts| acts.config(options)).map_err(|error| refusal(&error))
}

pub fn trust(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    let world = player.world()?;
    world.stage.application(&name).map_err(|error| refusal(&error))?.trust();
    Ok(String::new())
}

pub fn remove(player: &mut Player<'_>, command: &Command) -> Printed {
    let world = player.world()?;
    for name in &command.arguments {
        world.known(name)?;
        world.stage.application(name).map_err(|error| refusal(&error))?.remove();
        world.others.remove(name);
    }
    player.settle()?;
    Ok(String::new())
}

/// A command that only needs its applications to be there.
pub fn known(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    player.world()?.known(&name)?;
    Ok(String::new())
}

pub fn info(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    player.shelf.published(&name).map(|_| String::new()).ok_or_else(|| format!("{name:?} not found"))
}
