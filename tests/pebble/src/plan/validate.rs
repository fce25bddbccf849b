//! The rules that the combined plan must keep.

use super::{Check, LogTarget, Plan, PlanError, order};

/// Checks a plan.
///
/// # Errors
/// The first rule that it breaks.
pub fn validate(plan: &Plan) -> Result<(), PlanError> {
    let commands = plan
        .services
        .values()
        .find(|service| service.command.is_empty())
        .map_or(Ok(()), |service| Err(format!("plan must define \"command\" for service {:?}", service.name)));
    commands
        .and_then(|()| plan.checks.values().try_for_each(|check| check_check(plan, check)))
        .and_then(|()| plan.log_targets.values().try_for_each(|target| check_target(plan, target)))
        .map_err(PlanError::Format)?;
    let names: Vec<_> = plan.services.keys().cloned().collect();
    order::sort(&plan.services, &names, order::Direction::Start).map(drop)
}

fn check_check(plan: &Plan, check: &Check) -> Result<(), String> {
    let name = &check.name;
    let mut kinds = 0;
    if let Some(http) = &check.probe.http {
        kinds += 1;
        if http.url.is_empty() {
            return Err(format!("plan must set \"url\" for http check {name:?}"));
        }
    }
    if let Some(tcp) = &check.probe.tcp {
        kinds += 1;
        if tcp.port == 0 {
            return Err(format!("plan must set \"port\" for tcp check {name:?}"));
        }
    }
    if let Some(exec) = &check.probe.exec {
        kinds += 1;
        if exec.command.is_empty() {
            return Err(format!("plan must set \"command\" for exec check {name:?}"));
        }
        let context = &exec.service_context;
        if !context.is_empty() && !plan.services.contains_key(context) {
            return Err(format!("plan check {name:?} service context specifies non-existent service {context:?}"));
        }
    }
    if kinds == 1 {
        Ok(())
    } else {
        Err(format!("plan must specify one of \"http\", \"tcp\", or \"exec\" for check {name:?}"))
    }
}

fn check_target(plan: &Plan, target: &LogTarget) -> Result<(), String> {
    let name = &target.name;
    if target.kind.is_empty() {
        return Err(format!("plan must define \"type\" (\"loki\" or \"opentelemetry\") for log target {name:?}"));
    }
    for word in &target.services {
        let service = word.strip_prefix('-').unwrap_or(word);
        if service != "all" && !plan.services.contains_key(service) {
            return Err(format!("log target {name:?} specifies unknown service {service:?}"));
        }
    }
    if target.location.is_empty() {
        return Err(format!("plan must define \"location\" for log target {name:?}"));
    }
    Ok(())
}
