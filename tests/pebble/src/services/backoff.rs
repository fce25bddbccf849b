//! Restarts after a while that grows, and the end of Pebble where a service asks for it.

use super::{Phase, Service, launch, stop};
use crate::{
    daemon::{Daemon, Ending},
    duration,
    plan::Action,
};
use std::{sync::Arc, time::Duration};

/// Lets a service wait before it starts again.
pub(super) fn wait(daemon: &Arc<Daemon>, service: &mut Service) {
    let delay = next(&service.plan, service.backoff);
    service.backoff = Some(delay);
    service.enter(daemon.clock, Phase::Backoff);
    daemon.log(&format!("Service {:?} waiting ~{} before restart", service.plan.name, duration::format(delay)));
    let (daemon, name, generation) = (Arc::clone(daemon), service.plan.name.clone(), service.generation);
    tokio::spawn(async move {
        daemon.clock.sleep(delay + jitter(&daemon, delay)).await;
        let mut world = daemon.world();
        if world.services.by_name.get(&name).is_none_or(|service| service.generation != generation) {
            return;
        }
        match launch::launch(&daemon, &mut world, &name) {
            Ok(()) => {
                if let Some(service) = world.services.by_name.get_mut(&name) {
                    service.enter(daemon.clock, Phase::Running);
                }
            }
            Err(error) => daemon.log(&error),
        }
    });
}

/// What a service wants when its check goes down.
pub(super) fn act_on_check(daemon: &Arc<Daemon>, service: &mut Service, action: &Action) {
    match (action, service.phase) {
        (Action::Shutdown, _) => daemon.end(Ending::CheckFailure),
        (Action::SuccessShutdown, _) => daemon.end(Ending::Success),
        (Action::Restart | Action::Unset, Phase::Running) => stop::terminate(daemon, service, true),
        (Action::Restart | Action::Unset, Phase::Exited) => wait(daemon, service),
        _ => {}
    }
}

/// The first wait, then each one longer by the factor, up to the limit.
fn next(plan: &crate::plan::Service, last: Option<Duration>) -> Duration {
    match last {
        None => plan.first_backoff(),
        Some(last) if last >= plan.longest_backoff() => plan.longest_backoff(),
        Some(last) => {
            let longer = last.as_secs_f64() * plan.backoff_factor.unwrap_or(2.0);
            Duration::try_from_secs_f64(longer).unwrap_or(Duration::MAX).min(plan.longest_backoff())
        }
    }
}

/// Up to a tenth of a wait, so that services do not restart in step.
fn jitter(daemon: &Daemon, delay: Duration) -> Duration {
    let nanos = daemon.clock.wall().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    delay.mul_f64(f64::from(nanos % 1000) / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::next;
    use crate::plan::Service;
    use std::time::Duration;

    #[test]
    fn waits_grow_by_the_factor_up_to_the_limit() {
        let millis = Duration::from_millis;
        let plan =
            Service { backoff_delay: Some(millis(300)), backoff_limit: Some(millis(2000)), ..Service::default() };
        let waits = std::iter::successors(Some(next(&plan, None)), |last| Some(next(&plan, Some(*last))));
        assert_eq!(waits.take(5).collect::<Vec<_>>(), [300, 600, 1200, 2000, 2000].map(millis));
    }
}
