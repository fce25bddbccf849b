//! The secrets of options that could not be read in this hook.

use crate::{
    discourse::credentials::{S3, SMTP},
    relations::{Endpoint, s3, smtp},
    secret::SecretContent,
    status::{Reason, Topic},
    world::World,
};

/// The options whose secret could not be read, each with the endpoint for the same service, and what is to be said about them.
#[derive(Debug, Clone, Default)]
pub(super) struct Unread {
    /// Their variables stay as they run.
    pub options: Vec<(&'static str, &'static Endpoint)>,
    /// A warning for each while the server runs; else one that keeps it from starting.
    pub reasons: Vec<Reason>,
    /// Whether a server is not started for it.
    pub is_waited_for: bool,
}

impl Unread {
    /// Those of a world.
    pub fn of(world: &World) -> Self {
        let mut unread = Self::default();
        for (option, endpoint) in [(SMTP, &smtp::ENDPOINT), (S3, &s3::ENDPOINT)] {
            let Some(SecretContent::Failed(why)) = world.option_secrets.get(option) else { continue };
            let text = format!("{option} cannot be read: {why}");
            let is_running = world.is_running();
            unread.options.push((option, endpoint));
            unread.reasons.push(if is_running { Reason::Transient(Topic::Option, text) } else { Reason::Tool(text) });
            unread.is_waited_for |= !is_running;
        }
        unread
    }
}
