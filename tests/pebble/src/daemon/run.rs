//! One run of the daemon, from its start to its exit code.

use super::{Daemon, Ending, Options, Surroundings, World, copy};
use crate::{
    changes::runner,
    checks, identities,
    plan::{self, Plan},
    server::{connection::Connections, listen},
    services,
    state::State,
    timestamp,
};
use nix::unistd::{AccessFlags, access};
use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt, sync::Arc, time::Duration};
use thiserror::Error;

/// How long requests under way may take at the end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long tasks may take at the end.
const TASKS_TIMEOUT: Duration = Duration::from_secs(10);
/// Time between two looks at old changes.
const PRUNE_PERIOD: Duration = Duration::from_mins(10);
/// The time after which tasks are looked at without being woken.
const ENSURE_PERIOD: Duration = Duration::from_mins(5);

/// Why a run did not work.
#[derive(Debug, Error)]
pub enum RunError {
    /// The directory is invalid.
    #[error("{0}")]
    Directory(String),
    /// The state is invalid.
    #[error(transparent)]
    State(#[from] crate::state::StateError),
    /// A layer file is invalid.
    #[error("cannot load plan: {0}")]
    Plan(#[from] plan::PlanError),
    /// The API cannot be served.
    #[error(transparent)]
    Listen(#[from] listen::ListenError),
    /// The identities to begin with are invalid.
    #[error("cannot read identities: {0}")]
    Identities(String),
    /// Requests under way at the end were cut.
    #[error("context deadline exceeded")]
    Cut,
}

/// Runs until it is terminated, or a service or check ends it; gives the exit code.
///
/// # Errors
/// It did not start, or did not end well.
pub async fn run(
    options: Options,
    surroundings: Surroundings,
    terminated: impl Future<Output = ()>,
) -> Result<u8, RunError> {
    let daemon = Arc::new(prepare(options, surroundings)?);
    let connections = Connections::default();
    let socket = listen::socket(&daemon.options.socket)?;
    let tcp = daemon.options.http.as_deref().map(listen::tcp).transpose()?;
    connections.serve_socket(&daemon, socket);
    if let Some(tcp) = tcp {
        connections.serve_tcp(&daemon, tcp);
    }
    daemon.log("Started daemon.");
    begin(&daemon).await?;
    let mut ending = daemon.ending.subscribe();
    tokio::select! {
        () = terminated => {}
        _ = ending.wait_for(Option::is_some) => {}
    }
    stop(&daemon, connections).await?;
    let reason = *daemon.ending.borrow();
    Ok(match reason {
        None | Some(Ending::Success) => 0,
        Some(Ending::ServiceFailure) => 10,
        Some(Ending::CheckFailure) => 11,
    })
}

/// Everything that can fail before requests are served.
fn prepare(options: Options, surroundings: Surroundings) -> Result<Daemon, RunError> {
    let (dir, refuse) = (options.dir.clone(), |text| Err(RunError::Directory(text)));
    let shown = dir.to_string_lossy();
    if options.creates_dirs {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|error| RunError::Directory(crate::errno::on_path("mkdir", &shown, &error)))?;
    }
    if let Some(template) = &options.copy_once {
        copy::copy_once(template, &dir).map_err(RunError::Directory)?;
    }
    if !dir.is_absolute() {
        return refuse(format!("directory {shown:?} must be absolute"));
    }
    if !dir.is_dir() {
        return refuse(format!("directory {shown:?} does not exist"));
    }
    if access(&dir, AccessFlags::W_OK).is_err() {
        return refuse(format!("directory {shown:?} not writable"));
    }
    let state = options.state_file.as_deref().map(State::load).transpose()?.unwrap_or_default();
    let plan = Arc::new(Plan::of(plan::files::read(&dir.join("layers"))?)?);
    let world = World { state, plan, ..World::default() };
    Ok(Daemon::new(options, surroundings, world))
}

/// Checks, log targets, identities and enabled services begin.
async fn begin(daemon: &Arc<Daemon>) -> Result<(), RunError> {
    if let Some(path) = &daemon.options.identities {
        let given = identities::file::read(path).map_err(RunError::Identities)?;
        let mut world = daemon.world();
        world.state.is_modified = true;
        let changed = world.state.identities.change("replace", &given);
        changed.map_err(|error| RunError::Identities(error.to_string()))?;
    }
    let plan = {
        let mut world = daemon.world();
        let plan = Arc::clone(&world.plan);
        checks::plan_change::apply(daemon, &mut world, &plan);
        plan
    };
    daemon.forwarding.plan_changed(&plan).await;
    runner::ensure(daemon);
    if !daemon.options.is_held {
        autostart(daemon, &plan);
    }
    look_after(daemon);
    Ok(())
}

fn autostart(daemon: &Arc<Daemon>, plan: &Plan) {
    let started = services::request::enabled(plan).and_then(|names| {
        if names.is_empty() {
            return Ok(None);
        }
        services::request::request(daemon, services::request::Action::Autostart, names).map(Some)
    });
    match started {
        Ok(Some(change)) => daemon.log(&format!("Starting default services with change {change}.")),
        Ok(None) => daemon.log("Cannot start default services: no default services"),
        Err(error) => daemon.log(&format!("Cannot start default services: {error}")),
    }
}

/// Now and then, runs the tasks that are due and drops what is old.
fn look_after(daemon: &Arc<Daemon>) {
    let ensuring = Arc::clone(daemon);
    tokio::spawn(async move {
        loop {
            ensuring.clock.sleep(ENSURE_PERIOD).await;
            runner::ensure(&ensuring);
        }
    });
    let pruning = Arc::clone(daemon);
    tokio::spawn(async move {
        loop {
            pruning.clock.sleep(PRUNE_PERIOD).await;
            pruning.world().state.prune(timestamp::now(pruning.clock));
        }
    });
}

/// Services first, then requests, then tasks, then log targets.
async fn stop(daemon: &Arc<Daemon>, connections: Connections) -> Result<(), RunError> {
    daemon.log("Exiting.");
    if let Some(change) = services::request::stop_all(daemon) {
        let (ready, patience) = {
            let world = daemon.world();
            let change = world.state.changes.changes.get(&change);
            (change.map(|change| change.ready.subscribe()), world.services.stop_timeout())
        };
        if let Some(mut ready) = ready {
            let _ = daemon.clock.within(patience, ready.wait_for(|is_ready| *is_ready)).await;
        }
    }
    let _ = std::fs::remove_file(&daemon.options.socket);
    let closed = daemon.clock.within(SHUTDOWN_TIMEOUT, connections.close()).await;
    daemon.world().runner.stop();
    let _ = daemon.clock.within(TASKS_TIMEOUT, idle(daemon)).await;
    daemon.forwarding.stop().await;
    closed.map_err(|_| RunError::Cut)
}

async fn idle(daemon: &Daemon) {
    loop {
        let ended = daemon.idle.notified();
        if daemon.world().runner.is_idle() {
            return;
        }
        ended.await;
    }
}
