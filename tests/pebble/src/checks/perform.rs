//! The task of a check that is up.

use super::{
    details::Details,
    probe::{self, Failure},
    refresh::{Turn, Turns},
};
use crate::{
    changes::{
        Outcome, Severity, Work,
        runner::{Ending, ended},
    },
    daemon::Daemon,
    plan::Check,
    services,
};
use std::sync::Arc;

/// Runs a check once per period until it is down.
pub async fn run(daemon: &Arc<Daemon>, task: u64, change: u64, details: Details, mut ending: Ending) -> Outcome {
    let Some((config, mut turns)) = begin(daemon, change, &details.name) else { return Outcome::done() };
    let mut watch = Watch { daemon, task, change, config, details };
    loop {
        let turn = tokio::select! {
            turn = turns.next(daemon) => turn,
            () = ended(&mut ending) => return Outcome::done(),
        };
        let result = tokio::select! {
            result = probe::run(daemon, &watch.config) => result,
            () = ended(&mut ending) => return Outcome::done(),
        };
        let message = result.as_ref().err().map(Failure::detailed);
        let error = match &result {
            Ok(()) => watch.succeed(),
            Err(failure) => watch.fail(failure),
        };
        let Turn::Asked(reply) = turn else {
            if error.is_some() {
                return Outcome { error, afterwards: None };
            }
            continue;
        };
        let answer = move || {
            let _ = reply.send(message);
        };
        if error.is_some() {
            return Outcome { error, afterwards: Some(Box::new(answer)) };
        }
        answer();
    }
}

/// The definition that a change was made with, and its turns.
pub(super) fn begin(daemon: &Daemon, change: u64, name: &str) -> Option<(Arc<Check>, Turns)> {
    let mut world = daemon.world();
    let config = world.checks.configs.get(&change).cloned()?;
    let refreshes = world.checks.by_name.entry(name.to_owned()).or_default().refreshes.clone();
    let turns = Turns::new(daemon, &config, refreshes);
    Some((config, turns))
}

struct Watch<'daemon> {
    daemon: &'daemon Arc<Daemon>,
    task: u64,
    change: u64,
    config: Arc<Check>,
    details: Details,
}

impl Watch<'_> {
    fn succeed(&mut self) -> Option<String> {
        self.details.successes += 1;
        let failures = std::mem::take(&mut self.details.failures);
        let mut world = self.daemon.world();
        world.checks.count(&self.config, self.change, &self.details);
        world.remember(self.task, Work::PerformCheck(self.details.clone()));
        if failures > 0 {
            let noun = if failures == 1 { "failure" } else { "failures" };
            let text = format!("succeeded after {failures} {noun}");
            world.note(self.daemon.clock, self.task, Severity::Info, &text);
        }
        None
    }

    /// The error that ends the task, at the threshold.
    fn fail(&mut self, failure: &Failure) -> Option<String> {
        self.details.failures += 1;
        let threshold = u64::try_from(self.config.threshold).unwrap_or_default();
        self.details.proceeds = self.details.failures >= threshold;
        let mut world = self.daemon.world();
        world.checks.count(&self.config, self.change, &self.details);
        world.remember(self.task, Work::PerformCheck(self.details.clone()));
        let counts = format!("{}/{threshold}", self.details.failures);
        self.daemon.log(&format!("Check {:?} failure {counts}: {}", self.config.name, failure.message));
        if self.details.proceeds {
            services::stop::check_failed(self.daemon, &mut world.services, &self.config.name);
            return Some(failure.message.clone());
        }
        world.note(self.daemon.clock, self.task, Severity::Error, &failure.detailed());
        None
    }
}
