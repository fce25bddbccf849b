//! The state that led to the environment with which a vector starts.
//!
//! A vector says that the service runs, and with what variables; the charm under test must have started it itself. So the options,
//! bags and proxies from which those variables follow are played first, and then exchanged for those of the vector.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::recording::{Bag, Recording};

/// Options, bags and proxies that lead to a recorded environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    /// What the operator had set.
    pub config: Map<String, Value>,
    /// The database provider's application bag.
    pub database: Bag,
    /// Redis' unit bag.
    pub redis: Bag,
    /// The identity providers' application bags, by endpoint.
    pub identity: BTreeMap<String, Bag>,
    /// The model's proxies, by the charm's variables.
    pub proxies: BTreeMap<String, String>,
}

/// The certificate of every vector's identity provider.
const CERTIFICATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

/// How the text of a variable is written as an option.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Truth,
    Number,
}

/// Variables that are options under another name.
const OPTIONS: [(&str, &str, Kind); 22] = [
    ("DISCOURSE_DEVELOPER_EMAILS", "developer_emails", Kind::Text),
    ("DISCOURSE_ENABLE_CORS", "enable_cors", Kind::Truth),
    ("DISCOURSE_MAX_CATEGORY_NESTING", "max_category_nesting", Kind::Number),
    ("DISCOURSE_S3_ACCESS_KEY_ID", "s3_access_key_id", Kind::Text),
    ("DISCOURSE_S3_BACKUP_BUCKET", "s3_backup_bucket", Kind::Text),
    ("DISCOURSE_S3_BUCKET", "s3_bucket", Kind::Text),
    ("DISCOURSE_S3_CDN_URL", "s3_cdn_url", Kind::Text),
    ("DISCOURSE_S3_ENDPOINT", "s3_endpoint", Kind::Text),
    ("DISCOURSE_S3_INSTALL_CORS_RULE", "s3_install_cors_rule", Kind::Truth),
    ("DISCOURSE_S3_REGION", "s3_region", Kind::Text),
    ("DISCOURSE_S3_SECRET_ACCESS_KEY", "s3_secret_access_key", Kind::Text),
    ("DISCOURSE_SMTP_ADDRESS", "smtp_address", Kind::Text),
    ("DISCOURSE_SMTP_AUTHENTICATION", "smtp_authentication", Kind::Text),
    ("DISCOURSE_SMTP_DOMAIN", "smtp_domain", Kind::Text),
    ("DISCOURSE_SMTP_ENABLE_START_TLS", "smtp_enable_start_tls", Kind::Text),
    ("DISCOURSE_SMTP_FORCE_TLS", "smtp_force_tls", Kind::Text),
    ("DISCOURSE_SMTP_OPENSSL_VERIFY_MODE", "smtp_openssl_verify_mode", Kind::Text),
    ("DISCOURSE_SMTP_PASSWORD", "smtp_password", Kind::Text),
    ("DISCOURSE_SMTP_PORT", "smtp_port", Kind::Number),
    ("DISCOURSE_SMTP_USER_NAME", "smtp_username", Kind::Text),
    ("DISCOURSE_USE_S3", "s3_enabled", Kind::Truth),
    ("UNICORN_SIDEKIQ_MAX_RSS", "sidekiq_max_memory", Kind::Number),
];

impl Before {
    /// The state before a vector.
    ///
    /// *Empty*: no service runs at its start.
    pub fn of(recording: &Recording) -> Option<Self> {
        let runs = recording.input.container.service_statuses.get("discourse").is_some_and(|state| state == "active");
        let variables = Variables(recording.environment_before().filter(|_| runs)?);
        let port = variables.port_of_database(recording);
        Some(Self {
            config: variables.config(recording),
            database: bag([
                ("database", variables.get("DISCOURSE_DB_NAME")),
                ("endpoints", &format!("{}:{port}", variables.get("DISCOURSE_DB_HOST"))),
                ("username", variables.get("DISCOURSE_DB_USERNAME")),
                ("password", variables.get("DISCOURSE_DB_PASSWORD")),
            ]),
            redis: bag([
                ("hostname", variables.get("DISCOURSE_REDIS_HOST")),
                ("port", variables.get("DISCOURSE_REDIS_PORT")),
            ]),
            identity: variables.identity(),
            proxies: bag([
                ("JUJU_CHARM_HTTP_PROXY", variables.get("HTTP_PROXY")),
                ("JUJU_CHARM_HTTPS_PROXY", variables.get("HTTPS_PROXY")),
                ("JUJU_CHARM_NO_PROXY", variables.get("NO_PROXY")),
            ]),
        })
    }
}

fn bag<const N: usize>(entries: [(&str, &str); N]) -> Bag {
    entries.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// The recorded environment.
struct Variables<'a>(&'a BTreeMap<String, Option<String>>);

impl Variables<'_> {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).and_then(Option::as_deref).unwrap_or_default()
    }

    fn config(&self, recording: &Recording) -> Map<String, Value> {
        let mut config: Map<String, Value> = OPTIONS
            .iter()
            .filter(|(variable, _, _)| self.0.contains_key(*variable))
            .map(|(variable, option, kind)| ((*option).to_owned(), kind.value(self.get(variable))))
            .collect();
        config.insert("throttle_level".to_owned(), json!(self.throttle_level()));
        if self.get("DISCOURSE_HOSTNAME") != recording.input.app {
            config.insert("external_hostname".to_owned(), json!(self.get("DISCOURSE_HOSTNAME")));
        }
        config.extend(self.origin(recording));
        config
    }

    fn throttle_level(&self) -> &'static str {
        match self.get("DISCOURSE_MAX_REQS_PER_IP_MODE") {
            "block" => "strict",
            "warn+block" => "permissive",
            _ => "none",
        }
    }

    /// The scheme, which shows in the origin that the charm adds; any other origin is taken as it is.
    fn origin(&self, recording: &Recording) -> Map<String, Value> {
        let origin = self.get("DISCOURSE_CORS_ORIGIN");
        let own = |scheme: &str| format!("{scheme}://{}", self.get("DISCOURSE_HOSTNAME"));
        let is_https = match origin {
            one if one.split(',').any(|part| part == own("https")) => json!(true),
            one if one.split(',').any(|part| part == own("http")) => json!(false),
            _ => recording.input.config.get("force_https").cloned().unwrap_or(json!(false)),
        };
        let mut config = Map::from_iter([("force_https".to_owned(), is_https)]);
        if origin != own("https") && origin != own("http") {
            config.insert("cors_origin".to_owned(), json!(if origin.is_empty() { " " } else { origin }));
            config.insert("augment_cors_origin".to_owned(), json!(false));
        }
        config
    }

    /// The identity providers; of a certificate only the fingerprint is recorded, and all vectors have the same one.
    fn identity(&self) -> BTreeMap<String, Bag> {
        let saml = bag([
            ("entity_id", "https://login.example.com"),
            ("x509certs", CERTIFICATE),
            ("single_sign_on_service_redirect_url", self.get("DISCOURSE_SAML_TARGET_URL")),
            ("single_sign_on_service_redirect_binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"),
        ]);
        let issuer = self.get("DISCOURSE_OPENID_CONNECT_DISCOVERY_DOCUMENT");
        let oauth = bag([
            ("issuer_url", issuer.trim_end_matches("/.well-known/openid-configuration")),
            ("client_id", self.get("DISCOURSE_OPENID_CONNECT_CLIENT_ID")),
            ("client_secret", self.get("DISCOURSE_OPENID_CONNECT_CLIENT_SECRET")),
        ]);
        let known = [("saml", "DISCOURSE_SAML_TARGET_URL", saml), ("oauth", "DISCOURSE_OPENID_CONNECT_ENABLED", oauth)];
        let used = known.into_iter().filter(|(_, variable, _)| self.0.contains_key(*variable));
        used.map(|(endpoint, _, bag)| (endpoint.to_owned(), bag)).collect()
    }

    /// The port that goes with the recorded host, should the vector name it.
    fn port_of_database(&self, recording: &Recording) -> String {
        let endpoints = recording.relation("database").and_then(|relation| relation.remote_app_data.get("endpoints"));
        let first = endpoints.and_then(|endpoints| endpoints.split(',').next()).unwrap_or_default();
        let port = first.strip_prefix(self.get("DISCOURSE_DB_HOST")).and_then(|rest| rest.strip_prefix(':'));
        port.unwrap_or("5432").to_owned()
    }
}

impl Kind {
    fn value(self, text: &str) -> Value {
        match self {
            Self::Text => json!(text),
            Self::Truth => json!(text == "true"),
            Self::Number => text.parse::<i64>().map_or(Value::Null, |number| json!(number)),
        }
    }
}
