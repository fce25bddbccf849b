//! What happens when the process of a service has ended.

use super::{Phase, Service, backoff};
use crate::{
    daemon::{Daemon, Ending},
    plan::Action,
};
use std::sync::Arc;

/// Reacts to the end of a service's process.
pub fn handle(daemon: &Arc<Daemon>, name: &str, launch: u64, code: i32) {
    let mut world = daemon.world();
    let Some(service) = world.services.by_name.get_mut(name).filter(|service| service.launches == launch) else {
        return;
    };
    match service.phase {
        Phase::Starting => {
            let action = service.plan.action_at_end(code == 0);
            service.tell_started(Err(format!("exited quickly with code {code}, will {action}")));
            act(daemon, service, code);
        }
        Phase::Running => act(daemon, service, code),
        Phase::Terminating | Phase::Killing if service.is_restarting => backoff::wait(daemon, service),
        Phase::Terminating | Phase::Killing => {
            service.enter(daemon.clock, Phase::Stopped);
            service.tell_stopped(Ok(()));
        }
        _ => {}
    }
}

/// An end without a stop request.
fn act(daemon: &Arc<Daemon>, service: &mut Service, code: i32) {
    daemon.log(&format!("Service {:?} stopped unexpectedly with code {code}", service.plan.name));
    let ending = match service.plan.action_at_end(code == 0) {
        Action::Ignore => {
            service.enter(daemon.clock, if code == 0 { Phase::Stopped } else { Phase::Exited });
            return;
        }
        Action::Shutdown if code != 0 => Ending::ServiceFailure,
        Action::FailureShutdown => Ending::ServiceFailure,
        Action::Shutdown | Action::SuccessShutdown => Ending::Success,
        Action::Restart | Action::Unset | Action::Unknown(_) => {
            backoff::wait(daemon, service);
            return;
        }
    };
    service.enter(daemon.clock, Phase::Exited);
    daemon.end(ending);
}
