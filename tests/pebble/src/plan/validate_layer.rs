//! The rules that one layer must keep by itself.

use super::{Action, Check, Layer, Level, LogTarget, PlanError, Service, command};
use crate::processes::account;

/// Checks one layer.
///
/// # Errors
/// The first rule that it breaks.
pub fn validate(layer: &Layer) -> Result<(), PlanError> {
    let result = (|| {
        if layer.label.starts_with("pebble-") {
            return Err("cannot use reserved label prefix \"pebble-\"".to_owned());
        }
        layer.services.iter().try_for_each(|(name, service)| check_service(name, service))?;
        layer.checks.iter().try_for_each(|(name, check)| check_check(name, check))?;
        layer.log_targets.iter().try_for_each(|(name, target)| check_target(name, target))
    })();
    result.map_err(PlanError::Format)
}

fn check_service(name: &str, service: &Service) -> Result<(), String> {
    check_service_name(name)?;
    command::parse(name, &service.command)
        .map_err(|error| format!("plan service {name:?} command invalid: {error}"))?;
    check_action(name, "on-success", &service.on_success, &Action::FailureShutdown)?;
    check_action(name, "on-failure", &service.on_failure, &Action::SuccessShutdown)?;
    for action in service.on_check_failure.iter().flat_map(|actions| actions.values()) {
        check_action(name, "on-check-failure", action, &Action::SuccessShutdown)?;
    }
    match service.backoff_factor {
        Some(factor) if factor < 1.0 => {
            Err(format!("plan service {name:?} backoff-factor must be 1.0 or greater, not {factor}"))
        }
        _ => Ok(()),
    }
}

fn check_service_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        Err("cannot use empty string as service name".to_owned())
    } else if name == "pebble" {
        Err(format!("cannot use reserved service name {name:?}"))
    } else if name.starts_with('-') {
        Err(format!("cannot use service name {name:?}: starting with \"-\" not allowed"))
    } else {
        Ok(())
    }
}

fn check_action(name: &str, field: &str, action: &Action, also: &Action) -> Result<(), String> {
    let is_common = matches!(action, Action::Unset | Action::Restart | Action::Ignore | Action::Shutdown);
    if is_common || action == also {
        return Ok(());
    }
    Err(format!("plan service {name:?} {field} action {:?} invalid", action.to_string()))
}

fn check_check(name: &str, check: &Check) -> Result<(), String> {
    if name.is_empty() {
        return Err("cannot use empty string as check name".to_owned());
    }
    if matches!(check.level, Level::Unknown(_)) {
        return Err(format!("plan check {name:?} level must be \"alive\" or \"ready\""));
    }
    if !matches!(check.startup.as_str(), "" | "enabled" | "disabled") {
        return Err(format!("plan check {name:?} startup must be \"enabled\" or \"disabled\""));
    }
    for (field, time) in [("period", check.period), ("timeout", check.timeout)] {
        if time.is_some_and(|time| time.is_zero()) {
            return Err(format!("plan check {name:?} {field} must not be zero"));
        }
    }
    if let Some(exec) = &check.probe.exec {
        command::split(&exec.command).map_err(|error| format!("plan check {name:?} command invalid: {error}"))?;
        account::resolve(&exec.context.account)
            .map_err(|error| format!("plan check {name:?} has invalid user/group: {error}"))?;
    }
    Ok(())
}

fn check_target(name: &str, target: &LogTarget) -> Result<(), String> {
    if let Some(label) =
        target.labels.iter().flat_map(|labels| labels.keys()).find(|label| label.starts_with("pebble_"))
    {
        return Err(format!("log target {name:?}: label {label:?} uses reserved prefix \"pebble_\""));
    }
    if !matches!(target.kind.as_str(), "" | "loki" | "opentelemetry") {
        let kind = &target.kind;
        return Err(format!(
            "log target {name:?} has unsupported type {kind:?}, must be \"loki\" or \"opentelemetry\""
        ));
    }
    Ok(())
}
