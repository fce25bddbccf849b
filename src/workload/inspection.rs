//! Asking the database for its schema and Pebble for earlier jobs, without any boot of Rails.

use tokio::join;

use crate::{
    discourse::{
        answer, environment::Environment, image::Migrations, job::Job, postgresql::Postgresql, schema::Schema,
    },
    pebble::{Pebble, PebbleError},
    world::Inspection,
};

use super::{
    examination::redis,
    latest,
    psql::{PATIENCE, psql},
};

/// The jobs that decisions depend on.
const INSPECTED: [Job; 3] = [Job::Migrate, Job::UploadAssets, Job::Restore];

/// Looks into the database and at earlier jobs.
///
/// # Errors
/// [`PebbleError`] if Pebble itself fails; a database that does not answer is part of the result.
pub async fn inspect(
    pebble: &Pebble,
    environment: &Environment,
    migrations: &Migrations,
) -> Result<Inspection, PebbleError> {
    let known = environment.exposed();
    let show = |text: &str| answer::excerpt(text, &known, &[]);
    let (answer, redis, runs) = join!(
        psql(pebble, environment, script(migrations), PATIENCE),
        redis(pebble, environment),
        latest(pebble, &INSPECTED, show),
    );
    // Only now: a command whose websockets are dropped is killed.
    let answer = answer?;
    let database = answer.as_ref().ok().and_then(|answer| Postgresql::parse(answer));
    let incomplete = || "psql gave no complete answer".to_owned();
    let schema = answer.and_then(|answer| Schema::parse(of_schema(&answer)).ok_or_else(incomplete));
    let redis = redis.and_then(Result::ok);
    let schema = schema.map_err(|complaint| show(&complaint));
    Ok(Inspection { schema, database, redis, runs: runs? })
}

/// The questions about the schema, then those about the server, whose failure says nothing of the schema.
fn script(migrations: &Migrations) -> String {
    format!("{}\\set ON_ERROR_STOP 0\n{}", Schema::script(migrations), Postgresql::script())
}

/// The answer about the schema, up to its end.
fn of_schema(answer: &str) -> &str {
    answer.find("\nend\n").and_then(|end| answer.get(..end + "\nend\n".len())).unwrap_or(answer)
}
