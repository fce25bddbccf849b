//! The secret key of Discourse, as Redis has it.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    discourse::{answer, environment::Environment, image::USER, secret_key},
    excerpt::Excerpt,
    pebble::{ExecRequest, Pebble, PebbleError},
    secret::Secret,
};

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
    let request = ExecRequest {
        command: command(environment),
        environment: variables(environment),
        working_dir: Some("/".to_owned()),
        user: Some(USER.to_owned()),
        stdin: Some(secret_key::script(new)),
        timeout: REDIS_TIMEOUT,
        ..ExecRequest::default()
    };
    match pebble.exec(&request).await {
        Ok(done) => {
            let complaint = [done.stderr.last_lines(), done.stdout.last_lines()].concat();
            let complaint =
                complaint.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("redis-cli gave no answer");
            let key = done.stdout.whole().and_then(secret_key::parse);
            Ok(key.ok_or_else(|| show(complaint)))
        }
        Err(PebbleError::Timeout { .. }) => Ok(Err(show(&format!("no answer within {} s", REDIS_TIMEOUT.as_secs())))),
        Err(error) => Err(error),
    }
}

fn command(environment: &Environment) -> Vec<String> {
    let get = |name| environment.get(name);
    let place = ["-h", get("DISCOURSE_REDIS_HOST"), "-p", get("DISCOURSE_REDIS_PORT")];
    ["redis-cli"].iter().chain(&place).map(|word| (*word).to_owned()).collect()
}

/// The password is no argument, which others could see.
fn variables(environment: &Environment) -> BTreeMap<String, String> {
    let password = environment.get("DISCOURSE_REDIS_PASSWORD");
    let password = (!password.is_empty()).then(|| ("REDISCLI_AUTH".to_owned(), password.to_owned()));
    password.into_iter().collect()
}
