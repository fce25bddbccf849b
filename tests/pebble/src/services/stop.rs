//! The stop task of a service: SIGTERM to its group, SIGKILL when its grace is over.

use super::{FAIL_DELAY, OKAY_DELAY, Phase, Service, backoff};
use crate::{
    changes::{Outcome, Severity},
    daemon::Daemon,
    duration,
};
use nix::sys::signal::Signal;
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// Stops a service and waits until it is gone.
pub async fn run(daemon: &Arc<Daemon>, task: u64, name: &str) -> Outcome {
    match begin(daemon, task, name) {
        None => Outcome::done(),
        Some(stopped) => match stopped.await.unwrap_or(Ok(())) {
            Ok(()) => Outcome::done(),
            Err(error) => Outcome::failed(format!("cannot stop service: {error}")),
        },
    }
}

/// `None` if there is nothing to wait for.
fn begin(daemon: &Arc<Daemon>, task: u64, name: &str) -> Option<oneshot::Receiver<Result<(), String>>> {
    let (mut world, clock) = (daemon.world(), daemon.clock);
    let Some(service) = world.services.by_name.get_mut(name) else {
        world.note(clock, task, Severity::Info, &format!("Service {name:?} has never been started."));
        return None;
    };
    let why_not = match service.phase {
        Phase::Terminating | Phase::Killing => "already stopping.",
        Phase::Stopped => "already stopped.",
        Phase::Exited => "had already exited.",
        Phase::Backoff | Phase::Initial => {
            service.enter(clock, Phase::Stopped);
            return None;
        }
        Phase::Starting | Phase::Running => {
            let (sender, stopped) = oneshot::channel();
            service.tell_started(Err(format!("stopped before the {} okay delay", duration::format(OKAY_DELAY))));
            service.stopped = Some(sender);
            terminate(daemon, service, false);
            return Some(stopped);
        }
    };
    if service.phase == Phase::Exited {
        service.enter(clock, Phase::Stopped);
    }
    world.note(clock, task, Severity::Info, &format!("Service {name:?} {why_not}"));
    None
}

/// Asks a service to end, and forces it later.
pub(super) fn terminate(daemon: &Arc<Daemon>, service: &mut Service, is_restarting: bool) {
    let _ = daemon.machine.signal_group(service.pid, Signal::SIGTERM);
    service.enter(daemon.clock, Phase::Terminating);
    service.is_restarting = is_restarting;
    after(daemon, service, service.plan.grace(), |daemon, service| {
        let _ = daemon.machine.signal_group(service.pid, Signal::SIGKILL);
        let is_restarting = service.is_restarting;
        service.enter(daemon.clock, Phase::Killing);
        service.is_restarting = is_restarting;
        after(daemon, service, FAIL_DELAY, |daemon, service| {
            service.enter(daemon.clock, Phase::Stopped);
            service.tell_stopped(Err("process still running after SIGTERM and SIGKILL".to_owned()));
        });
    });
}

/// Does something after a while, unless the service has entered another phase.
pub(super) fn after(
    daemon: &Arc<Daemon>,
    service: &Service,
    delay: Duration,
    act: impl FnOnce(&Arc<Daemon>, &mut Service) + Send + 'static,
) {
    let (daemon, name, generation) = (Arc::clone(daemon), service.plan.name.clone(), service.generation);
    tokio::spawn(async move {
        daemon.clock.sleep(delay).await;
        if let Some(service) = daemon.world().services.by_name.get_mut(&name)
            && service.generation == generation
        {
            act(&daemon, service);
        }
    });
}

/// A check went down: does what services say about it.
pub fn check_failed(daemon: &Arc<Daemon>, services: &mut super::Services, check: &str) {
    for service in services.by_name.values_mut() {
        let action = service.plan.on_check_failure.as_ref().and_then(|actions| actions.get(check)).cloned();
        if let Some(action) = action
            && matches!(service.phase, Phase::Running | Phase::Backoff | Phase::Exited)
        {
            backoff::act_on_check(daemon, service, &action);
        }
    }
}
