//! The secrets that options name, as they count.

use crate::{
    discourse::credentials::{self, S3, SMTP},
    secret::SecretContent,
    status::{Reason, Topic},
    world::World,
};

/// The contents of the secrets that options name, and what is to be said about them.
#[derive(Debug, Default)]
pub(super) struct OptionSecrets {
    /// The login at the mail server.
    pub smtp: SecretContent,
    /// The keys of the object storage.
    pub s3: SecretContent,
    /// A warning for each that could not be read and goes on as it was given last; one that keeps a server from starting, if there is
    /// nothing to go on with.
    pub reasons: Vec<Reason>,
}

impl OptionSecrets {
    /// The secrets of a world.
    pub fn of(world: &World) -> Self {
        let mut reasons = Vec::new();
        let [smtp, s3] = [SMTP, S3].map(|option| {
            let content = world.option_secrets.get(option).cloned().unwrap_or_default();
            let SecretContent::Failed(why) = &content else { return content };
            let username = world.options.text("smtp_username").unwrap_or_default();
            let kept = credentials::running(option, &world.running_environment(), &username);
            let text = format!("{option} cannot be read: {why}");
            reasons.push(match kept {
                Some(_) => Reason::Warning(Topic::Option, format!("{text}; the next hook tries again")),
                None => Reason::Tool(text),
            });
            kept.unwrap_or(content)
        });
        Self { smtp, s3, reasons }
    }
}
