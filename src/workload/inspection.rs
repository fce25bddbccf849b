//! Asking the database for its schema and Pebble for earlier jobs, without any boot of Rails.

use std::{collections::BTreeMap, time::Duration};

use tokio::join;

use crate::{
    discourse::{
        environment::Environment,
        image::USER,
        job::Job,
        schema::{SCRIPT, Schema},
    },
    pebble::{ExecRequest, Pebble, PebbleError},
    secret::{MASK, Secret},
    world::Inspection,
};

use super::latest;

/// How long the database may take to answer.
const SCHEMA_TIMEOUT: Duration = Duration::from_secs(20);

/// Looks into the database and at earlier jobs.
///
/// # Errors
/// [`PebbleError`] if Pebble itself fails; a database that does not answer is part of the result.
pub async fn inspect(pebble: &Pebble, environment: &Environment) -> Result<Inspection, PebbleError> {
    let (schema, migrate, upload) =
        join!(schema(pebble, environment), latest(pebble, Job::Migrate), latest(pebble, Job::UploadAssets));
    // Only now: a command whose websockets are dropped is killed.
    Ok(Inspection { schema: schema?, migrate: migrate?, upload: upload? })
}

async fn schema(pebble: &Pebble, environment: &Environment) -> Result<Result<Schema, String>, PebbleError> {
    let variables = variables(environment);
    let password = variables.get("PGPASSWORD").cloned().unwrap_or_default();
    let result = pebble
        .exec(&ExecRequest {
            command: ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1"].map(str::to_owned).to_vec(),
            environment: variables,
            working_dir: Some("/".to_owned()),
            user: Some(USER.to_owned()),
            stdin: Some(Secret::from(SCRIPT.to_owned())),
            timeout: SCHEMA_TIMEOUT,
            ..ExecRequest::default()
        })
        .await;
    match result {
        Ok(done) if done.exit_code == Some(0) => {
            Ok(Schema::parse(&done.stdout).ok_or_else(|| "psql gave no complete answer".to_owned()))
        }
        Ok(done) => Ok(Err(complaint(&done.stderr, &password))),
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

/// The last line of an error without the program's name, and without the password whatever it says.
fn complaint(stderr: &str, password: &str) -> String {
    let line = stderr.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("psql failed without a word");
    let line = line.trim_start_matches("psql: ").trim_start_matches("error: ");
    let masked = if password.is_empty() { line.to_owned() } else { line.replace(password, MASK) };
    masked.chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::complaint;

    #[test]
    fn a_complaint_is_one_short_line_without_the_password() {
        let stderr = "psql: error: connection to server at \"pg\" failed: FATAL:  no role \"hunter2\"\n";
        assert_eq!(complaint(stderr, "hunter2"), "connection to server at \"pg\" failed: FATAL:  no role \"***\"");
        assert_eq!(complaint("", "x"), "psql failed without a word");
    }
}
