//! Every value that becomes a variable, and the spelling that keeps its meaning.

use std::collections::BTreeSet;

use crate::{
    address::{Authority, WebAddress, is_blank, without_blanks},
    discourse::{coercion, options::without_final_line_breaks},
    relations::{Endpoint, database, oauth, redis, s3, saml, smtp},
};

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// In an option.
    Option(&'static str),
    /// In the secret that an option names.
    OptionSecret(&'static str, &'static str),
    /// In the databag of a remote application.
    Databag(&'static Endpoint, &'static str),
    /// In the secret that a key of the databag names.
    RelationSecret(&'static Endpoint, &'static str, &'static str),
}

/// A value, the variable that it becomes, and the spelling that keeps its meaning.
#[derive(Debug)]
pub struct Row {
    pub place: Place,
    pub variable: &'static str,
    pub example: &'static str,
    pub spelling: fn(&str) -> String,
}

const fn row(place: Place, variable: &'static str, example: &'static str, spelling: fn(&str) -> String) -> Row {
    Row { place, variable, example, spelling }
}

use Place::{Databag as Bag, Option as Opt, OptionSecret as Named, RelationSecret as Field};

/// Every value that becomes a variable.
pub static ROWS: [Row; 50] = [
    row(Opt("cors_origin"), "DISCOURSE_CORS_ORIGIN", "https://blog.example.com", origins),
    row(Opt("developer_emails"), "DISCOURSE_DEVELOPER_EMAILS", "ann@example.com", |text| {
        list(text, ",").to_lowercase()
    }),
    row(Opt("external_hostname"), "DISCOURSE_HOSTNAME", "forum.example.com", host_in_brackets),
    row(Opt("saml_sync_groups"), "DISCOURSE_SAML_SYNC_GROUPS_LIST", "staff", groups),
    row(Opt("smtp_address"), "DISCOURSE_SMTP_ADDRESS", "mail.example.com", host),
    row(Opt("smtp_authentication"), "DISCOURSE_SMTP_AUTHENTICATION", "plain", word),
    row(Opt("smtp_domain"), "DISCOURSE_SMTP_DOMAIN", "example.com", greeting),
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
    row(Opt("s3_region"), "DISCOURSE_S3_REGION", "eu-west-3", word),
    row(Opt("s3_secret_access_key"), "DISCOURSE_S3_SECRET_ACCESS_KEY", "key", key),
    row(Opt("throttle_level"), "DISCOURSE_MAX_REQS_PER_IP_MODE", "none", word),
    row(Named("smtp_credentials", "password"), "DISCOURSE_SMTP_PASSWORD", "pass word", key),
    row(Named("smtp_credentials", "username"), "DISCOURSE_SMTP_USER_NAME", "forum", text),
    row(Named("s3_credentials", "access-key-id"), "DISCOURSE_S3_ACCESS_KEY_ID", "AKIA", text),
    row(Named("s3_credentials", "secret-access-key"), "DISCOURSE_S3_SECRET_ACCESS_KEY", "key", key),
    row(Bag(&database::ENDPOINT, "endpoints"), "DISCOURSE_DB_HOST", "pg:5432", first_host),
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
    row(Bag(&s3::ENDPOINT, "region"), "DISCOURSE_S3_REGION", "eu-west-3", word),
    row(Bag(&oauth::ENDPOINT, "client_id"), "DISCOURSE_OPENID_CONNECT_CLIENT_ID", "client", as_it_is),
    row(Bag(&oauth::ENDPOINT, "client_secret"), "DISCOURSE_OPENID_CONNECT_CLIENT_SECRET", "secret", as_it_is),
    row(Bag(&redis::ENDPOINT, "password"), "DISCOURSE_REDIS_PASSWORD", "p", as_it_is),
    row(Bag(&smtp::ENDPOINT, "domain"), "DISCOURSE_SMTP_DOMAIN", "example.com", greeting),
    row(
        Bag(&oauth::ENDPOINT, "issuer_url"),
        "DISCOURSE_OPENID_CONNECT_DISCOVERY_DOCUMENT",
        "https://iam.example.com",
        discovery,
    ),
    row(
        Bag(&saml::ENDPOINT, "single_sign_on_service_redirect_url"),
        "DISCOURSE_SAML_TARGET_URL",
        "https://login.example.com/",
        normal,
    ),
    row(Field(&database::ENDPOINT, "secret-user", "username"), "DISCOURSE_DB_USERNAME", "u", as_it_is),
    row(Field(&database::ENDPOINT, "secret-user", "password"), "DISCOURSE_DB_PASSWORD", "p", as_it_is),
    row(Field(&smtp::ENDPOINT, "password_id", "password"), "DISCOURSE_SMTP_PASSWORD", "p", as_it_is),
    row(Field(&s3::ENDPOINT, "secret-extra", "access-key"), "DISCOURSE_S3_ACCESS_KEY_ID", "id", as_it_is),
    row(Field(&s3::ENDPOINT, "secret-extra", "secret-key"), "DISCOURSE_S3_SECRET_ACCESS_KEY", "key", as_it_is),
    row(
        Field(&oauth::ENDPOINT, "client_secret_id", "secret"),
        "DISCOURSE_OPENID_CONNECT_CLIENT_SECRET",
        "secret",
        as_it_is,
    ),
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

/// One group that looks like a number gets a separator behind it.
fn groups(given: &str) -> String {
    let list = list(given, "|");
    if list.contains('|') { list } else { coercion::list(&[list], "|") }
}

fn address(given: &str) -> String {
    let text = without_blanks(given);
    let punycode = WebAddress::parse(text).filter(|_| !text.is_ascii()).map(|address| address.as_ascii().to_owned());
    punycode.unwrap_or_else(|| text.strip_suffix('/').unwrap_or(text).to_owned())
}

/// The host of an address, and whether it was written with a port: only ASCII without colons is read without the charm's own parser.
/// An address in brackets greets as it is.
fn greeting(given: &str) -> String {
    let text = without_blanks(given);
    if text.starts_with('[') && text.ends_with(']') { text.to_owned() } else { host(given) }
}

fn host(given: &str) -> String {
    let text = address(given);
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let parsed = || Authority::parse(rest).map_or_else(|| given.to_owned(), |authority| authority.host.to_string());
    match rest.split_once(':') {
        None if rest.is_ascii() => rest.to_lowercase(),
        Some((name, port)) if name.is_ascii() && !rest.contains('[') && !port.contains(':') => name.to_lowercase(),
        _ => parsed(),
    }
}

fn first_host(given: &str) -> String {
    host(given.split(',').next().unwrap_or_default())
}

fn host_in_brackets(given: &str) -> String {
    let host = host(given);
    if host.contains(':') && host.parse::<std::net::Ipv6Addr>().is_ok() { format!("[{host}]") } else { host }
}

fn discovery(given: &str) -> String {
    format!("{}/.well-known/openid-configuration", address(given).trim_end_matches('/'))
}

/// As browsers write it.
fn normal(given: &str) -> String {
    WebAddress::parse(given).map_or_else(|| given.to_owned(), |address| address.normal().to_owned())
}

/// The name of a bucket has no capitals, and slashes at its ends are those of addresses.
fn bucket(given: &str) -> String {
    let path = without_blanks(given).trim_matches(|c: char| c == '/' || is_blank(c)).to_lowercase();
    let parts = path.split_once('/');
    parts.map_or_else(|| path.clone(), |(name, folder)| format!("{name}/{}", folder.trim_matches('/')))
}

/// Only the domain is the same in any case.
fn mail_address(given: &str) -> String {
    let text = text(given);
    text.rsplit_once('@').map_or_else(|| text.clone(), |(name, domain)| format!("{name}@{}", host(domain)))
}

/// Browsers send less than an address, and a list is sorted.
fn origins(given: &str) -> String {
    let origin = |entry: &str| WebAddress::parse(entry).map_or_else(|| entry.to_owned(), |address| address.origin());
    let origins: BTreeSet<String> = list(given, ",").split(',').map(origin).collect();
    Vec::from_iter(origins).join(",")
}
