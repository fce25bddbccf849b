//! How many units an application has.

use stage::{Life, model::names};

use super::Printed;
use crate::{
    grammar::Command,
    player::Player,
    world::{World, refusal},
};

pub fn scale(player: &mut Player<'_>, command: &Command) -> Printed {
    let [name, number] = command.arguments.as_slice() else { return Err("no scale specified".to_owned()) };
    let number = number.parse().map_err(|_| format!("invalid scale {number:?}: must be an integer"))?;
    scale_to(player, name, |_| number)
}

pub fn add(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    let more: u32 =
        command.option(&["n", "num-units"]).map_or(Ok(1), str::parse).map_err(|_| "not a number".to_owned())?;
    scale_to(player, &name, |units| units + more)
}

pub fn remove(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    let Some(fewer) = command.option(&["num-units"]) else {
        return Err("specifying number of units to remove is required with --num-units on Kubernetes".to_owned());
    };
    let fewer: u32 = fewer.parse().map_err(|_| format!("{fewer} is not a number"))?;
    scale_to(player, &name, |units| units.saturating_sub(fewer))
}

fn scale_to(player: &mut Player<'_>, name: &str, wanted: impl Fn(u32) -> u32) -> Printed {
    let world = player.world()?;
    world.known(name)?;
    if let Some(other) = world.others.get_mut(name) {
        other.units = wanted(other.units);
    } else {
        scale_own(world, name, wanted)?;
    }
    Ok(String::new())
}

/// Kubernetes takes the unit with the highest number first.
fn scale_own(world: &mut World, name: &str, wanted: impl Fn(u32) -> u32) -> Result<(), String> {
    let alive = world.stage.model().units_of(name).filter(|(_, unit)| unit.life == Life::Alive);
    let mut units: Vec<String> = alive.map(|(unit, _)| unit.clone()).collect();
    units.sort_by_key(|unit| names::number_of(unit));
    let wanted = wanted(u32::try_from(units.len()).unwrap_or(u32::MAX)) as usize;
    for unit in units.iter().skip(wanted) {
        world.stage.remove_unit(unit).map_err(|error| refusal(&error))?;
    }
    for _ in units.len()..wanted {
        world.stage.application(name).map_err(|error| refusal(&error))?.add_unit();
    }
    Ok(())
}

pub fn resolved(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    let world = player.world()?;
    let unit = world.unit(&name)?;
    if !world.stage.unit(&unit).whole().is_in_error() {
        return Err(format!("unit {unit:?} is not in an error state"));
    }
    world.stage.resolve(&unit).map_err(|error| refusal(&error))?;
    player.settle()?;
    Ok(String::new())
}
