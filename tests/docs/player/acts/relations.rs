//! Relations within a model.

use stage::Life;

use super::{Printed, offers};
use crate::{
    grammar::Command,
    player::Player,
    world::{World, refusal},
};

pub fn integrate(player: &mut Player<'_>, command: &Command) -> Printed {
    let mut names = Vec::new();
    for name in &command.arguments {
        names.push(if name.contains('.') { offers::consumed(player, name)? } else { name.clone() });
    }
    let [one, other] = names.as_slice() else { return Err("an integration must involve two applications".to_owned()) };
    let world = player.world()?;
    let relation = world.stage.integrate(one, other).map_err(|error| refusal(&error))?;
    world.hear(relation)?;
    Ok(String::new())
}

pub fn remove(player: &mut Player<'_>, command: &Command) -> Printed {
    let [one, other] = command.arguments.as_slice() else {
        return Err("a relation must involve two applications".to_owned());
    };
    let world = player.world()?;
    let found = ends(world, one, other);
    let [(one, other)] = found.as_slice() else { return Err(format!("relation \"{one} {other}\" not found")) };
    world.stage.unrelate_from(one, other).map_err(|error| refusal(&error))?;
    player.settle()?;
    Ok(String::new())
}

/// The relations that two names, `app` or `app:endpoint`, mean together.
fn ends(world: &World, one: &str, other: &str) -> Vec<(String, String)> {
    let is_meant = |end: &stage::End, name: &str| end.application == name || end.name() == name;
    let alive = world.stage.model().relations.values().filter(|relation| relation.life == Life::Alive);
    let pairs = alive.filter_map(|relation| match relation.ends.as_slice() {
        [first, second] if is_meant(first, one) && is_meant(second, other) => Some((first.name(), second.name())),
        [first, second] if is_meant(first, other) && is_meant(second, one) => Some((second.name(), first.name())),
        _ => None,
    });
    pairs.collect()
}
