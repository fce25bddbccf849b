//! Logging in through others.

use std::collections::BTreeMap;

use crate::{
    discourse::{environment::Environment, image::SERVICE, settings::Settings},
    relations::{
        Incomplete,
        oauth::{self, Oauth},
        saml::{self, Saml},
    },
    status::Reason,
    world::World,
};

const SAML: [&str; 2] = ["DISCOURSE_SAML_", "DISCOURSE_ENABLE_LOCAL_LOGINS"];
const OAUTH: [&str; 2] = ["DISCOURSE_OPENID_CONNECT_", "SSL_CERT_FILE"];

/// Who else may tell who somebody is.
#[derive(Debug)]
pub(super) struct Identity {
    saml: Provider<Saml>,
    oauth: Provider<Oauth>,
    running: BTreeMap<String, String>,
}

/// A relation that the forum can do without.
#[derive(Debug)]
enum Provider<T> {
    /// There is none, or it has said nothing yet.
    Absent,
    /// Its data is not whole, though what it gave before may still run.
    Incomplete,
    Known(T),
}

impl Identity {
    /// What the relations say; what is missing or wrong becomes a reason each, and keeps no forum from serving.
    pub fn of(world: &World, reasons: &mut Vec<Reason>) -> Self {
        let running = running(world);
        let is_used = running.keys().any(|name| name.starts_with("DISCOURSE_SAML_"));
        let saml = match world.integrations.saml.as_ref().map(saml::parse) {
            Some(Ok(None)) if is_used => Some(Err(Incomplete::new(saml::ENDPOINT, "entity_id"))),
            Some(Ok(saml)) => saml.map(Ok),
            Some(Err(lack)) => Some(Err(lack)),
            None => None,
        };
        let oauth = world.integrations.oauth.as_ref().map(oauth::parse);
        Self { saml: Provider::of(saml, reasons), oauth: Provider::of(oauth, reasons), running }
    }

    /// An environment and the variables of both.
    pub fn complete(&self, environment: Environment, settings: &Settings) -> Environment {
        let environment = match &self.saml {
            Provider::Known(saml) => environment.with_saml(saml, settings),
            Provider::Incomplete => environment.keeping(&SAML, &self.running),
            Provider::Absent => environment,
        };
        match &self.oauth {
            Provider::Known(oauth) => environment.with_oauth(oauth),
            Provider::Incomplete if self.running.keys().any(|name| name.starts_with(OAUTH[0])) => {
                environment.keeping(&OAUTH, &self.running)
            }
            Provider::Incomplete | Provider::Absent => environment,
        }
    }
}

impl<T> Provider<T> {
    fn of(read: Option<Result<T, Incomplete>>, reasons: &mut Vec<Reason>) -> Self {
        match read {
            None => Self::Absent,
            Some(Ok(known)) => Self::Known(known),
            Some(Err(lack)) => {
                reasons.push(Reason::Incomplete(lack));
                Self::Incomplete
            }
        }
    }
}

/// The environment of the server as Pebble has it.
pub(super) fn running(world: &World) -> BTreeMap<String, String> {
    let service = world.container.as_ref().and_then(|container| container.plan.services.get(SERVICE));
    service.map(|service| service.environment.clone()).unwrap_or_default()
}
