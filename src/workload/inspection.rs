//! Asking the database for its schema and Pebble for earlier jobs, without any boot of Rails.

use std::{collections::BTreeMap, time::Duration};

use tokio::join;

use crate::{
    discourse::{
        answer,
        environment::Environment,
        image::{Migrations, USER},
        job::Job,
        schema::Schema,
    },
    pebble::{ExecRequest, Pebble, PebbleError},
    secret::Secret,
    world::Inspection,
};

use super::latest;

/// How long the database may take to answer.
const SCHEMA_TIMEOUT: Duration = Duration::from_secs(20);

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
    let result = pebble
        .exec(&ExecRequest {
            command: ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1"].map(str::to_owned).to_vec(),
            environment: variables(environment),
            working_dir: Some("/".to_owned()),
            user: Some(USER.to_owned()),
            stdin: Some(Secret::from(Schema::script(migrations))),
            timeout: SCHEMA_TIMEOUT,
            ..ExecRequest::default()
        })
        .await;
    match result {
        Ok(done) if done.exit_code == Some(0) => {
            let schema = done.stdout.whole().and_then(Schema::parse);
            Ok(schema.ok_or_else(|| "psql gave no complete answer".to_owned()))
        }
        Ok(done) => Ok(Err(complaint(done.stderr.last_lines()).to_owned())),
        Err(PebbleError::Timeout { .. }) => Ok(Err(format!("no answer within {} s", SCHEMA_TIMEOUT.as_secs()))),
        Err(error) => Err(error),
    }
}

/// The variables of `psql` for the database of Discourse.
fn variables(environment: &Environment) -> BTreeMap<String, String> {
    [
        ("PGHOST", "DISCOURSE_DB_HOST"),
        ("PGPORT", "DISCOURSE_DB_PORT"),
        ("PGDATABASE", "DISCOURSE_DB_NAME"),
        ("PGUSER", "DISCOURSE_DB_USERNAME"),
        ("PGPASSWORD", "DISCOURSE_DB_PASSWORD"),
    ]
    .map(|(name, from)| (name, environment.get(from)))
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .chain([("PGCONNECT_TIMEOUT", "5")])
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// The last line of an error, hints apart, without the name of the program or the line of its input.
fn complaint(stderr: &str) -> &str {
    let is_hint = |line: &&str| line.trim().is_empty() || line.starts_with(char::is_whitespace);
    let line = stderr.lines().rfind(|line| !is_hint(line)).unwrap_or("psql failed without a word");
    let line = if line.starts_with("psql:") { line.split_once(": ").map_or(line, |(_, rest)| rest) } else { line };
    line.trim_start_matches("error: ").trim()
}

#[cfg(test)]
mod tests {
    use super::complaint;

    #[test]
    fn a_complaint_is_the_line_that_says_what_is_wrong() {
        for (stderr, line) in [
            ("psql: error: FATAL:  no such database: x\n", "FATAL:  no such database: x"),
            ("psql: error: Connection refused\n\tIs the server running on that host?\n", "Connection refused"),
            ("psql:<stdin>:7: ERROR:  permission denied\n", "ERROR:  permission denied"),
            ("", "psql failed without a word"),
        ] {
            assert_eq!(complaint(stderr), line);
        }
    }
}
