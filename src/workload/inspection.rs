//! Asking the database for its schema and Pebble for earlier jobs, without any boot of Rails.

use tokio::join;

use crate::{
    discourse::{answer, environment::Environment, image::Migrations, job::Job, schema::Schema},
    pebble::{Pebble, PebbleError},
    world::Inspection,
};

use super::{
    latest,
    psql::{PATIENCE, psql},
};

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
    let (schema, migrate, upload) = join!(
        schema(pebble, environment, migrations),
        latest(pebble, Job::Migrate, show),
        latest(pebble, Job::UploadAssets, show)
    );
    // Only now: a command whose websockets are dropped is killed.
    let schema = schema?.map_err(|complaint| show(&complaint));
    Ok(Inspection { schema, migrate: migrate?, upload: upload? })
}

async fn schema(
    pebble: &Pebble,
    environment: &Environment,
    migrations: &Migrations,
) -> Result<Result<Schema, String>, PebbleError> {
    let answer = psql(pebble, environment, Schema::script(migrations), PATIENCE).await?;
    let parse = |answer: String| Schema::parse(&answer).ok_or_else(|| "psql gave no complete answer".to_owned());
    Ok(answer.and_then(parse))
}
