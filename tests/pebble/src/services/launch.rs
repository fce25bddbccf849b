//! Starts the process of a service and listens to it.

use super::{Phase, exit};
use crate::{
    daemon::{Daemon, World},
    logs::Buffer,
    plan,
    processes::{Launch, Leadership, account, spawn},
    timestamp,
};
use std::{
    collections::BTreeMap,
    io::{self, PipeReader, Write},
    os::fd::OwnedFd,
    sync::Arc,
};
use tokio::{io::AsyncReadExt, net::unix::pipe, sync::oneshot};

/// Starts the process; the phase is left to the caller.
///
/// # Errors
/// A message for the task's log.
pub fn launch(daemon: &Arc<Daemon>, world: &mut World, name: &str) -> Result<(), String> {
    let Some(service) = world.services.by_name.get_mut(name) else { return Ok(()) };
    let words = plan::command::parse(name, &service.plan.command).map_err(|error| error.to_string())?;
    let owner = account::resolve(&service.plan.user).map_err(|error| error.to_string())?;
    let (reader, writer) = io::pipe().map_err(|error| error.to_string())?;
    let second = writer.try_clone().map_err(|error| error.to_string())?;
    let launch = Launch {
        words: &words,
        environment: &environment(&service.plan, owner.map(|owner| owner.uid)),
        working_dir: &service.plan.working_dir,
        owner,
        leadership: Leadership::Group,
        streams: [None, Some(writer.into()), Some(second.into())],
    };
    daemon.log(&format!("Service {name:?} starting: {}", service.plan.command));
    let (pid, exit) = daemon.machine.start(launch).map_err(|error| format!("cannot start service: {error}"))?;
    service.pid = pid;
    service.launches += 1;
    service.logs.finish_line();
    listen(daemon, name, reader, exit, service.launches, &service.plan, &service.logs);
    reset_backoff_later(daemon, name, service.launches, &service.plan);
    daemon.forward_output(&service.plan, &service.logs);
    Ok(())
}

/// Pebble's environment, the plan's over it, HOME and USER of the user where neither names them.
fn environment(service: &plan::Service, uid: Option<u32>) -> BTreeMap<String, String> {
    let mut own = service.environment.clone().unwrap_or_default();
    let is_unset = |name: &str| own.get(name).is_none_or(String::is_empty);
    if let Some((user, home)) = uid.and_then(account::name_and_home) {
        let missing: Vec<_> = [("HOME", home), ("USER", user)].into_iter().filter(|(name, _)| is_unset(name)).collect();
        own.extend(missing.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    let mut environment = spawn::own_environment();
    environment.extend(own);
    environment
}

/// Collects the output and waits for the end; a child that keeps the output open delays the end for most of the grace.
fn listen(
    daemon: &Arc<Daemon>,
    name: &str,
    reader: PipeReader,
    exit: oneshot::Receiver<i32>,
    launch: u64,
    plan: &plan::Service,
    logs: &Arc<Buffer>,
) {
    let (daemon, name, patience) = (Arc::clone(daemon), name.to_owned(), plan.grace().mul_f64(0.9));
    let mut collecting = tokio::spawn(collect(Arc::clone(&daemon), reader, Arc::clone(logs)));
    tokio::spawn(async move {
        let code = exit.await.unwrap_or(-1);
        if daemon.clock.within(patience, &mut collecting).await.is_err() {
            collecting.abort();
        }
        exit::handle(&daemon, &name, launch, code);
    });
}

async fn collect(daemon: Arc<Daemon>, reader: PipeReader, logs: Arc<Buffer>) {
    let Ok(mut output) = pipe::Receiver::from_owned_fd(OwnedFd::from(reader)) else { return };
    let mut chunk = vec![0; 16 * 1024];
    let mut place = logs.place(Some(0));
    while let Ok(count @ 1..) = output.read(&mut chunk).await {
        logs.append(timestamp::now(daemon.clock), chunk.get(..count).unwrap_or_default());
        if daemon.options.is_verbose {
            let mut stdout = io::stdout().lock();
            for entry in logs.read(&mut place) {
                let _ = stdout.write_all(entry.line().as_bytes());
            }
        }
    }
}

fn reset_backoff_later(daemon: &Arc<Daemon>, name: &str, launch: u64, plan: &plan::Service) {
    let (daemon, name, limit) = (Arc::clone(daemon), name.to_owned(), plan.longest_backoff());
    tokio::spawn(async move {
        daemon.clock.sleep(limit).await;
        if let Some(service) = daemon.world().services.by_name.get_mut(&name)
            && service.launches == launch
            && service.phase == Phase::Running
        {
            service.backoff = None;
        }
    });
}
