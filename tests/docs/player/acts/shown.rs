//! What Juju shows of a model.

use std::fmt::Write as _;

use stage::{StatusKind, model::names};

use super::{Printed, applications::given, lines};
use crate::{grammar::Command, player::Player, status};

pub fn status(player: &mut Player<'_>, command: &Command) -> Printed {
    let controller = player.controller.clone().unwrap_or_default();
    let world = player.world()?;
    for name in &command.arguments {
        world.known(names::application_of(name))?;
    }
    Ok(status::text(world, &controller))
}

/// The log of some units, as `juju debug-log` prints it, but for the time.
pub fn log(player: &mut Player<'_>, command: &Command) -> Printed {
    let world = player.world()?;
    let included = given(command, "include").chain(given(command, "i"));
    let mut units = Vec::new();
    for name in included.flat_map(|list| list.split(',')) {
        let name = name.trim_start_matches("unit-").trim_start_matches("application-");
        units.extend(if name.contains('/') { vec![world.unit(name)?] } else { world.units(&world.known(name)?.name) });
    }
    let mut log = String::new();
    for (name, unit) in &world.stage.model().units {
        for line in unit.log.iter().filter(|_| units.is_empty() || units.contains(name)) {
            let _ = writeln!(log, "{}: {} {} {}", names::tag_of(name), line.level, line.logger, line.text);
        }
    }
    Ok(log)
}

pub fn status_log(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    let world = player.world()?;
    let unit = if name.contains('/') { Some(world.unit(&name)?) } else { world.units(&world.known(&name)?.name).pop() };
    let history = unit.map(|unit| world.stage.unit(&unit).status_history()).unwrap_or_default();
    Ok(lines(history))
}

/// The databags of the relations of a unit.
pub fn unit(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    let world = player.world()?;
    let unit = world.unit(&name)?;
    let application = names::application_of(&unit).to_owned();
    let wanted = command.option(&["endpoint"]);
    let declared = &world.known(&application)?.charm.endpoints;
    if let Some(unknown) = wanted.filter(|wanted| !declared.contains_key(*wanted)) {
        return Err(format!("{application} has no endpoint {unknown}"));
    }
    let relations = world.stage.model().relations.values().filter(|relation| relation.own(&application).is_some());
    let mut text = format!("{unit}:\n  relation-info:\n");
    for relation in relations.filter(|relation| wanted.is_none_or(|wanted| relation.endpoint(&application) == wanted)) {
        let _ = writeln!(text, "  - relation-id: {}", relation.id);
        let _ = writeln!(text, "    endpoint: {}", relation.endpoint(&application));
        let _ = writeln!(text, "    application-data:");
        for (key, value) in relation.other_app(&application) {
            let _ = writeln!(text, "      {key}: {value}");
        }
    }
    Ok(text)
}

/// Juju waits for ever for an application or unit that does not become active.
pub fn wait(player: &mut Player<'_>, command: &Command) -> Printed {
    let [kind, name] = command.arguments.as_slice() else { return Err("not enough arguments".to_owned()) };
    let world = player.world()?;
    let units = match kind.as_str() {
        "application" => world.units(&world.known(name)?.name),
        "unit" => vec![world.unit(name)?],
        "model" => world.stage.model().units.keys().cloned().collect(),
        _ => return Err(format!("unrecognized command: juju wait-for {kind}")),
    };
    for unit in units {
        let status = world.stage.unit(&unit).status();
        let is_played = world.is_own(names::application_of(&unit));
        if is_played && status.status != StatusKind::Active && command.option(&["query"]).is_none() {
            return Err(format!("{unit} never becomes active: {status}"));
        }
    }
    Ok(String::new())
}
