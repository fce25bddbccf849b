//! Layers in one expression.

use std::time::Duration;

use discourse_k8s::pebble::{Check, ExecCheck, Layer, Service};

/// A service that starts with a replan.
pub fn service(command: &str) -> Service {
    Service { startup: "enabled".to_owned(), command: command.to_owned(), ..Service::default() }
}

/// A layer of services.
pub fn services<const N: usize>(services: [(&str, Service); N]) -> Layer {
    let services = services.into_iter().map(|(name, service)| (name.to_owned(), service)).collect();
    Layer { services, ..Layer::default() }
}

/// A layer of checks.
pub fn checks<const N: usize>(checks: [(&str, Check); N]) -> Layer {
    let checks = checks.into_iter().map(|(name, check)| (name.to_owned(), check)).collect();
    Layer { checks, ..Layer::default() }
}

/// A check that keeps the pod unready while it is started.
pub fn gate() -> Check {
    Check {
        level: "ready".to_owned(),
        period: Some(Duration::from_hours(1)),
        threshold: Some(1),
        exec: Some(ExecCheck { command: "false".to_owned(), ..ExecCheck::default() }),
        ..Check::default()
    }
}
