//! Secrets of the operator.

use super::{Printed, lines};
use crate::{grammar::Command, player::Player, world::refusal};

/// The shortest key that Juju takes.
const SHORTEST: usize = 3;

/// The content that a command gives, as Juju takes it.
fn content(settings: &[String]) -> Result<Vec<(&str, &str)>, String> {
    let pair = |setting: &String| -> Result<(String, String), String> {
        let (key, value) = setting.split_once('=').ok_or_else(|| format!("expected \"key=value\", got {setting:?}"))?;
        let is_valid = key.len() >= SHORTEST
            && key.starts_with(|c: char| c.is_ascii_lowercase())
            && key.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if is_valid { Ok((key.to_owned(), value.to_owned())) } else { Err(format!("key {key:?} not valid")) }
    };
    settings.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    Ok(settings.iter().filter_map(|setting| setting.split_once('=')).collect())
}

pub fn add(player: &mut Player<'_>, command: &Command) -> Printed {
    let [name, settings @ ..] = command.arguments.as_slice() else { return Err("missing secret name".to_owned()) };
    let (world, content) = (player.world()?, content(settings)?);
    if world.secret(name).is_ok() {
        return Err(format!("secret with name {name:?} already exists"));
    }
    if content.is_empty() {
        return Err("missing secret value or filename".to_owned());
    }
    let uri = world.stage.add_secret(&content);
    world.secrets.push((name.clone(), uri.clone()));
    Ok(uri)
}

pub fn update(player: &mut Player<'_>, command: &Command) -> Printed {
    let [name, settings @ ..] = command.arguments.as_slice() else { return Err("missing secret URI".to_owned()) };
    let (world, content) = (player.world()?, content(settings)?);
    let uri = world.secret(name)?;
    world.stage.secret(&uri).update(&content).map_err(|error| refusal(&error))?;
    Ok(String::new())
}

pub fn grant(player: &mut Player<'_>, command: &Command) -> Printed {
    let [name, applications] = command.arguments.as_slice() else { return Err("missing application name".to_owned()) };
    let world = player.world()?;
    let uri = world.secret(name)?;
    for application in applications.split(',') {
        world
            .stage
            .application(application)
            .and_then(|mut acts| acts.grant_secret(&uri))
            .map_err(|error| refusal(&error))?;
    }
    Ok(String::new())
}

pub fn revoke(player: &mut Player<'_>, command: &Command) -> Printed {
    let [name, application] = command.arguments.as_slice() else { return Err("missing application name".to_owned()) };
    let world = player.world()?;
    world.known(application)?;
    let uri = world.secret(name)?;
    world.stage.secret(&uri).revoke().map_err(|error| refusal(&error))?;
    Ok(String::new())
}

pub fn remove(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    let world = player.world()?;
    let uri = world.secret(&name)?;
    world.stage.secret(&uri).remove();
    world.secrets.retain(|(_, known)| *known != uri);
    player.settle()?;
    Ok(String::new())
}

pub fn show(player: &mut Player<'_>, command: &Command) -> Printed {
    let name = command.arguments.first().cloned().unwrap_or_default();
    player.world()?.secret(&name)
}

pub fn list(player: &mut Player<'_>, _command: &Command) -> Printed {
    let secrets = &player.world()?.secrets;
    Ok(lines(secrets.iter().map(|(name, uri)| format!("{}  {name}", uri.trim_start_matches("secret:")))))
}
