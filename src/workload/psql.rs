//! Asking the database of Discourse, without any boot of Rails.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    discourse::{environment::Environment, image::USER},
    pebble::{ExecRequest, Pebble, PebbleError},
    secret::Secret,
};

/// How long the database may take to answer where nobody waits for more.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How long a change may take that waits for the locks of others.
pub const CHANGE_PATIENCE: Duration = Duration::from_mins(5);

/// What `psql` prints for a script on its standard input, or its complaint, which may name what must not be shown.
///
/// # Errors
/// [`PebbleError`] if Pebble itself fails.
pub async fn psql(
    pebble: &Pebble,
    environment: &Environment,
    script: String,
    timeout: Duration,
) -> Result<Result<String, String>, PebbleError> {
    let result = pebble
        .exec(&ExecRequest {
            // Without details, hints and context, which follow what is wrong and may quote rows.
            command: ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse"].map(str::to_owned).to_vec(),
            environment: variables(environment),
            working_dir: Some("/".to_owned()),
            user: Some(USER.to_owned()),
            stdin: Some(Secret::from(script)),
            timeout,
            ..ExecRequest::default()
        })
        .await;
    match result {
        Ok(done) if done.exit_code == Some(0) => {
            let answer = done.stdout.whole().map(str::to_owned);
            Ok(answer.ok_or_else(|| "psql gave no complete answer".to_owned()))
        }
        Ok(done) => Ok(Err(complaint(done.stderr.last_lines()).to_owned())),
        Err(PebbleError::Timeout { .. }) => Ok(Err(format!("no answer within {} s", timeout.as_secs()))),
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

/// The last line of an error, hints about connections apart, without the name of the program or the line of its input.
fn complaint(stderr: &str) -> &str {
    let is_hint = |line: &&str| line.trim().is_empty() || line.starts_with(char::is_whitespace);
    let line = stderr.lines().rfind(|line| !is_hint(line)).unwrap_or("psql failed without a word");
    let line = if line.starts_with("psql:") { line.split_once(": ").map_or(line, |(_, rest)| rest) } else { line };
    line.trim_start_matches("error: ").trim()
}

#[cfg(test)]
mod tests {
    use super::{CHANGE_PATIENCE, complaint};
    use crate::discourse::aside::BEGIN;

    #[test]
    fn a_change_ends_before_its_program_is_given_up() {
        let limit = BEGIN.split('\'').nth(1).and_then(|limit| limit.strip_suffix('s')).unwrap();
        assert!(limit.parse::<u64>().unwrap() < CHANGE_PATIENCE.as_secs());
    }

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
