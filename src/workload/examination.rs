//! Looking at the servers and the container for a diagnosis: three commands at once, none of which changes anything.

use std::time::Duration;

use tokio::join;

use crate::{
    decide::Understanding,
    decision::Decision,
    diagnosis::{Diagnosis, Examination, Probe, targets},
    discourse::{
        answer, aside, certificates,
        environment::Environment,
        image::{APP, USER},
        postgresql::Postgresql,
        redis::Redis,
    },
    excerpt::Excerpt,
    pebble::{ExecRequest, Pebble, PebbleError},
    secret::Secret,
    world::World,
};

use super::{psql::psql, redis::redis_cli};

/// How long each command may take.
const TIMEOUT: Duration = Duration::from_secs(7);

/// The program that is run in the container.
const PROBE: &str = include_str!("probe.rb");

/// Diagnoses this unit.
pub async fn diagnose(pebble: &Pebble, world: &World, decision: &Decision) -> Diagnosis {
    let known = Understanding::of(world);
    let found = examine(pebble, &known.environment).await;
    Diagnosis::of(world, decision, &known, &found)
}

/// What the database and Redis say of themselves, or why they do not.
pub async fn ask_servers(
    pebble: &Pebble,
    environment: &Environment,
) -> (Result<Postgresql, Excerpt>, Result<Redis, Excerpt>) {
    let unnamed = || Excerpt::of("no relation gives it");
    let (database, redis) = join!(database(pebble, environment), redis(pebble, environment));
    (database.unwrap_or_else(|| Err(unnamed())), redis.unwrap_or_else(|| Err(unnamed())))
}

/// Looks at everything that an environment names.
pub async fn examine(pebble: &Pebble, environment: &Environment) -> Examination {
    let (database, redis, probe) =
        join!(database(pebble, environment), redis(pebble, environment), probe(pebble, environment));
    Examination { database, redis, probe }
}

/// What the database says of itself.
///
/// *Empty*: the environment names none.
async fn database(pebble: &Pebble, environment: &Environment) -> Option<Result<Postgresql, Excerpt>> {
    if environment.get("DISCOURSE_DB_HOST").is_empty() {
        return None;
    }
    let script = format!("{}{}", aside::SCRIPT, Postgresql::script());
    let answer = match psql(pebble, environment, script, TIMEOUT).await {
        Ok(answer) => answer,
        Err(error) => Err(error.to_string()),
    };
    let parse = |answer: String| Postgresql::parse(&answer).ok_or_else(|| "psql gave no complete answer".to_owned());
    Some(answer.and_then(parse).map_err(|complaint| show(environment, &complaint)))
}

/// What Redis says of itself.
///
/// *Empty*: the environment names none.
pub(super) async fn redis(pebble: &Pebble, environment: &Environment) -> Option<Result<Redis, Excerpt>> {
    if environment.get("DISCOURSE_REDIS_HOST").is_empty() {
        return None;
    }
    let commands = Secret::from(Redis::script());
    Some(match redis_cli(pebble, environment, commands, TIMEOUT).await {
        Ok(Some(answer)) => {
            let found = answer.stdout.whole().and_then(Redis::parse);
            found.ok_or_else(|| show(environment, &answer.complaint()))
        }
        Ok(None) => Err(Excerpt::of(&format!("no answer within {} s", TIMEOUT.as_secs()))),
        Err(error) => Err(show(environment, &error.to_string())),
    })
}

/// What is seen from inside the container, or why nothing is.
///
/// # Errors
/// [`Excerpt`] of the reason.
pub async fn probe(pebble: &Pebble, environment: &Environment) -> Result<Probe, Excerpt> {
    let targets = serde_json::to_string(&targets(environment)).unwrap_or_default();
    let request = ExecRequest {
        command: ["ruby", "--disable-gems", "-e", PROBE, APP].map(str::to_owned).to_vec(),
        working_dir: Some("/".to_owned()),
        user: Some(USER.to_owned()),
        // Relations may name certificate authorities, which the server trusts as well.
        environment: environment.exposed().into_iter().filter(|(name, _)| name == certificates::VARIABLE).collect(),
        stdin: Some(Secret::from(targets)),
        timeout: TIMEOUT,
        ..ExecRequest::default()
    };
    let done = pebble.exec(&request).await.map_err(|error| Excerpt::of(&reason(&error)))?;
    let found = done.stdout.whole().and_then(|text| serde_json::from_str(text).ok());
    found.ok_or_else(|| Excerpt::of(done.stderr.last_lines()))
}

/// Why a command was not run; the command itself is long.
fn reason(error: &PebbleError) -> String {
    match error {
        PebbleError::Timeout { .. } => format!("no answer within {} s", TIMEOUT.as_secs()),
        error if error.is_unreachable() => "Pebble does not answer".to_owned(),
        _ => "Pebble refuses to run it".to_owned(),
    }
}

fn show(environment: &Environment, text: &str) -> Excerpt {
    answer::excerpt(text, &environment.exposed(), &[])
}
