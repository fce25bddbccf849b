//! Values that Discourse takes for numbers or booleans, and what the programs behind it make of them.
//!
//! Discourse reads `true`, `false` and digits, newer versions with a minus sign, as booleans and numbers; blanks around digits do not
//! count. A number loses its leading zeros. There is no way to quote such a value.
//!
//! *Source*: Discourse `app/models/global_setting.rb`; the libraries that its table of readers names.

use crate::discourse::environment::{Environment, Origin};

/// How the program that gets a value takes another type than text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// As text again, booleans included; but `false` counts as not set.
    Text,
    /// A number as text again; a boolean fails.
    Number,
    /// Not at all: it fails, or finds nothing.
    Nothing,
}

/// The login at the mail server, whose reader depends on the method.
const SMTP: [&str; 2] = ["DISCOURSE_SMTP_PASSWORD", "DISCOURSE_SMTP_USER_NAME"];

/// Every variable that holds a credential, and its reader.
const READERS: [(&str, Reader); 9] = [
    // The gem pg writes every value of a connection as text.
    ("DISCOURSE_DB_PASSWORD", Reader::Text),
    ("DISCOURSE_DB_USERNAME", Reader::Text),
    // The gem redis-client refuses commands with booleans.
    ("DISCOURSE_REDIS_PASSWORD", Reader::Number),
    // The gem net-smtp writes user and password of the method plain as text; see `reader` for the others.
    ("DISCOURSE_SMTP_PASSWORD", Reader::Text),
    ("DISCOURSE_SMTP_USER_NAME", Reader::Text),
    // The gem aws-sdk-core asks whether the keys are empty, which no number answers.
    ("DISCOURSE_S3_ACCESS_KEY_ID", Reader::Nothing),
    ("DISCOURSE_S3_SECRET_ACCESS_KEY", Reader::Nothing),
    // The gem oauth2 appends to the name of the client, and the name is compared with text.
    ("DISCOURSE_OPENID_CONNECT_CLIENT_ID", Reader::Nothing),
    ("DISCOURSE_OPENID_CONNECT_CLIENT_SECRET", Reader::Nothing),
];

/// The variables that hold names and lists, which Discourse takes apart as text: it does not even start with some of them.
const TEXTS: [&str; 10] = [
    "DISCOURSE_CORS_ORIGIN",
    "DISCOURSE_DB_HOST",
    "DISCOURSE_DB_NAME",
    "DISCOURSE_DEVELOPER_EMAILS",
    "DISCOURSE_HOSTNAME",
    "DISCOURSE_REDIS_HOST",
    "DISCOURSE_S3_BACKUP_BUCKET",
    "DISCOURSE_S3_BUCKET",
    "DISCOURSE_S3_REGION",
    "DISCOURSE_SMTP_ADDRESS",
];

/// What Discourse takes a value for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coerced<'a> {
    Boolean(bool),
    /// The digits that are left.
    Number(&'a str),
    /// Blanks count as not set.
    Nothing,
}

/// Whether a name or a list cannot be used because Discourse takes it for a number or a boolean.
#[must_use]
pub fn is_misread_text(variable: &str, value: &str) -> bool {
    TEXTS.contains(&variable) && coerced(value).is_some()
}

/// A list for a reader that splits it at a separator: one entry that Discourse would take for a number gets a separator behind it.
#[must_use]
pub fn list(entries: &[String], separator: &str) -> String {
    let joined = entries.join(separator);
    if coerced(&joined).is_some() { joined + separator } else { joined }
}

/// The origins of the credentials that do not arrive as they are.
#[must_use]
pub fn misread_credentials(environment: &Environment) -> Vec<Origin> {
    let method = environment.get("DISCOURSE_SMTP_AUTHENTICATION");
    let is_misread = |name: &str, value: &str| reader(name, method).is_some_and(|reader| !arrives(reader, value));
    let variables = environment.variables().iter();
    variables.filter(|(name, it)| is_misread(name, it.expose())).map(|(_, it)| it.origin()).collect()
}

/// The reader of a credential.
///
/// *Empty*: the variable holds none.
fn reader(variable: &str, smtp_method: &str) -> Option<Reader> {
    // The methods login and cram_md5 encode the text themselves.
    if SMTP.contains(&variable) && !matches!(smtp_method, "" | "plain") {
        return Some(Reader::Nothing);
    }
    READERS.iter().find(|(name, _)| *name == variable).map(|(_, reader)| *reader)
}

fn arrives(reader: Reader, value: &str) -> bool {
    match (reader, coerced(value)) {
        (_, None) | (Reader::Text, Some(Coerced::Boolean(true))) => true,
        (Reader::Text | Reader::Number, Some(Coerced::Number(digits))) => digits == value,
        (..) => false,
    }
}

/// *Empty*: it stays text.
fn coerced(value: &str) -> Option<Coerced<'_>> {
    match value {
        "true" => return Some(Coerced::Boolean(true)),
        "false" => return Some(Coerced::Boolean(false)),
        blank if !blank.is_empty() && blank.trim().is_empty() => return Some(Coerced::Nothing),
        _ => {}
    }
    let text = value.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Older versions leave a minus sign alone, newer ones do not: the value is right if both are.
    let is_changed = text.len() > 1 && (digits.starts_with('0') || text == "-0");
    is_number.then_some(Coerced::Number(if is_changed { digits.trim_start_matches('0') } else { text }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        discourse::environment::{Variable, Variables},
        secret::Secret,
    };

    fn environment(name: &'static str, value: &str, method: &str) -> Environment {
        let mut environment = Environment::default();
        let credential = Variable::hidden(&Secret::from(value.to_owned()), Origin::Option("tried"));
        let variables: Variables =
            vec![(name, credential), ("DISCOURSE_SMTP_AUTHENTICATION", Variable::plain(method, Origin::Charm))];
        environment.extend(variables);
        environment
    }

    fn is_misread(name: &'static str, value: &str, method: &str) -> bool {
        misread_credentials(&environment(name, value, method)) == [Origin::Option("tried")]
    }

    #[test]
    fn text_arrives_whatever_digits_are_in_it() {
        for (name, _) in READERS {
            for value in ["abc", "1a", "+5", "1.5", "0x1f", "1_000", "TRUE", " true", "- 5", "--5", "-", "\"5\"", "٣"]
            {
                assert!(!is_misread(name, value, "login"), "{name} {value}");
            }
        }
    }

    #[test]
    fn a_number_arrives_where_its_reader_writes_it_as_text_again() {
        for (name, reader) in READERS {
            for value in ["7", "0", "123", "-5", "99999999999999999999999999"] {
                assert_eq!(is_misread(name, value, "plain"), reader == Reader::Nothing, "{name} {value}");
            }
        }
    }

    #[test]
    fn a_number_that_changes_and_blanks_arrive_nowhere() {
        for (name, _) in READERS {
            for value in [" ", "007", "00", " 42", "42\n", "-05", "-0", "\t1\t"] {
                assert!(is_misread(name, value, "plain"), "{name} {value:?}");
            }
        }
    }

    #[test]
    fn a_boolean_arrives_only_where_its_reader_writes_it_as_text_again() {
        for (name, reader) in READERS {
            assert_eq!(is_misread(name, "true", ""), reader != Reader::Text, "{name}");
            assert!(is_misread(name, "false", ""), "{name}");
        }
    }

    #[test]
    fn the_methods_login_and_cram_md5_take_no_numbers() {
        for name in SMTP {
            assert_eq!(
                ["", "plain", "login", "cram_md5"].map(|it| is_misread(name, "7", it)),
                [false, false, true, true]
            );
        }
    }

    #[test]
    fn a_list_of_one_number_stays_text() {
        let of = |entries: &[&str]| list(&entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>(), "|");
        assert_eq!(
            [of(&[]), of(&["staff"]), of(&["1", "2"]), of(&["123"]), of(&["true"])],
            ["", "staff", "1|2", "123|", "true|"]
        );
    }

    #[test]
    fn a_name_or_a_list_must_not_be_a_number_or_a_boolean() {
        for name in TEXTS {
            assert!(["7", "007", "true", "false", " 1 "].iter().all(|value| is_misread_text(name, value)), "{name}");
            assert!(!is_misread_text(name, "a7"), "{name}");
        }
        assert!(!is_misread_text("DISCOURSE_SMTP_PORT", "7"));
    }
}
