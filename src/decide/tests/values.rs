//! Properties of values: whatever an option, a relation or a secret holds, every variable has the form that its reader takes, and
//! nothing is ignored, cut or replaced without a word.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;

use super::*;
use crate::{
    address::{Authority, Host, WebAddress, port},
    decide::Understanding,
    discourse::{
        coercion::is_misread_text,
        limits,
        options::{Kind as OptionKind, OPTIONS, without_blanks, without_final_line_breaks},
    },
    relations::{arbitrary, oauth, s3, saml, smtp},
    secret::{Secret, SecretContent},
    status::Names,
};

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In an option.
    Option(&'static str),
    /// In the secret that an option names.
    OptionSecret(&'static str, &'static str),
    /// In the databag of a remote application.
    Databag(&'static Endpoint, &'static str),
}

/// A value, the variable that it becomes, and the spelling that keeps its meaning.
#[derive(Debug)]
struct Row {
    place: Place,
    variable: &'static str,
    example: &'static str,
    spelling: fn(&str) -> String,
}

const fn row(place: Place, variable: &'static str, example: &'static str, spelling: fn(&str) -> String) -> Row {
    Row { place, variable, example, spelling }
}

use Place::{Databag as Bag, Option as Opt, OptionSecret as Named};

/// Every value that becomes a variable.
static ROWS: [Row; 40] = [
    row(Opt("cors_origin"), "DISCOURSE_CORS_ORIGIN", "https://blog.example.com", origins),
    row(Opt("developer_emails"), "DISCOURSE_DEVELOPER_EMAILS", "ann@example.com", |text| {
        list(text, ",").to_lowercase()
    }),
    row(Opt("external_hostname"), "DISCOURSE_HOSTNAME", "forum.example.com", host_in_brackets),
    row(Opt("saml_sync_groups"), "DISCOURSE_SAML_SYNC_GROUPS_LIST", "staff", |text| list(text, "|")),
    row(Opt("smtp_address"), "DISCOURSE_SMTP_ADDRESS", "mail.example.com", host),
    row(Opt("smtp_authentication"), "DISCOURSE_SMTP_AUTHENTICATION", "plain", word),
    row(Opt("smtp_domain"), "DISCOURSE_SMTP_DOMAIN", "example.com", host),
    row(Opt("smtp_enable_start_tls"), "DISCOURSE_SMTP_ENABLE_START_TLS", "false", word),
    row(Opt("smtp_force_tls"), "DISCOURSE_SMTP_FORCE_TLS", "true", word),
    row(Opt("smtp_openssl_verify_mode"), "DISCOURSE_SMTP_OPENSSL_VERIFY_MODE", "peer", word),
    row(Opt("smtp_password"), "DISCOURSE_SMTP_PASSWORD", "pass word", key),
    row(Opt("smtp_username"), "DISCOURSE_SMTP_USER_NAME", "forum", text),
    row(Opt("s3_access_key_id"), "DISCOURSE_S3_ACCESS_KEY_ID", "AKIA", text),
    row(Opt("s3_backup_bucket"), "DISCOURSE_S3_BACKUP_BUCKET", "backups", bucket),
    row(Opt("s3_bucket"), "DISCOURSE_S3_BUCKET", "uploads", bucket),
    row(Opt("s3_cdn_url"), "DISCOURSE_S3_CDN_URL", "https://cdn.example.com", address),
    row(Opt("s3_endpoint"), "DISCOURSE_S3_ENDPOINT", "https://s3.example.com", address),
    row(Opt("s3_region"), "DISCOURSE_S3_REGION", "eu-west-3", text),
    row(Opt("s3_secret_access_key"), "DISCOURSE_S3_SECRET_ACCESS_KEY", "key", key),
    row(Opt("throttle_level"), "DISCOURSE_MAX_REQS_PER_IP_MODE", "none", word),
    row(Named("smtp_credentials", "password"), "DISCOURSE_SMTP_PASSWORD", "pass word", key),
    row(Named("smtp_credentials", "username"), "DISCOURSE_SMTP_USER_NAME", "forum", text),
    row(Named("s3_credentials", "access-key-id"), "DISCOURSE_S3_ACCESS_KEY_ID", "AKIA", text),
    row(Named("s3_credentials", "secret-access-key"), "DISCOURSE_S3_SECRET_ACCESS_KEY", "key", key),
    row(Bag(&database::ENDPOINT, "endpoints"), "DISCOURSE_DB_HOST", "pg:5432", host),
    row(Bag(&database::ENDPOINT, "username"), "DISCOURSE_DB_USERNAME", "u", as_it_is),
    row(Bag(&database::ENDPOINT, "password"), "DISCOURSE_DB_PASSWORD", "p", as_it_is),
    row(Bag(&database::ENDPOINT, "database"), "DISCOURSE_DB_NAME", "discourse", as_it_is),
    row(Bag(&redis::ENDPOINT, "leader-host"), "DISCOURSE_REDIS_HOST", "redis-0", host),
    row(Bag(&smtp::ENDPOINT, "host"), "DISCOURSE_SMTP_ADDRESS", "mail.example.com", host),
    row(Bag(&smtp::ENDPOINT, "user"), "DISCOURSE_SMTP_USER_NAME", "forum", as_it_is),
    row(Bag(&smtp::ENDPOINT, "password"), "DISCOURSE_SMTP_PASSWORD", "p", as_it_is),
    row(Bag(&smtp::ENDPOINT, "smtp_sender"), "DISCOURSE_NOTIFICATION_EMAIL", "forum@example.com", mail_address),
    row(Bag(&s3::ENDPOINT, "access-key"), "DISCOURSE_S3_ACCESS_KEY_ID", "id", as_it_is),
    row(Bag(&s3::ENDPOINT, "secret-key"), "DISCOURSE_S3_SECRET_ACCESS_KEY", "key", as_it_is),
    row(Bag(&s3::ENDPOINT, "bucket"), "DISCOURSE_S3_BUCKET", "uploads", bucket),
    row(Bag(&s3::ENDPOINT, "endpoint"), "DISCOURSE_S3_ENDPOINT", "https://s3.example.com", address),
    row(Bag(&s3::ENDPOINT, "region"), "DISCOURSE_S3_REGION", "eu-west-3", text),
    row(Bag(&oauth::ENDPOINT, "client_id"), "DISCOURSE_OPENID_CONNECT_CLIENT_ID", "client", as_it_is),
    row(Bag(&oauth::ENDPOINT, "client_secret"), "DISCOURSE_OPENID_CONNECT_CLIENT_SECRET", "secret", as_it_is),
];

fn as_it_is(given: &str) -> String {
    given.to_owned()
}

fn text(given: &str) -> String {
    without_blanks(given).to_owned()
}

fn key(given: &str) -> String {
    without_final_line_breaks(given).to_owned()
}

fn word(given: &str) -> String {
    text(given).to_lowercase()
}

fn list(given: &str, separator: &str) -> String {
    let entries = given.split([',', '\n', '\r']).map(without_blanks);
    entries.filter(|entry| !entry.is_empty()).collect::<Vec<_>>().join(separator)
}

fn address(given: &str) -> String {
    let text = without_blanks(given);
    text.strip_suffix('/').unwrap_or(text).to_owned()
}

fn authority(given: &str) -> Option<Authority> {
    let text = address(given);
    Authority::parse(text.split_once("://").map_or(text.as_str(), |(_, rest)| rest))
}

fn host(given: &str) -> String {
    authority(given).map_or_else(|| given.to_owned(), |authority| authority.host.to_string())
}

fn host_in_brackets(given: &str) -> String {
    authority(given).map_or_else(|| given.to_owned(), |authority| authority.host.in_brackets())
}

/// The name of a bucket has no capitals, and slashes at its ends are those of addresses.
fn bucket(given: &str) -> String {
    without_blanks(given).trim_matches('/').to_lowercase()
}

/// Only the domain is the same in any case.
fn mail_address(given: &str) -> String {
    let text = text(given);
    text.rsplit_once('@').map_or_else(|| text.clone(), |(name, domain)| format!("{name}@{}", host(domain)))
}

/// Only lists of one origin are compared: a list is sorted.
fn origins(given: &str) -> String {
    WebAddress::parse(given).map_or_else(|| list(given, ","), |address| address.origin())
}

/// What a place holds where everything can be used.
fn intact() -> World {
    let options = json!({
        "force_https": true, "external_hostname": "forum.example.com", "augment_cors_origin": false,
        "cors_origin": "https://blog.example.com", "smtp_address": "mail.example.com", "smtp_authentication": "plain",
        "smtp_username": "u", "smtp_password": "p", "s3_enabled": true, "s3_access_key_id": "id",
        "s3_secret_access_key": "key", "s3_bucket": "uploads", "s3_region": "r", "saml_sync_groups": "staff",
    });
    let identity = json!({
        "entity_id": "e", "x509certs": "MAA=", "single_sign_on_service_redirect_url": "https://login.example.com/",
        "single_sign_on_service_redirect_binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
    });
    with_relation(&saml::ENDPOINT, "login", &identity, with_options(&options, fresh()))
}

/// A world in which a place holds this value, beside what belongs to it.
fn holding(place: Place, value: &str) -> World {
    let mut world = intact();
    match place {
        Opt(option) => world.options = world.options.clone().with(option, json!(value)),
        Named(option, name) => {
            let others = ["password", "username", "access-key-id", "secret-access-key"].map(|key| (key, "other"));
            let content = others.into_iter().chain([(name, value)]);
            let content = content.map(|(key, value)| (key.to_owned(), Secret::from(value.to_owned())));
            world.options = world.options.clone().with(option, json!("secret:x"));
            world.option_secrets.insert(option, SecretContent::Known(content.collect()));
        }
        Bag(endpoint, name) => {
            if !world.relations.has(endpoint.name) {
                world = with_relation(endpoint, "provider", &complete(endpoint), world);
            }
            world.relations.one_mut(endpoint).bag.insert(name.to_owned(), value.to_owned());
        }
    }
    world
}

/// What a provider writes.
fn complete(endpoint: &Endpoint) -> Value {
    match endpoint.name {
        "smtp" => json!({
            "host": "mail.example.com", "port": "25", "auth_type": "plain", "transport_security": "none", "user": "u",
            "password": "p",
        }),
        "s3" => {
            json!({"access-key": "id", "secret-key": "key", "bucket": "b", "region": "r", "endpoint": "https://s3"})
        }
        _ => json!({"issuer_url": "https://iam.example.com", "client_id": "client", "client_secret": "secret"}),
    }
}

/// Everything that a status or the log says about a world.
fn said(world: &World) -> String {
    let reasons: Vec<_> = Understanding::of(world).reasons().collect();
    let each = Status::each(&reasons, Names { app: "forum", unit: "forum/0" });
    each.into_iter().map(|status| status.message).collect::<Vec<_>>().join("\n")
}

/// The name by which people know a place.
fn name(place: Place) -> &'static str {
    match place {
        Opt(name) | Named(name, _) | Bag(_, name) => name,
    }
}

/// Whether a variable has the form that its reader takes.
fn has_form(name: &str, value: &str) -> bool {
    let is_boolean = || matches!(value, "true" | "false");
    let is_host = || Host::parse(value).is_some_and(|host| host.as_str() == value);
    let is_address = || WebAddress::parse(value).is_some();
    match name {
        "DISCOURSE_HOSTNAME" => Host::parse(value).is_some_and(|host| host.in_brackets() == value),
        "DISCOURSE_DB_HOST" | "DISCOURSE_REDIS_HOST" | "DISCOURSE_SMTP_ADDRESS" => is_host(),
        "DISCOURSE_PORT" | "DISCOURSE_DB_PORT" | "DISCOURSE_REDIS_PORT" => port(value).is_some(),
        "DISCOURSE_FORCE_HTTPS" | "DISCOURSE_ENABLE_CORS" => is_boolean(),
        "DISCOURSE_SAML_SYNC_GROUPS" | "DISCOURSE_SAML_GROUPS_FULLSYNC" => is_boolean(),
        "DISCOURSE_S3_CDN_URL" => is_address() && !value.ends_with('/'),
        "DISCOURSE_S3_ENDPOINT" | "DISCOURSE_SAML_TARGET_URL" | "DISCOURSE_OPENID_CONNECT_DISCOVERY_DOCUMENT" => {
            is_address()
        }
        "DISCOURSE_NOTIFICATION_EMAIL" => value.contains('@') && !value.contains([' ', '<', '>', '\n']),
        "DISCOURSE_DEVELOPER_EMAILS" | "DISCOURSE_CORS_ORIGIN" => !value.contains(['\n', '\r']),
        "DISCOURSE_MAX_CATEGORY_NESTING" => matches!(value, "2" | "3"),
        _ => true,
    }
}

/// Values like those of a row, spelled, wrapped and damaged in every way.
fn values(example: &'static str) -> impl Strategy<Value = String> {
    let part = || {
        select(vec![
            "",
            "",
            "",
            " ",
            "\n",
            "\r\n",
            "\t",
            "/",
            "//",
            "https://",
            "HTTP://",
            "smtp://",
            "ftp://",
            ":8443",
            ":0",
            ":",
            ",",
            "*",
            "a b",
            "ü",
            "\0",
            "\u{feff}",
            "_",
            ".",
            "true",
            "false",
            "007",
            "-5",
            "[fd00::1]",
            "fd00::1",
            "/path",
            "?q",
            "@",
            "\u{1b}",
        ])
    };
    let word = prop_oneof![
        6 => Just(example.to_owned()),
        1 => Just(example.to_uppercase()),
        1 => Just(String::new()),
        1 => arbitrary::secret(),
        1 => Just("a".repeat(140_000)),
    ];
    (vec(part(), 0..3), word, vec(part(), 0..3))
        .prop_map(|(before, word, after)| before.concat() + &word + &after.concat())
}

/// A row and a value for it.
fn cases() -> impl Strategy<Value = (&'static Row, String)> {
    (0..ROWS.len()).prop_flat_map(|index| (Just(&ROWS[index]), values(ROWS[index].example)))
}

#[test]
fn the_table_has_every_option_that_is_text() {
    let options = OPTIONS.iter().filter(|(_, kind)| matches!(kind, OptionKind::Text(_) | OptionKind::Password));
    let listed: BTreeSet<&str> = ROWS.iter().map(|row| row.place).map(name).collect();
    assert_eq!(options.map(|(option, _)| *option).filter(|it| !listed.contains(it)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn an_example_becomes_its_variable_without_a_word() {
    for row in &ROWS {
        let world = holding(row.place, row.example);
        let known = Understanding::of(&world);
        assert_eq!(
            known.environment.get(row.variable),
            (row.spelling)(row.example),
            "{:?}: {}",
            row.place,
            said(&world)
        );
        assert!(known.is_usable(), "{:?}: {}", row.place, said(&world));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..arbitrary::trials() })]

    #[test]
    fn no_value_brings_a_variable_that_its_reader_does_not_take((row, value) in cases()) {
        let world = holding(row.place, &value);
        let Some(Step::Inspect(environment)) = step(&world) else { return Ok(()) };
        prop_assert_eq!(limits::misfits(&environment), Vec::new());
        for (name, value) in environment.exposed() {
            prop_assert!(!value.is_empty() && has_form(&name, &value) && !is_misread_text(&name, &value), "{name}={value:?}");
        }
    }

    #[test]
    fn no_value_is_ignored_cut_or_replaced_without_a_word((row, value) in cases()) {
        let world = holding(row.place, &value);
        let found = Understanding::of(&world).environment.get(row.variable).to_owned();
        let said = said(&world);
        let is_blank = without_blanks(&value).is_empty();
        prop_assert!(
            is_blank || found == (row.spelling)(&value) || said.contains(name(row.place)),
            "{value:?} becomes {found:?}, and this is all that is said: {said}"
        );
    }

    #[test]
    fn no_text_shows_a_value((row, value) in cases()) {
        prop_assume!(value.len() > 3 && row.example != value);
        let said = said(&holding(row.place, &value));
        prop_assert!(!said.contains(arbitrary::MARK), "{said}");
        prop_assert!(said.lines().all(|line| line.chars().count() < 400), "{said}");
    }
}
