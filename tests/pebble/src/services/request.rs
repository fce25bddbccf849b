//! What clients ask of services: start, stop, restart, autostart, replan, and signals.

use crate::{
    changes::{Status, Work, runner},
    checks,
    daemon::{Daemon, World},
    plan::{Plan, PlanError, order, order::Direction},
    processes::signals,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::Phase;

/// Services in lanes.
type Lanes = Vec<Vec<String>>;

/// What to stop, then what to start.
#[derive(Debug, Default)]
struct Steps {
    stop: Option<Lanes>,
    start: Option<Lanes>,
}

/// An action of `POST /v1/services`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Those named, and what they require.
    Start,
    /// Those named, and what requires them.
    Stop,
    /// Those named are stopped; they and what they require are started.
    Restart,
    /// All that are enabled.
    Autostart,
    /// What changed, and all that are enabled.
    Replan,
}

impl Action {
    /// The action that a word names.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "start" => Some(Self::Start),
            "stop" => Some(Self::Stop),
            "restart" => Some(Self::Restart),
            "autostart" => Some(Self::Autostart),
            "replan" => Some(Self::Replan),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Autostart => "autostart",
            Self::Replan => "replan",
        }
    }
}

/// The enabled services, in their order.
///
/// # Errors
/// They wait for each other.
pub fn enabled(plan: &Plan) -> Result<Vec<String>, PlanError> {
    let names: Vec<_> =
        plan.services.values().filter(|service| service.is_enabled()).map(|service| service.name.clone()).collect();
    Ok(order::lanes(&plan.services, &names, Direction::Start)?.concat())
}

/// Makes a change for an action, and gives its number.
///
/// # Errors
/// A service does not exist, or services wait for each other.
pub fn request(daemon: &Arc<Daemon>, action: Action, named: Vec<String>) -> Result<u64, PlanError> {
    let mut world = daemon.world();
    let plan = Arc::clone(&world.plan);
    let steps = steps(&mut world, &plan, action, &named)?;
    let affected = affected(action, &steps);
    let named = if action == Action::Replan { affected.clone() } else { named };
    let tasks = tasks(daemon, &mut world, steps);
    if action == Action::Replan {
        checks::request::replan(daemon, &mut world);
    }
    let title = title(action.word());
    let first = named.first().cloned().unwrap_or_default();
    if tasks.is_empty() {
        let summary = format!("{title} - no services");
        let change = world.state.spawn_change(daemon.clock, action.word(), &summary, tasks, BTreeMap::new());
        world.state.force_status(daemon.clock, change, Status::Done);
        return Ok(change);
    }
    let summary = match affected.len() {
        1 => format!("{title} service {first:?}"),
        count => format!("{title} service {first:?} and {} more", count - 1),
    };
    let change = world.state.spawn_change(daemon.clock, action.word(), &summary, tasks, BTreeMap::new());
    if let Some(change) = world.state.changes.changes.get_mut(&change) {
        change.services = Some(named);
    }
    drop(world);
    runner::ensure(daemon);
    Ok(change)
}

/// Makes a change that stops all that runs; `None` if nothing does.
pub fn stop_all(daemon: &Arc<Daemon>) -> Option<u64> {
    let mut world = daemon.world();
    let plan = Arc::clone(&world.plan);
    let names: Vec<_> = plan.services.keys().cloned().collect();
    let mut lanes = order::lanes(&plan.services, &names, Direction::Stop).ok()?;
    for lane in &mut lanes {
        lane.retain(|name| {
            let phase = world.services.by_name.get(name).map(|service| service.phase);
            matches!(phase, Some(Phase::Starting | Phase::Running | Phase::Backoff))
        });
    }
    let tasks = tasks(daemon, &mut world, Steps { stop: Some(lanes), start: None });
    if tasks.is_empty() {
        return None;
    }
    let change = world.state.spawn_change(daemon.clock, "stop", "Stop all running services", tasks, BTreeMap::new());
    drop(world);
    runner::ensure(daemon);
    Some(change)
}

/// Sends a signal to the processes of services.
///
/// # Errors
/// What is wrong with each service that does not get it.
pub fn signal(daemon: &Daemon, signal: &str, names: &[String]) -> Result<(), String> {
    let world = daemon.world();
    let send = |name: &String| {
        let service = world.services.by_name.get(name);
        let running = service.filter(|service| matches!(service.phase, Phase::Starting | Phase::Running));
        let service = running.ok_or_else(|| "service is not running".to_owned())?;
        let signal = signals::by_name(signal).ok_or_else(|| format!("invalid signal name {signal:?}"))?;
        daemon.machine.signal(service.pid, signal).map_err(|error| error.desc().to_lowercase())
    };
    let errors: Vec<_> = names
        .iter()
        .filter_map(|name| send(name).err().map(|error| format!("cannot send signal to {name:?}: {error}")))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}

fn steps(world: &mut World, plan: &Plan, action: Action, named: &[String]) -> Result<Steps, PlanError> {
    let start = |names: &[String]| order::lanes(&plan.services, names, Direction::Start).map(Some);
    let stop = |names: &[String]| order::lanes(&plan.services, names, Direction::Stop).map(Some);
    match action {
        Action::Start | Action::Autostart => Ok(Steps { stop: None, start: start(named)? }),
        Action::Stop => Ok(Steps { stop: stop(named)?, start: None }),
        Action::Restart => {
            let mut named_lanes = stop(named)?;
            for lane in named_lanes.iter_mut().flatten() {
                lane.retain(|name| named.contains(name));
            }
            Ok(Steps { stop: named_lanes, start: start(named)? })
        }
        Action::Replan => {
            let changed = take_new_plans(world, plan);
            let starting =
                plan.services.values().filter(|service| changed.contains(&service.name) || service.is_enabled());
            let starting: Vec<_> = starting.map(|service| service.name.clone()).collect();
            Ok(Steps { stop: stop(&changed)?, start: start(&starting)? })
        }
    }
}

/// Gives each service that was ever started its definition of now; answers which changed.
fn take_new_plans(world: &mut World, plan: &Plan) -> Vec<String> {
    let mut changed = Vec::new();
    for (name, service) in &mut world.services.by_name {
        if let Some(config) = plan.services.get(name).filter(|config| **config != service.plan) {
            service.plan = config.clone();
            changed.push(name.clone());
        }
    }
    changed
}

/// The services that a summary counts.
fn affected(action: Action, steps: &Steps) -> Vec<String> {
    let all = |lanes: &Option<Lanes>| lanes.iter().flatten().flatten().cloned().collect::<Vec<_>>();
    match action {
        Action::Replan => {
            all(&steps.stop).into_iter().chain(all(&steps.start)).collect::<BTreeSet<_>>().into_iter().collect()
        }
        Action::Stop => all(&steps.stop),
        _ => all(&steps.start),
    }
}

/// Tasks in lanes, each waiting for the one before; every start waits for every stop.
fn tasks(daemon: &Daemon, world: &mut World, steps: Steps) -> Vec<u64> {
    let earlier = chains(daemon, world, steps.stop, |service| Work::Stop { service }, "Stop");
    let later = chains(daemon, world, steps.start, |service| Work::Start { service, tried: false }, "Start");
    for start in &later {
        for stop in &earlier {
            world.state.changes.make_wait(*start, *stop);
        }
    }
    earlier.into_iter().chain(later).collect()
}

fn chains(daemon: &Daemon, world: &mut World, lanes: Option<Lanes>, work: fn(String) -> Work, verb: &str) -> Vec<u64> {
    let changes = &mut world.state.changes;
    let mut tasks = Vec::new();
    for names in lanes.into_iter().flatten() {
        let lane = changes.new_lane();
        let mut last = None;
        for name in names {
            let task = changes.new_task(daemon.clock, work(name.clone()), format!("{verb} service {name:?}"));
            if let Some(task) = changes.tasks.get_mut(&task) {
                task.lanes.push(lane);
            }
            if let Some(last) = last.replace(task) {
                changes.make_wait(task, last);
            }
            tasks.push(task);
        }
    }
    tasks
}

fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().to_string() + letters.as_str())
}
