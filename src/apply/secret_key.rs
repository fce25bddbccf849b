//! The secret key of Discourse: a secret of the application, else what Redis has.

use rand::{TryRng, rngs::SysRng};

use crate::{
    clients::Clients,
    discourse::{
        environment::Environment,
        secret_key::{self, Keeper},
    },
    excerpt::Excerpt,
    journal::Outcome,
    juju::{SECRET_KEY, ToolError, Tools},
    pebble::PebbleError,
    secret::Secret,
    workload,
};

/// Finds the key that the units are to have. A secret that was removed by hand is as good as none.
pub(super) async fn find(
    clients: &Clients<'_>,
    id: Option<&str>,
    environment: &Environment,
) -> Result<Outcome, PebbleError> {
    match kept(clients.tools, id).await {
        Ok(Some(key)) => return Ok(Outcome::Key(key)),
        Err(error) => return Ok(Outcome::NoKey(Keeper::Juju, Excerpt::of(&error.to_string()))),
        Ok(None) => {}
    }
    let none = |answer| Outcome::NoKey(Keeper::Redis, answer);
    let Some(new) = generate() else { return Ok(none(Excerpt::of("the system has no random bytes"))) };
    let found = workload::find_secret_key(clients.pebble, environment, &new).await?;
    Ok(found.map_or_else(none, Outcome::Key))
}

/// The key in the secret of the application with this id.
///
/// *Empty*: there is no such secret, or it holds no key.
///
/// # Errors
/// [`ToolError`] if Juju does not show it for another reason.
pub async fn kept(tools: &Tools, id: Option<&str>) -> Result<Option<Secret>, ToolError> {
    let Some(id) = id else { return Ok(None) };
    match tools.secret_get(id).await {
        Ok(mut content) => Ok(content.remove(SECRET_KEY).filter(|key| secret_key::is_valid(key.expose()))),
        Err(error) if error.is_permission_denied() || error.is_not_found() || error.is_invalid_uri() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Keeps a key as a secret of the application, and gives its id.
///
/// # Errors
/// [`ToolError`] if Juju does not take it.
pub async fn add(tools: &Tools, key: &Secret) -> Result<String, ToolError> {
    tools.secret_add(key, "Signs the sessions of Discourse").await
}

/// A new key.
///
/// *Empty*: the system has no random bytes.
#[must_use]
pub fn generate() -> Option<Secret> {
    let mut bytes = [0; secret_key::BYTES];
    SysRng.try_fill_bytes(&mut bytes).ok()?;
    Some(secret_key::of_bytes(&bytes))
}
