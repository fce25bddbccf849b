//! What the servers of the workload answer, as far as it is shown: without what they were told.

use std::collections::BTreeMap;

use crate::{excerpt::Excerpt, secret::MASK};

/// What must not be shown wherever it is a word of its own.
const NAMES: [&str; 4] = ["DISCOURSE_DB_HOST", "DISCOURSE_REDIS_HOST", "DISCOURSE_DB_USERNAME", "DISCOURSE_DB_NAME"];

/// What must not be shown anywhere.
const CREDENTIALS: [&str; 4] = [
    "DISCOURSE_DB_PASSWORD",
    "DISCOURSE_REDIS_PASSWORD",
    "DISCOURSE_S3_ACCESS_KEY_ID",
    "DISCOURSE_S3_SECRET_ACCESS_KEY",
];

/// The words after which `PostgreSQL` quotes the name of a host, a user or a database.
const BEFORE_NAMES: [&str; 9] = ["address", "at", "database", "for", "host", "name", "role", "server", "user"];

/// An answer without hosts, users, databases and credentials; `environment` is what the workload knows of them, and `others` are
/// credentials that it was told otherwise.
#[must_use]
pub fn excerpt(answer: &str, environment: &BTreeMap<String, String>, others: &[&str]) -> Excerpt {
    let value = |name: &&str| environment.get(*name).map_or("", String::as_str);
    let answer = without_address(answer);
    let answer = NAMES.iter().map(value).fold(answer, |answer, name| mask_word(&answer, name));
    let answer = ['"', '\''].into_iter().fold(answer, |answer, quote| mask_names(&answer, quote));
    let credentials: Vec<&str> = CREDENTIALS.iter().map(value).chain(others.iter().copied()).collect();
    Excerpt::masking(&answer, &credentials)
}

/// An answer without the part that names a server, its addresses and port.
///
/// *Source*: `PostgreSQL` 14 to 18, `src/interfaces/libpq/fe-connect.c`.
fn without_address(answer: &str) -> String {
    let Some((before, rest)) = answer.split_once("connection to server ") else { return answer.to_owned() };
    let Some((_, cause)) = rest.split_once(" failed: ") else { return answer.to_owned() };
    format!("{before}{cause}")
}

/// An answer in which a word cannot be read; the folder of the image is no word.
fn mask_word(answer: &str, word: &str) -> String {
    if word.is_empty() {
        return answer.to_owned();
    }
    let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "_-".contains(c));
    let (mut masked, mut rest) = (String::new(), answer);
    while let Some((before, after)) = rest.split_once(word) {
        masked.push_str(before);
        let is_part = goes_on(masked.chars().last()) || goes_on(after.chars().next()) || masked.ends_with("/srv/");
        masked.push_str(if is_part { word } else { MASK });
        rest = after;
    }
    masked + rest
}

/// An answer in which quoted names cannot be read.
fn mask_names(answer: &str, quote: char) -> String {
    let pieces: Vec<&str> = answer.split(quote).collect();
    let names = |piece: &str| {
        let word = piece.split_whitespace().last().unwrap_or_default().to_lowercase();
        BEFORE_NAMES.contains(&word.as_str())
    };
    let before = [""].into_iter().chain(pieces.iter().copied());
    let pairs = pieces.iter().zip(before).enumerate();
    let masked = pairs.map(|(place, (piece, before))| if place % 2 == 1 && names(before) { MASK } else { piece });
    masked.collect::<Vec<_>>().join(&quote.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> BTreeMap<String, String> {
        let variables = [
            ("DISCOURSE_DB_HOST", "pg-primary.prod.svc"),
            ("DISCOURSE_DB_NAME", "discourse"),
            ("DISCOURSE_DB_USERNAME", "relation-4"),
            ("DISCOURSE_DB_PASSWORD", "hunter2"),
            ("DISCOURSE_REDIS_HOST", "redis-0"),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn an_answer_shows_neither_host_nor_user_nor_database_nor_password() {
        for (answer, expected) in [
            (
                "connection to server at \"pg-primary.prod.svc\" (10.1.2.3), port 5432 failed: \
                 FATAL:  password authentication failed for user \"relation-4\"",
                "FATAL: password authentication failed for user \"***\"",
            ),
            ("connection to server at \"10.1.2.3\", port 5432 failed: Connection refused", "Connection refused"),
            (
                "FATAL:  no pg_hba.conf entry for host \"10.1.2.9\", user \"u\", database \"d\", no encryption",
                "FATAL: no pg_hba.conf entry for host \"***\", user \"***\", database \"***\", no encryption",
            ),
            (
                "could not translate host name \"pg\" to address: Name or service not known",
                "could not translate host name \"***\" to address: Name or service not known",
            ),
            ("FATAL:  no such database: discourse", "FATAL: no such database: ***"),
            ("ERROR:  permission denied for relation-4: hunter2x", "ERROR: permission denied for ***: ***x"),
            (
                "PG::ConnectionBad: connection to server at '10.1.2.3', port 5432 failed: FATAL:  role 'x' is not \
                 permitted to log in",
                "PG::ConnectionBad: FATAL: role '***' is not permitted to log in",
            ),
            ("Error connecting to Redis on redis-0:6379", "Error connecting to Redis on ***:6379"),
        ] {
            assert_eq!(excerpt(answer, &environment(), &[]).as_str(), expected);
        }
    }

    #[test]
    fn other_credentials_cannot_be_read_either() {
        assert_eq!(excerpt("swordfish is too short", &environment(), &["", "swordfish"]).as_str(), "*** is too short");
    }

    #[test]
    fn what_an_answer_says_otherwise_is_kept() {
        for answer in [
            "ERROR: relation \"schema_migrations\" does not exist",
            "cannot enter /srv/discourse/app",
            "discourse_saml can't load",
            "connection to server was lost",
            "20240101000000 AddFoo",
        ] {
            assert_eq!(excerpt(answer, &environment(), &[]).as_str(), answer);
        }
    }
}
