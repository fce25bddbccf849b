//! Programs in the workload's container.

use std::{path::Path, time::Duration};

use discourse_k8s::pebble::{ExecRequest, Pebble};
use serde_json::Value;
use stage::model::names;

use super::{Printed, lines};
use crate::{grammar::Command, player::Player, world::World};

/// How long a program may take.
const LIMIT: Duration = Duration::from_mins(1);

/// A program that `juju ssh` runs.
struct Program {
    words: Vec<String>,
    /// The service whose environment, user and folder it has.
    context: Option<String>,
}

pub fn ssh(player: &mut Player<'_>, command: &Command) -> Printed {
    let [unit, words @ ..] = command.arguments.as_slice() else { return Err("no target name specified".to_owned()) };
    let container = command.option(&["container"]).unwrap_or("charm").to_owned();
    let world = player.world()?;
    let unit = world.unit(unit)?;
    if !world.is_own(names::application_of(&unit)) || container == "charm" {
        return Ok(String::new());
    }
    let pod = world.stage.pod(unit.as_str()).ok_or_else(|| format!("{unit} has no pod"))?;
    if !pod.containers().any(|known| known == container) {
        return Err(format!("container {container:?} must be one of charm, discourse"));
    }
    let printed = match words {
        [] => Ok(String::new()),
        [pebble, rest @ ..] if pebble == "pebble" || pebble.ends_with("/pebble") => {
            ask_pebble(world, &unit, &container, rest)
        }
        words => run(world, &unit, &container, Program { words: words.to_vec(), context: None }),
    };
    player.settle()?;
    printed
}

/// `pebble` with its own subcommand.
fn ask_pebble(world: &World, unit: &str, container: &str, words: &[String]) -> Printed {
    let [subcommand, rest @ ..] = words else { return Err("pebble does nothing without a command".to_owned()) };
    let read = |path: &str| world.stage.pod(unit).and_then(|pod| pod.read(container, path));
    match subcommand.as_str() {
        "services" | "restart" | "start" | "stop" => named(read("/v1/services"), "current", rest),
        "checks" | "health" => named(read("/v1/checks"), "status", rest),
        "logs" => {
            named(read("/v1/services"), "current", rest)?;
            Ok(world.stage.pod(unit).map(|pod| pod.log(container)).unwrap_or_default())
        }
        "plan" => {
            Ok(read("/v1/plan?format=yaml").and_then(|plan| plan.as_str().map(str::to_owned)).unwrap_or_default())
        }
        "changes" | "notices" | "version" => Ok(String::new()),
        "exec" => run(world, unit, container, program(rest)?),
        other => Err(format!("unknown command {other:?}, see 'pebble help'.")),
    }
}

/// The services or checks that words name, one per line, or all; each must be there.
fn named(list: Option<Value>, state: &str, words: &[String]) -> Printed {
    let list = list.and_then(|list| list.as_array().cloned()).unwrap_or_default();
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let rows: Vec<[String; 3]> =
        list.iter().map(|item| ["name", "startup", state].map(|key| text(item, key))).collect();
    let mut wanted = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-n" => drop(words.next()),
            option if option.starts_with('-') => {}
            name if rows.iter().any(|[known, ..]| known == name) => wanted.push(name),
            name => return Err(format!("{name:?} does not exist")),
        }
    }
    let shown = rows.iter().filter(|[name, ..]| wanted.is_empty() || wanted.contains(&name.as_str()));
    Ok(lines(shown.map(|row| row.join("  "))))
}

fn program(words: &[String]) -> Result<Program, String> {
    let mut context = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.split_once('=') {
            Some(("--context", service)) => context = Some(service.to_owned()),
            None if word == "--context" => context = words.next().cloned(),
            None if word == "--" => return Ok(Program { words: words.cloned().collect(), context }),
            _ if word.starts_with('-') => {}
            _ => return Ok(Program { words: std::iter::once(word).chain(words).cloned().collect(), context }),
        }
    }
    Err("pebble exec needs a command".to_owned())
}

fn run(world: &World, unit: &str, container: &str, program: Program) -> Printed {
    let pod = world.stage.pod(unit).ok_or_else(|| format!("{unit} has no pod"))?;
    let socket = pod.container_dir().join("containers").join(container).join("pebble.socket");
    let working_dir = program.context.is_none().then(|| "/".to_owned());
    let request = ExecRequest {
        command: program.words.clone(),
        service_context: program.context,
        working_dir,
        timeout: LIMIT,
        ..ExecRequest::default()
    };
    let ended = ask(&socket, &request)?;
    let [output, complaint] = [&ended.stdout, &ended.stderr].map(|output| output.last_lines().to_owned());
    match ended.exit_code {
        Some(0) => Ok(output),
        code => Err(format!("{} ends with {code:?}: {output}{complaint}", program.words.join(" "))),
    }
}

fn ask(socket: &Path, request: &ExecRequest) -> Result<discourse_k8s::pebble::ExecResult, String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(Pebble::new(socket).exec(request)).map_err(|error| error.to_string())
}
