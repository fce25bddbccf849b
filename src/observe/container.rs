//! Reading the workload container: five requests; none changes anything.

use std::collections::BTreeMap;

use tokio::try_join;

use crate::{
    discourse::{
        image::{
            CPU_LIMIT, GATE_CHECK, Image, MEMORY_LIMIT, MIGRATIONS, READY_CHECK, REPLAN_DUE, REVISION, SERVICE, VERSION,
        },
        sizing::Limits,
    },
    pebble::{CheckInfo, CheckStatus, PathError, PathErrorKind, Pebble, PebbleError, ServiceInfo, ServiceStatus},
    workload::unix_time,
    world::{Check, Container, NoContainer, Service},
};

/// The container as Pebble shows it.
///
/// # Errors
/// [`NoContainer`] if Pebble does not answer, or not as expected.
pub async fn container(pebble: &Pebble) -> Result<Container, NoContainer> {
    read(pebble).await.map_err(|error| match error {
        error if error.is_unreachable() => NoContainer::Unreachable,
        error => NoContainer::Refused(error.to_string()),
    })
}

async fn read(pebble: &Pebble) -> Result<Container, PebbleError> {
    let files = [VERSION, REVISION, MIGRATIONS, REPLAN_DUE, MEMORY_LIMIT, CPU_LIMIT];
    let (system, plan, services, checks, files) =
        try_join!(pebble.system_info(), pebble.plan(), pebble.services(), pebble.checks(), pebble.read_files(&files))?;
    let mut services: BTreeMap<String, Service> =
        services.iter().map(|it| (it.name.clone(), service_state(it))).collect();
    let service = services.remove(SERVICE).unwrap_or(Service::Stopped);
    let content = |path: &str| files.get(path).and_then(|read| read.as_deref().ok());
    Ok(Container {
        boot_id: system.boot_id,
        image: Image::parse(content(VERSION), content(REVISION), content(MIGRATIONS)),
        plan,
        service,
        others: services,
        is_replan_due: !is_absent(files.get(REPLAN_DUE)),
        limits: Limits::parse(content(MEMORY_LIMIT), content(CPU_LIMIT)),
        gate: check(&checks, GATE_CHECK),
        ready: check(&checks, READY_CHECK),
    })
}

/// Whether a file does not exist; one that cannot be read does.
fn is_absent(read: Option<&Result<Vec<u8>, PathError>>) -> bool {
    matches!(read, Some(Err(error)) if error.kind == PathErrorKind::NotFound)
}

fn service_state(info: &ServiceInfo) -> Service {
    match info.current {
        ServiceStatus::Active => Service::Running(info.current_since.as_deref().and_then(unix_time)),
        ServiceStatus::Backoff | ServiceStatus::Error => Service::Crashed,
        ServiceStatus::Inactive | ServiceStatus::Other(_) => Service::Stopped,
    }
}

fn check(checks: &[CheckInfo], name: &str) -> Check {
    let Some(info) = checks.iter().find(|it| it.name == name) else { return Check::Stopped };
    let has_run = info.successes.is_some_and(|number| number > 0) || info.failures > 0;
    match info.status {
        CheckStatus::Inactive => Check::Stopped,
        CheckStatus::Down => Check::Down,
        CheckStatus::Up | CheckStatus::Other(_) if has_run => Check::Up,
        CheckStatus::Up | CheckStatus::Other(_) => Check::Unproven,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_that_does_not_exist_is_absent() {
        let failed = |kind| Err(PathError { kind, message: String::new() });
        assert!(is_absent(Some(&failed(PathErrorKind::NotFound))));
        assert!(!is_absent(Some(&failed(PathErrorKind::PermissionDenied))));
        assert!(
            !is_absent(Some(&failed(PathErrorKind::Generic))) && !is_absent(Some(&Ok(Vec::new()))) && !is_absent(None)
        );
    }
}
