//! The mail server that runs on while its relation is not whole.

use crate::{discourse::environment::Environment, relations::smtp, world::World};

use super::identity::running;

const SMTP: [&str; 1] = ["DISCOURSE_SMTP_"];

/// An environment that keeps the mail server in use, should the relation's data have become incomplete.
pub(super) fn keep(world: &World, environment: Environment) -> Environment {
    let is_incomplete = world.integrations.smtp.as_ref().is_some_and(|remote| smtp::parse(remote).is_err());
    let running = running(world);
    let is_used = running.keys().any(|name| name.starts_with("DISCOURSE_SMTP_"));
    if is_incomplete && is_used { environment.keeping(&SMTP, &running) } else { environment }
}
