//! Runs the tasks that may run, and applies what comes of them.

use super::{Outcome, Severity, Status, Work};
use crate::{
    checks,
    daemon::{Daemon, World},
    exec, services,
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::watch;

/// The tasks that run.
#[derive(Default)]
pub struct Runner {
    running: BTreeMap<u64, watch::Sender<bool>>,
    is_stopped: bool,
}

/// Tells a running task that it shall end.
pub type Ending = watch::Receiver<bool>;

impl Runner {
    /// Ends every task; none starts any more.
    pub fn stop(&mut self) {
        self.is_stopped = true;
        for ending in self.running.values() {
            ending.send_replace(true);
        }
    }

    /// Whether no task runs.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }
}

/// Waits until a task shall end.
pub async fn ended(ending: &mut Ending) {
    if ending.wait_for(|is_ending| *is_ending).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Starts every task that may start, and ends those that shall.
pub fn ensure(daemon: &Arc<Daemon>) {
    let mut world = daemon.world();
    while step(daemon, &mut world) {}
}

/// One round over all tasks; answers whether another is needed.
fn step(daemon: &Arc<Daemon>, world: &mut World) -> bool {
    if world.runner.is_stopped {
        return false;
    }
    let unready = world.state.changes.tasks.values().filter(|task| !task.status.is_ready() && task.change > 0);
    let ids: Vec<u64> = unready.map(|task| task.id).collect();
    let mut is_again = false;
    for id in ids {
        is_again |= consider(daemon, world, id);
    }
    is_again
}

fn consider(daemon: &Arc<Daemon>, world: &mut World, id: u64) -> bool {
    let Some(task) = world.state.changes.tasks.get(&id) else { return false };
    let (status, clock) = (task.status, daemon.clock);
    if let Some(ending) = world.runner.running.get(&id) {
        if status == Status::Abort {
            ending.send_replace(true);
        }
        return false;
    }
    let is =
        |id: &u64, test: fn(Status) -> bool| world.state.changes.tasks.get(id).is_none_or(|task| test(task.status));
    match status {
        Status::Abort => world.state.set_status(clock, id, Status::Hold),
        Status::Undo if task.halts.iter().all(|other| is(other, Status::is_ready)) => {
            world.state.set_status(clock, id, Status::Done);
        }
        Status::Do if task.waits.iter().all(|other| is(other, |status| status == Status::Done)) => {
            world.state.set_status(clock, id, Status::Doing);
            run(daemon, world, id);
            return false;
        }
        Status::Doing => {
            run(daemon, world, id);
            return false;
        }
        _ => return false,
    }
    true
}

fn run(daemon: &Arc<Daemon>, world: &mut World, id: u64) {
    let Some(task) = world.state.changes.tasks.get(&id) else { return };
    let (sender, ending) = watch::channel(false);
    let (work, change, daemon) = (task.work.clone(), task.change, Arc::clone(daemon));
    world.runner.running.insert(id, sender);
    tokio::spawn(async move {
        let outcome = match work {
            Work::Start { service, tried } => services::start::run(&daemon, id, &service, tried, ending).await,
            Work::Stop { service } => services::stop::run(&daemon, id, &service).await,
            Work::Exec => exec::run(&daemon, id, ending).await,
            Work::PerformCheck(details) => checks::perform::run(&daemon, id, change, details, ending).await,
            Work::RecoverCheck(details) => checks::recover::run(&daemon, id, change, details, ending).await,
        };
        finish(&daemon, id, outcome);
    });
}

fn finish(daemon: &Arc<Daemon>, id: u64, outcome: Outcome) {
    let must_ensure = apply(daemon, id, outcome.error);
    if let Some(afterwards) = outcome.afterwards {
        afterwards();
    }
    if must_ensure {
        ensure(daemon);
    }
    daemon.idle.notify_waiters();
}

/// Gives a task its last status; answers whether others may run now.
fn apply(daemon: &Arc<Daemon>, id: u64, error: Option<String>) -> bool {
    let (mut world, clock) = (daemon.world(), daemon.clock);
    world.runner.running.remove(&id);
    let Some(task) = world.state.changes.tasks.get(&id) else { return false };
    let (status, has_followers, change) = (task.status, !task.halts.is_empty(), task.change);
    match error {
        Some(_) if world.runner.is_stopped => {
            if status == Status::Abort {
                world.state.set_status(clock, id, Status::Hold);
            }
            false
        }
        Some(error) => {
            world.state.abort_lanes_of(clock, id);
            let must_ensure = world.state.changes.tasks_of(change).any(|task| task.id != id && !task.status.is_ready());
            if let Some(task) = world.state.changes.tasks.get_mut(&id) {
                task.note(clock, Severity::Error, &error);
            }
            world.state.set_status(clock, id, Status::Error);
            daemon.log(&format!("Change {change} task failed: {error}"));
            must_ensure | checks::proceed(daemon, &mut world, id)
        }
        None if status == Status::Abort => {
            world.state.set_status(clock, id, Status::Undo);
            true
        }
        None => {
            world.state.set_status(clock, id, Status::Done);
            has_followers | checks::proceed(daemon, &mut world, id)
        }
    }
}
