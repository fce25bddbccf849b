//! Reading the workload container: five requests, none of which changes anything.

use tokio::try_join;

use crate::{
    discourse::image::{GATE_CHECK, Image, MIGRATIONS, READY_CHECK, REVISION, SERVICE, VERSION},
    pebble::{CheckInfo, Pebble, PebbleError, ServiceInfo},
    world::{Check, Container, Service},
};

/// The container as Pebble shows it.
///
/// # Errors
/// [`PebbleError`], of which unreachable is an ordinary state.
pub async fn container(pebble: &Pebble) -> Result<Container, PebbleError> {
    let files = [VERSION, REVISION, MIGRATIONS];
    let (system, plan, services, checks, files) =
        try_join!(pebble.system_info(), pebble.plan(), pebble.services(), pebble.checks(), pebble.read_files(&files))?;
    let content = |path: &str| files.get(path).and_then(|read| read.as_deref().ok());
    Ok(Container {
        boot_id: system.boot_id,
        image: Image::parse(content(VERSION), content(REVISION), content(MIGRATIONS)),
        plan,
        service: services.iter().find(|it| it.name == SERVICE).map_or(Service::Stopped, service),
        gate: check(&checks, GATE_CHECK),
        ready: check(&checks, READY_CHECK),
    })
}

fn service(info: &ServiceInfo) -> Service {
    match info.current.as_str() {
        "active" => Service::Running(info.current_since.as_deref().and_then(super::inspection::unix_time)),
        "backoff" | "error" => Service::Crashed,
        _ => Service::Stopped,
    }
}

fn check(checks: &[CheckInfo], name: &str) -> Check {
    let Some(info) = checks.iter().find(|it| it.name == name) else { return Check::Stopped };
    match info.status.as_str() {
        "inactive" => Check::Stopped,
        "down" => Check::Down,
        _ if info.successes.unwrap_or_default() + info.failures == 0 => Check::Unproven,
        _ => Check::Up,
    }
}
