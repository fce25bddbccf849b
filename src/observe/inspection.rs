//! Asking the database for its schema and Pebble for earlier jobs, without any boot of Rails.

use std::{collections::BTreeMap, time::Duration};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::join;

use crate::{
    discourse::{
        environment::Environment,
        image::USER,
        job::{self, Job, Outcome, Run},
        schema::{SCRIPT, Schema},
    },
    pebble::{Change, ExecRequest, Pebble, PebbleError, Select},
    secret::Secret,
    world::Inspection,
};

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks into the database and at earlier jobs.
///
/// # Errors
/// [`PebbleError`] if Pebble itself fails; a database that does not answer is part of the result.
pub async fn inspect(pebble: &Pebble, environment: &Environment) -> Result<Inspection, PebbleError> {
    let (schema, migrate, upload) =
        join!(schema(pebble, environment), run(pebble, Job::Migrate), run(pebble, Job::UploadAssets));
    Ok(Inspection { schema: schema?, migrate: migrate?, upload: upload? })
}

/// The latest run of a job in this container.
///
/// # Errors
/// [`PebbleError`] if Pebble does not tell.
async fn run(pebble: &Pebble, job: Job) -> Result<Option<Run>, PebbleError> {
    let changes = pebble.changes(Select::All).await?;
    let summary = format!("Execute command \"{}\"", job.script());
    let latest = changes.into_iter().filter(|change| change.summary == summary).max_by_key(|change| change.id.number());
    let Some(change) = latest else { return Ok(None) };
    let log = read_log(pebble, job).await?;
    Ok(Some(Run {
        header: job::header(&log).to_owned(),
        outcome: outcome(&change, &log),
        ended: change.ready_time.as_deref().and_then(unix_time),
        change: change.id.to_string(),
    }))
}

/// What a job has printed so far.
///
/// # Errors
/// [`PebbleError`] if Pebble does not answer; a missing log is empty.
pub async fn read_log(pebble: &Pebble, job: Job) -> Result<String, PebbleError> {
    let path = job.log();
    let mut files = pebble.read_files(&[path.as_str()]).await?;
    let content = files.remove(&path).and_then(Result::ok).unwrap_or_default();
    Ok(String::from_utf8_lossy(&content).into_owned())
}

/// *Units*: seconds since 1970.
pub(super) fn unix_time(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

fn outcome(change: &Change, log: &str) -> Outcome {
    if change.ready { Outcome::parse(change.exit_code(), log) } else { Outcome::Running }
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
            timeout: PATIENCE,
            ..ExecRequest::default()
        })
        .await;
    match result {
        Ok(done) if done.exit_code == Some(0) => {
            Ok(Schema::parse(&done.stdout).ok_or_else(|| "psql gave no complete answer".to_owned()))
        }
        Ok(done) => Ok(Err(complaint(&done.stderr, &password))),
        Err(PebbleError::Timeout { .. }) => Ok(Err(format!("no answer within {} s", PATIENCE.as_secs()))),
        Err(error) => Err(error),
    }
}

/// The variables of `psql` for the database of Discourse.
fn variables(environment: &Environment) -> BTreeMap<String, String> {
    let wanted = environment.exposed();
    [
        ("PGHOST", "DISCOURSE_DB_HOST"),
        ("PGPORT", "DISCOURSE_DB_PORT"),
        ("PGDATABASE", "DISCOURSE_DB_NAME"),
        ("PGUSER", "DISCOURSE_DB_USERNAME"),
        ("PGPASSWORD", "DISCOURSE_DB_PASSWORD"),
    ]
    .into_iter()
    .filter_map(|(name, from)| Some((name.to_owned(), wanted.get(from)?.clone())))
    .chain([("PGCONNECT_TIMEOUT".to_owned(), "5".to_owned())])
    .collect()
}

/// The last line of an error without the program's name, and without the password whatever it says.
fn complaint(stderr: &str, password: &str) -> String {
    let line = stderr.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("psql failed without a word");
    let line = line.trim_start_matches("psql: ").trim_start_matches("error: ");
    let masked = if password.is_empty() { line.to_owned() } else { line.replace(password, "***") };
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
