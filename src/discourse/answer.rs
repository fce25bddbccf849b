//! What the servers of the workload answer, as far as it is shown: without what they were told.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

use crate::{
    excerpt::{Excerpt, masked},
    secret::MASK,
};

/// The ends of the names of variables whose values must not be shown where they are words of their own.
const NAMES: [&str; 5] = ["_ADDRESS", "_DB_NAME", "_HOST", "_USERNAME", "_USER_NAME"];

/// The ends of the names of variables whose values must not be shown anywhere.
const CREDENTIALS: [&str; 4] = ["_PASSWORD", "_SECRET", "_ACCESS_KEY", "_ACCESS_KEY_ID"];

/// The words after which `PostgreSQL` quotes the name of a host, a user or a database.
const BEFORE_NAMES: [&str; 9] = ["address", "at", "database", "for", "host", "name", "role", "server", "user"];

/// An answer without hosts, users, databases and credentials; `environment` is what the workload knows of them, and `others` are
/// credentials that it was told otherwise.
#[must_use]
pub fn excerpt(answer: &str, environment: &BTreeMap<String, String>, others: &[&str]) -> Excerpt {
    let values = |ends: &'static [&str]| {
        let named = environment.iter().filter(|(name, _)| ends.iter().any(|end| name.ends_with(end)));
        named.map(|(_, value)| value.as_str())
    };
    // First, since a name can be part of a credential.
    let credentials: Vec<&str> = values(&CREDENTIALS).chain(others.iter().copied()).collect();
    let answer = without_servers(&masked(answer, &credentials));
    let answer = values(&NAMES).fold(answer, |answer, name| mask_word(&answer, name));
    let answer = ['"', '\''].into_iter().fold(answer, |answer, quote| mask_names(&answer, quote));
    Excerpt::of(&mask_addresses(&answer))
}

/// An answer without the parts that name a server, its addresses and port.
///
/// *Source*: `PostgreSQL` 14 to 18, `src/interfaces/libpq/fe-connect.c`.
fn without_servers(answer: &str) -> String {
    let (mut kept, mut rest) = (String::new(), answer);
    while let Some((before, server)) = rest.split_once("connection to server ") {
        let Some((_, cause)) = server.split_once(" failed: ") else { break };
        kept.push_str(before);
        rest = cause;
    }
    kept + rest
}

/// An answer in which no address of a machine can be read.
fn mask_addresses(answer: &str) -> String {
    answer.split(' ').map(|word| if is_address(word) { MASK } else { word }).collect::<Vec<_>>().join(" ")
}

fn is_address(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| "(),;.\"'".contains(c));
    let inner = bare.trim_end_matches(':').trim_matches(['[', ']']);
    bare.trim_end_matches(':').parse::<SocketAddr>().is_ok() || inner.parse::<IpAddr>().is_ok()
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
    let opening = format!(" {quote}");
    let (mut masked, mut rest) = (String::new(), answer);
    while let Some((before, quoted)) = rest.split_once(&opening) {
        let word = before.rsplit(' ').next().unwrap_or_default().to_lowercase();
        masked = masked + before + &opening;
        rest = match quoted.split_once(quote) {
            Some((_, after)) if BEFORE_NAMES.contains(&word.as_str()) => {
                masked = masked + MASK + &quote.to_string();
                after
            }
            _ => quoted,
        };
    }
    masked + rest
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
            ("DISCOURSE_SMTP_ADDRESS", "mail.example.com"),
            ("DISCOURSE_SMTP_PASSWORD", "swordfish"),
            ("DISCOURSE_SMTP_USER_NAME", "forum-mail"),
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
            ("Error connecting to Redis on 10.1.2.3:6379 (Errno)", "Error connecting to Redis on *** (Errno)"),
            ("it can't connect to [fd00::1]:25, as user 'forum'", "it can't connect to *** as user '***'"),
            (
                "connection to server at \"a\" failed: no; connection to server at \"b\" (10.1.2.3) failed: refused",
                "no; refused",
            ),
            (
                "535 5.7.8 bad credentials swordfish for forum-mail at mail.example.com",
                "535 5.7.8 bad credentials *** for *** at ***",
            ),
        ] {
            assert_eq!(excerpt(answer, &environment(), &[]).as_str(), expected);
        }
    }

    #[test]
    fn other_credentials_cannot_be_read_either() {
        let within = excerpt("refused: redis-0.s3cr3t", &environment(), &["redis-0.s3cr3t"]);
        assert_eq!(within.as_str(), "refused: ***");
        assert_eq!(excerpt("tunafish is too short", &environment(), &["", "tunafish"]).as_str(), "*** is too short");
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
