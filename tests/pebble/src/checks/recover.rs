//! The task of a check that is down.

use super::{
    details::Details,
    perform::begin,
    probe::{self, Failure},
    refresh::Turn,
};
use crate::{
    changes::{
        Outcome, Severity, Work,
        runner::{Ending, ended},
    },
    daemon::Daemon,
};
use std::sync::Arc;

/// Runs a check once per period until it succeeds.
pub async fn run(daemon: &Arc<Daemon>, task: u64, change: u64, mut details: Details, mut ending: Ending) -> Outcome {
    let Some((config, mut turns)) = begin(daemon, change, &details.name) else { return Outcome::done() };
    loop {
        let turn = tokio::select! {
            turn = turns.next(daemon) => turn,
            () = ended(&mut ending) => return Outcome::done(),
        };
        let result = tokio::select! {
            result = probe::run(daemon, &config) => result,
            () = ended(&mut ending) => return Outcome::done(),
        };
        let message = result.as_ref().err().map(Failure::detailed);
        if let Some(text) = &message {
            details.failures += 1;
            let mut world = daemon.world();
            world.checks.count(&config, change, &details);
            world.remember(task, Work::RecoverCheck(details.clone()));
            world.note(daemon.clock, task, Severity::Error, text);
        } else {
            details = Details { name: details.name, failures: 0, successes: 1, proceeds: true };
            daemon.world().remember(task, Work::RecoverCheck(details.clone()));
        }
        let is_over = message.is_none();
        let answer: Option<Box<dyn FnOnce() + Send>> = match turn {
            Turn::Period => None,
            Turn::Asked(reply) => Some(Box::new(move || {
                let _ = reply.send(message);
            })),
        };
        if is_over {
            return Outcome { error: None, afterwards: answer };
        }
        if let Some(answer) = answer {
            answer();
        }
    }
}
