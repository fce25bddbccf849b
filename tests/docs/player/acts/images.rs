//! Charms and images that take the place of others.

use std::{collections::BTreeMap, path::PathBuf};

use super::{Printed, applications::given};
use crate::{
    grammar::Command,
    player::Player,
    shelf::OWN,
    world::{NEWER, refusal},
};

/// The name of the image among the charm's resources, and that of its container.
const RESOURCE: &str = "discourse-image";
const CONTAINER: &str = "discourse";

/// What the name of the image begins with that is a real Rails application.
const ON_RAILS: &str = "rails/";

/// The image that a command names: the first one that a page names is the older one.
///
/// *Empty*: it names none.
pub fn named(player: &mut Player<'_>, command: &Command) -> Result<Option<PathBuf>, String> {
    let Some(given) = given(command, "resource").last().map(str::to_owned) else { return Ok(None) };
    image(player, &given).map(Some)
}

fn image(player: &mut Player<'_>, resource: &str) -> Result<PathBuf, String> {
    let (name, image) = resource.split_once('=').unwrap_or((resource, ""));
    if name != RESOURCE {
        return Err(format!("unrecognized resource {name:?}"));
    }
    if !player.images.iter().any(|known| known == image) {
        player.images.push(image.to_owned());
    }
    if image.starts_with(ON_RAILS) {
        return Ok(player.shelf.image_on_rails());
    }
    Ok(player.shelf.image(player.images.first().is_some_and(|first| first == image)))
}

pub fn attach(player: &mut Player<'_>, command: &Command) -> Printed {
    let [name, resource] = command.arguments.as_slice() else { return Err("resource name is required".to_owned()) };
    let image = image(player, resource)?;
    let world = player.world()?;
    let mut acts = world.stage.application(name).map_err(|error| refusal(&error))?;
    acts.refresh_images([(CONTAINER.to_owned(), image)].into());
    player.settle()?;
    Ok(String::new())
}

pub fn refresh(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    let image = named(player, command)?;
    let own = (player.shelf.own(), player.shelf.published(OWN).unwrap_or_default());
    let world = player.world()?;
    let before = world.known(&name)?.charm.clone();
    if !world.is_own(&name) {
        return Ok(String::new());
    }
    let charm = match (command.option(&["path"]), command.option(&["switch"])) {
        (Some(path), _) if super::applications::own_name(path).is_ok() => own.0,
        (None, Some(switch)) if switch.trim_start_matches("ch:") == OWN => own.1,
        (None, None) if !before.options.contains_key(NEWER) => own.1,
        (None, None) => return Err("a charm that is not published needs --path".to_owned()),
        _ => return Err("no charm was found".to_owned()),
    };
    let images: BTreeMap<String, PathBuf> = image.map(|image| (CONTAINER.to_owned(), image)).into_iter().collect();
    world.stage.application(&name).and_then(|mut acts| acts.refresh(charm, images)).map_err(|error| refusal(&error))?;
    player.settle()?;
    Ok(String::new())
}
