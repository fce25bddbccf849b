//! `GET /v1/metrics`.

use super::reply::{self, Reply};
use crate::daemon::Daemon;
use hyper::StatusCode;
use std::fmt::Write;

/// Services in Prometheus' text format.
#[must_use]
pub fn show(daemon: &Daemon) -> Reply {
    let world = daemon.world();
    let mut text = String::new();
    for (name, service) in &world.services.by_name {
        let active = i32::from(service.phase.status() == "active");
        let _ = write!(
            text,
            "# HELP pebble_service_active Whether the service is currently active (1) or not (0)\n\
             # TYPE pebble_service_active gauge\npebble_service_active{{service={name:?}}} {active}\n\n\
             # HELP pebble_service_start_count Number of times the service has started\n\
             # TYPE pebble_service_start_count counter\npebble_service_start_count{{service={name:?}}} {}\n\n",
            service.launches
        );
    }
    for (name, check) in world.checks.by_name.iter().filter(|(_, check)| check.change.is_some()) {
        let up = i32::from(!check.is_down());
        let _ = write!(
            text,
            "# HELP pebble_check_up Whether the health check is up (1) or not (0)\n\
             # TYPE pebble_check_up gauge\npebble_check_up{{check={name:?}}} {up}\n\n"
        );
    }
    if text.is_empty() { reply::empty() } else { reply::plain(StatusCode::OK, text) }
}
