//! Asking the Redis of Discourse.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    discourse::{environment::Environment, image::USER},
    pebble::{ExecRequest, Output, Pebble, PebbleError},
    secret::Secret,
};

/// What `redis-cli` says.
pub(super) struct Answer {
    pub stdout: Output,
    pub stderr: Output,
}

/// Gives commands to `redis-cli` on its standard input.
///
/// *Empty*: it did not answer in time.
pub(super) async fn redis_cli(
    pebble: &Pebble,
    environment: &Environment,
    commands: Secret,
    timeout: Duration,
) -> Result<Option<Answer>, PebbleError> {
    let request = ExecRequest {
        command: command(environment),
        environment: variables(environment),
        working_dir: Some("/".to_owned()),
        user: Some(USER.to_owned()),
        stdin: Some(commands),
        timeout,
        ..ExecRequest::default()
    };
    match pebble.exec(&request).await {
        Ok(done) => Ok(Some(Answer { stdout: done.stdout, stderr: done.stderr })),
        Err(PebbleError::Timeout { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Answer {
    /// The last line that was said, which is a complaint where nothing else was asked for.
    pub fn complaint(&self) -> String {
        let said = [self.stderr.last_lines(), self.stdout.last_lines()].concat();
        said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("redis-cli gave no answer").to_owned()
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
