//! Actions, and programs in the charm's container.

use serde_json::{Map, Value};
use stage::{ActionRun, ActionStatus, Stage, model::names};

use super::{Printed, applications::given, lines};
use crate::{grammar::Command, player::Player, results, world::refusal};

pub fn run(player: &mut Player<'_>, command: &Command) -> Printed {
    let [unit, action, given @ ..] = command.arguments.as_slice() else { return Err("no action specified".to_owned()) };
    let parameters = parameters(given)?;
    let world = player.world()?;
    let unit = world.unit(unit)?;
    let application = names::application_of(&unit).to_owned();
    if let Some(other) = world.others.get_mut(&application) {
        let complete = stage::agent::parameters::complete(world.stage.model(), &unit, action, parameters.into());
        other.done.insert(action.clone(), complete.map_err(|refusal| refusal.to_string())?);
        return Ok(String::new());
    }
    player.settle()?;
    let world = player.world()?;
    let ended = world.stage.run(&unit, action, parameters.into()).map_err(|error| refusal(&error))?;
    let printed = printed(&world.stage, &ended);
    let texts =
        ended.results.iter().filter_map(|(key, value)| value.as_str().map(|text| (key.clone(), text.to_owned())));
    player.results.extend(texts);
    player.settle()?;
    printed
}

/// Values are YAML, as Juju reads them.
fn parameters(given: &[String]) -> Result<Map<String, Value>, String> {
    let pair = |setting: &String| {
        let (name, value) =
            setting.split_once('=').ok_or_else(|| format!("argument {setting:?} must be of the form key...=value"))?;
        let value = serde_yaml::from_str(value).map_err(|error| format!("{name}: {error}"))?;
        Ok((name.to_owned(), value))
    };
    given.iter().map(pair).collect()
}

/// What Juju prints once it is done.
fn printed(stage: &Stage, ended: &ActionRun) -> Printed {
    let number = stage.model().actions.keys().next_back().copied().unwrap_or_default();
    match ended.status {
        ActionStatus::Completed => Ok(results::text(&ended.results)),
        ActionStatus::Failed => Err(format!("Action id {number} failed: {}", ended.message)),
        _ => Err(ended.message.clone()),
    }
}

pub fn exec(player: &mut Player<'_>, command: &Command) -> Printed {
    let program: Vec<&str> = command.arguments.iter().map(String::as_str).collect();
    if program.is_empty() {
        return Err("no commands specified".to_owned());
    }
    let world = player.world()?;
    let mut units = Vec::new();
    for (option, value) in &command.options {
        match option.as_str() {
            "u" | "unit" => units.push(world.unit(value)?),
            "a" | "application" => units.extend(world.units(&world.known(value)?.name)),
            "all" => units.extend(world.stage.model().units.keys().cloned()),
            _ => {}
        }
    }
    let mut output = String::new();
    for unit in units {
        let ended = world.stage.exec(&unit, &program).map_err(|error| refusal(&error))?;
        let text = |key: &str| ended.results.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        if ended.results.get("return-code").and_then(Value::as_i64) != Some(0) {
            return Err(format!("the following task failed: {}{}", text("stdout"), text("stderr")));
        }
        output.push_str(&text("stdout"));
    }
    player.settle()?;
    Ok(output)
}

pub fn operations(player: &mut Player<'_>, command: &Command) -> Printed {
    let world = player.world()?;
    for application in given(command, "applications").flat_map(|list| list.split(',')) {
        world.known(application)?;
    }
    let actions = world.stage.model().actions.iter();
    Ok(lines(actions.map(|(id, action)| format!("{id}  {}  {}", action.name, action.unit))))
}

pub fn show(player: &mut Player<'_>, command: &Command) -> Printed {
    let number = command.arguments.first().and_then(|number| number.parse().ok()).unwrap_or_default();
    let action = player.world()?.stage.model().actions.get(&number).cloned();
    let action = action.ok_or_else(|| format!("operation {number} not found"))?;
    Ok(results::text(&action.results))
}
