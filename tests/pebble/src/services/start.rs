//! The start task of a service.

use super::{OKAY_DELAY, Phase, Service, launch};
use crate::{
    changes::{
        Outcome, Severity, Work,
        runner::{Ending, ended},
    },
    daemon::{Daemon, World},
};
use nix::sys::signal::Signal;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Lines of output that the log of a failed start shows.
const SHOWN_LINES: usize = 20;

/// Starts a service and waits until its first second is over.
pub async fn run(daemon: &Arc<Daemon>, task: u64, name: &str, tried: bool, mut ending: Ending) -> Outcome {
    if tried {
        return Outcome::failed("service already started, not retrying");
    }
    let started = match begin(daemon, task, name) {
        Ok(Some(started)) => started,
        Ok(None) => return Outcome::done(),
        Err(error) => return Outcome::failed(error),
    };
    tokio::select! {
        result = started => match result.unwrap_or(Ok(())) {
            Ok(()) => Outcome::done(),
            Err(error) => {
                show_output(daemon, task, name);
                Outcome::failed(format!("service start attempt: {error}"))
            }
        },
        () = ended(&mut ending) => Outcome::failed(kill(daemon, name)),
    }
}

/// Starts the process with the plan of now; `None` if it runs already.
fn begin(daemon: &Arc<Daemon>, task: u64, name: &str) -> Result<Option<oneshot::Receiver<Result<(), String>>>, String> {
    let (mut world, clock) = (daemon.world(), daemon.clock);
    let plan = Arc::clone(&world.plan);
    let config = plan.services.get(name).ok_or_else(|| format!("cannot find service {name:?} in plan"))?;
    let service = world.services.by_name.entry(name.to_owned()).or_insert_with(|| Service::new(config.clone()));
    let is_new = service.launches == 0 && service.phase == Phase::Initial;
    service.plan = config.clone();
    match service.phase {
        Phase::Starting | Phase::Running => {
            world.note(clock, task, Severity::Info, &format!("Service {name:?} already started."));
            return Ok(None);
        }
        Phase::Terminating | Phase::Killing => {
            return Err(format!("cannot start service while {}", service.phase.word()));
        }
        Phase::Backoff | Phase::Stopped | Phase::Exited if !is_new => {
            service.backoff = None;
            service.enter(clock, Phase::Initial);
        }
        _ => {}
    }
    remember_try(&mut world, task);
    if let Err(error) = launch::launch(daemon, &mut world, name) {
        if let Some(service) = world.services.by_name.get_mut(name) {
            service.enter(clock, Phase::Stopped);
        }
        return Err(error);
    }
    Ok(await_okay(daemon, &mut world, name))
}

/// A Pebble that finds this task after a restart does not start the service once more.
fn remember_try(world: &mut World, task: u64) {
    if let Some(task) = world.state.changes.tasks.get_mut(&task)
        && let Work::Start { tried, .. } = &mut task.work
    {
        *tried = true;
        world.state.is_modified = true;
    }
}

fn await_okay(daemon: &Arc<Daemon>, world: &mut World, name: &str) -> Option<oneshot::Receiver<Result<(), String>>> {
    let service = world.services.by_name.get_mut(name)?;
    let (sender, started) = oneshot::channel();
    service.started = Some(sender);
    service.enter(daemon.clock, Phase::Starting);
    let (daemon, name, generation) = (Arc::clone(daemon), name.to_owned(), service.generation);
    tokio::spawn(async move {
        daemon.clock.sleep(OKAY_DELAY).await;
        if let Some(service) = daemon.world().services.by_name.get_mut(&name)
            && service.generation == generation
        {
            service.enter(daemon.clock, Phase::Running);
            service.tell_started(Ok(()));
        }
    });
    Some(started)
}

fn show_output(daemon: &Daemon, task: u64, name: &str) {
    let mut world = daemon.world();
    let Some(service) = world.services.by_name.get(name) else { return };
    let text = format!("Most recent service output:\n{}", service.logs.last_lines(SHOWN_LINES, "    "));
    world.note(daemon.clock, task, Severity::Info, &text);
}

fn kill(daemon: &Daemon, name: &str) -> String {
    let mut world = daemon.world();
    let Some(service) = world.services.by_name.get_mut(name) else { return "start aborted".to_owned() };
    service.enter(daemon.clock, Phase::Stopped);
    match daemon.machine.signal_group(service.pid, Signal::SIGKILL) {
        Ok(()) => "start aborted, sent SIGKILL to process".to_owned(),
        Err(error) => {
            format!("start aborted, but cannot send SIGKILL to process: {}", error.desc().to_lowercase())
        }
    }
}
