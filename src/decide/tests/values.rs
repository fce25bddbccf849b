//! Properties of values: whatever an option, a relation or a secret holds, every variable has the form that its reader takes, and
//! nothing is ignored, cut or replaced without a word.

mod table;

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;

use super::*;
use crate::{
    address::{Host, WebAddress, port, without_blanks},
    decide::Understanding,
    discourse::{
        coercion::is_misread_text,
        options::{Kind as OptionKind, OPTIONS},
    },
    relations::{arbitrary, oauth, s3, saml, smtp},
    secret::{Secret, SecretContent},
};

use table::{
    Place::{self, Databag as Bag, Option as Opt, OptionSecret as Named, RelationSecret as Field},
    ROWS, Row,
};

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
        Field(endpoint, key, name) => {
            world = holding(Bag(endpoint, key), "secret:x");
            let relation = world.relations.one_mut(endpoint);
            let others = ["username", "password", "access-key", "secret-key", "secret"];
            relation.bag.retain(|key, _| !others.contains(&key.as_str()));
            let content = others.into_iter().map(|other| (other, "other")).chain([(name, value)]);
            let content = content.map(|(key, value)| (key.to_owned(), Secret::from(value.to_owned()))).collect();
            relation.secrets.insert(key, SecretContent::Known(content));
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
    let each = Status::each(&reasons, world.names());
    each.into_iter().map(|status| status.message).collect::<Vec<_>>().join("\n")
}

/// Whether something is said about a place that is not said about an example in it.
fn is_named(row: &Row, world: &World) -> bool {
    let usual = said(&holding(row.place, row.example));
    let is_about = |line: &str| names(row.place).iter().any(|name| line.contains(name));
    said(world).lines().any(|line| is_about(line) && !usual.lines().any(|it| it == line))
}

/// The names by which people know a place.
fn names(place: Place) -> Vec<&'static str> {
    match place {
        Opt(name) | Named(name, _) | Bag(_, name) => vec![name],
        Field(_, key, "secret") => vec![key, "client_secret"],
        Field(_, key, name) => vec![key, name],
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
        "DISCOURSE_FORCE_HTTPS" | "DISCOURSE_ENABLE_CORS" | "DISCOURSE_SAML_SYNC_GROUPS" => is_boolean(),
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

/// What people and providers leave around values, put before them or behind them.
const PARTS: [&str; 34] = [
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
];

/// Values like those of a row, spelled, wrapped and damaged in every way.
fn values(example: &'static str) -> impl Strategy<Value = String> {
    let part = || select(PARTS.to_vec());
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
    let listed: BTreeSet<&str> = ROWS.iter().map(|row| row.place).flat_map(names).collect();
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

#[test]
fn long_values_of_optional_relations_keep_nothing_else_from_being_used() {
    let mut world = intact();
    for endpoint in [&smtp::ENDPOINT, &s3::ENDPOINT, &oauth::ENDPOINT] {
        world = with_relation(endpoint, "provider", &complete(endpoint), world);
        let long = "x".repeat(100_000);
        let keys = ["user", "password", "access-key", "secret-key", "client_id", "client_secret"];
        world.relations.one_mut(endpoint).bag.extend(keys.map(|key| (key.to_owned(), long.clone())));
    }
    let said = said(&world);
    assert!(Understanding::of(&world).is_usable(), "{said}");
    for name in ["smtp", "s3", "oauth"] {
        assert!(said.contains(&format!("{name}: its values are too long")), "{said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..arbitrary::trials() })]

    #[test]
    fn no_value_brings_a_variable_that_its_reader_does_not_take((row, value) in cases()) {
        let world = holding(row.place, &value);
        let Some(Step::Inspect(environment, _)) = step(&world) else { return Ok(()) };
        let lengths: Vec<usize> = environment.exposed().iter().map(|(name, it)| name.len() + it.len() + 2).collect();
        prop_assert!(lengths.iter().all(|length| *length <= 131_072) && lengths.iter().sum::<usize>() <= 1_048_576);
        for (name, value) in environment.exposed() {
            prop_assert!(!value.is_empty() && !value.contains('\0') && has_form(&name, &value) && !is_misread_text(&name, &value), "{name}={value:?}");
        }
    }

    #[test]
    fn no_value_is_ignored_cut_or_replaced_without_a_word((row, value) in cases()) {
        let world = holding(row.place, &value);
        let found = Understanding::of(&world).environment.get(row.variable).to_owned();
        let said = said(&world);
        let is_blank = without_blanks(&value).is_empty();
        prop_assert!(
            is_blank || found == (row.spelling)(&value) || is_named(row, &world),
            "{value:?} becomes {found:?} and not {:?}, and this is all that is said: {said}", (row.spelling)(&value)
        );
    }

    #[test]
    fn no_text_shows_a_value((row, value) in cases()) {
        let said = said(&holding(row.place, &value));
        prop_assert!(!said.contains(arbitrary::MARK), "{said}");
        prop_assert!(said.lines().all(|line| line.chars().count() < 400), "{said}");
    }
}
