//! The secret key of Discourse, as Redis has it.

use std::time::Duration;

use crate::{
    discourse::{answer, environment::Environment, secret_key},
    excerpt::Excerpt,
    pebble::{Pebble, PebbleError},
    secret::Secret,
};

use super::redis::{Answer, redis_cli};

/// How long Redis may take to answer.
const REDIS_TIMEOUT: Duration = Duration::from_secs(20);

/// The key in Redis; if it has none, it keeps `new` from now on.
///
/// # Errors
/// [`PebbleError`] if Pebble itself fails; what Redis refuses is part of the result.
pub async fn find(
    pebble: &Pebble,
    environment: &Environment,
    new: &Secret,
) -> Result<Result<Secret, Excerpt>, PebbleError> {
    let show = |text: &str| answer::excerpt(text, &environment.exposed(), &[new.expose()]);
    let answer = redis_cli(pebble, environment, secret_key::script(new), REDIS_TIMEOUT).await?;
    let late = || show(&format!("no answer within {} s", REDIS_TIMEOUT.as_secs()));
    let key = |answer: &Answer| answer.stdout.whole().and_then(secret_key::parse);
    Ok(match answer {
        None => Err(late()),
        Some(answer) => key(&answer).ok_or_else(|| show(&answer.complaint())),
    })
}
