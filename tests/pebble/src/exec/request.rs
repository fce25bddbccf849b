//! A request to run a command.

use super::{Execution, Setup};
use crate::{
    changes::{Work, runner},
    daemon::Daemon,
    duration, errno,
    plan::context::{Account, Context},
    processes::{account, lookup, spawn},
    server::body::{Body, BodyError},
};
use nix::unistd::getuid;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, io, sync::Arc};
use thiserror::Error;

/// Why a command is not run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExecError {
    /// The request is invalid.
    #[error("{0}")]
    Request(String),
    /// The command cannot be set up.
    #[error("cannot call exec: {0}")]
    Setup(String),
}

impl From<BodyError> for ExecError {
    fn from(error: BodyError) -> Self {
        Self::Request(format!("cannot decode request body: {error}"))
    }
}

/// Makes a change for a command; gives its number, and what the client needs to know.
///
/// # Errors
/// Why it is not run.
pub fn request(daemon: &Arc<Daemon>, body: &Body) -> Result<(u64, Value), ExecError> {
    let setup = setup(daemon, body)?;
    let (mut world, clock) = (daemon.world(), daemon.clock);
    let summary = format!("Execute command {:?}", setup.words.first().map(String::as_str).unwrap_or_default());
    let task = world.state.changes.new_task(clock, Work::Exec, summary.clone());
    let change = world.state.spawn_change(clock, "exec", &summary, vec![task], BTreeMap::new());
    let result = json!({
        "environment": setup.environment,
        "task-id": task.to_string(),
        "working-dir": setup.working_dir,
    });
    world.executions.insert(task, Execution::new(setup));
    drop(world);
    runner::ensure(daemon);
    Ok((change, result))
}

fn setup(daemon: &Daemon, body: &Body) -> Result<Setup, ExecError> {
    let refuse = |text: String| ExecError::Request(text);
    let words = body.texts("command")?;
    let context = Context {
        environment: body.map("environment")?,
        account: Account {
            user_id: body.number("user-id")?,
            user: body.text("user")?,
            group_id: body.number("group-id")?,
            group: body.text("group")?,
        },
        working_dir: body.text("working-dir")?,
    };
    let (service, timeout) = (body.text("service-context")?, body.text("timeout")?);
    let (is_terminal, is_interactive) = (body.flag("terminal")?, body.flag("interactive")?);
    let splits_stderr = body.flag("split-stderr")?;
    let program = words.first().ok_or_else(|| refuse("must specify command".to_owned()))?;
    let timeout = if timeout.is_empty() { None } else { Some(duration::parse(&timeout)) }
        .transpose()
        .map_err(|error| refuse(format!("invalid timeout: {error}")))?;
    lookup::find(program).ok_or_else(|| refuse(format!("cannot find executable {program:?}")))?;
    let plan = Arc::clone(&daemon.world().plan);
    let context = context.over_service(&plan, &service).map_err(refuse)?;
    let owner = account::resolve(&context.account).map_err(|error| refuse(error.to_string()))?;
    if is_interactive && !is_terminal {
        return Err(ExecError::Setup("cannot use interactive mode without a terminal".to_owned()));
    }
    if is_terminal {
        return Err(ExecError::Setup("terminals are not supported by this stand-in".to_owned()));
    }
    let environment = environment(context.environment.unwrap_or_default(), owner.map(|owner| owner.uid));
    let working_dir = working_dir(&context.working_dir, environment.get("HOME"))?;
    let timeout = timeout.filter(|timeout| !timeout.is_zero());
    Ok(Setup { words, environment, working_dir, owner, timeout, splits_stderr })
}

/// Pebble's environment, the request's over it, and what every command needs.
fn environment(own: BTreeMap<String, String>, uid: Option<u32>) -> BTreeMap<String, String> {
    const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let mut environment = spawn::own_environment();
    if uid.is_some_and(|uid| uid != getuid().as_raw()) {
        environment.remove("HOME");
        environment.remove("USER");
    }
    environment.extend(own);
    environment.entry("PATH".to_owned()).or_insert_with(|| DEFAULT_PATH.to_owned());
    let found = account::name_and_home(uid.unwrap_or_else(|| getuid().as_raw()));
    if let Some((user, home)) = found {
        for (name, value) in [("HOME", home), ("USER", user)] {
            let entry = environment.entry(name.to_owned()).or_default();
            if entry.is_empty() {
                *entry = value;
            }
        }
    }
    environment.entry("LANG".to_owned()).or_insert_with(|| "C.UTF-8".to_owned());
    environment
}

/// The directory that was asked for, else the home directory; it must be there.
fn working_dir(asked: &str, home: Option<&String>) -> Result<String, ExecError> {
    let (noun, dir) = match home {
        _ if !asked.is_empty() => ("working directory", asked),
        Some(home) if !home.is_empty() => ("home directory", home.as_str()),
        _ => return Ok("/".to_owned()),
    };
    let cause = match fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => return Ok(dir.to_owned()),
        Ok(_) => format!("{noun} {dir:?} not a directory"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => format!("{noun} {dir:?} does not exist"),
        Err(error) => format!("cannot stat {noun} {dir:?}: {}", errno::on_path("stat", dir, &error)),
    };
    Err(ExecError::Setup(cause))
}
