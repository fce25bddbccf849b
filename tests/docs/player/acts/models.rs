//! The controller and its models.

use super::{Printed, lines};
use crate::{grammar::Command, player::Player, world::World};

pub fn bootstrap(player: &mut Player<'_>, command: &Command) -> Printed {
    let cloud = command.arguments.first().cloned().ok_or("no cloud specified")?;
    player.controller = Some(command.arguments.get(1).cloned().unwrap_or(cloud));
    Ok(String::new())
}

pub fn add(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    if player.controller.is_none() {
        return Err("No controllers registered.".to_owned());
    }
    if player.worlds.contains_key(&name) {
        return Err(format!("failed to create new model: model \"{name}\" for admin already exists (already exists)"));
    }
    player.worlds.insert(name.clone(), World::new(player.shelf, &name)?);
    if command.option(&["no-switch"]).is_none() {
        player.current.clone_from(&name);
    }
    Ok(format!("Added '{name}' model"))
}

pub fn switch(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().map_or("", String::as_str);
    let model = name.rsplit([':', '/']).next().unwrap_or(name);
    if !player.worlds.contains_key(model) {
        return Err(format!("cannot switch to {name:?}: no such model"));
    }
    model.clone_into(&mut player.current);
    Ok(String::new())
}

pub fn destroy(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    let missing = format!("model {name} not found");
    player.worlds.remove(&name).map(|_| String::new()).ok_or(missing)
}

pub fn list(player: &mut Player<'_>, command: &Command) -> Printed {
    controllers(player, command)?;
    Ok(lines(player.worlds.keys()))
}

pub fn controllers(player: &mut Player<'_>, _command: &Command) -> Printed {
    player.controller.clone().ok_or_else(|| "No controllers registered.".to_owned())
}

pub fn config(player: &mut Player<'_>, command: &Command) -> Printed {
    let world = player.world()?;
    for (option, value) in command.arguments.iter().filter_map(|setting| setting.split_once('=')) {
        let variable =
            option.strip_prefix("juju-").map(|name| format!("JUJU_CHARM_{}", name.replace('-', "_").to_uppercase()));
        let model = world.stage.model_mut();
        model.proxies.extend(variable.filter(|name| name.ends_with("_PROXY")).map(|name| (name, value.to_owned())));
    }
    Ok(String::new())
}
