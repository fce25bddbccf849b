//! Settings and relation data to the variables that Discourse reads.
//!
//! A variable that is set but empty means nil to Discourse, not its default: empty values are left out.
//!
//! *Source*: Discourse `config/discourse_defaults.conf` and `app/models/global_setting.rb`.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::{
    discourse::settings::{S3, Settings, Smtp, Throttle},
    relations::{database::Database, oauth::Oauth, redis::Redis, saml::Saml},
    secret::{MASK, Secret},
};

/// How many children of Unicorn do background jobs.
const SIDEKIQS: &str = "UNICORN_SIDEKIQS";

/// The variables of a process, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Environment(BTreeMap<String, Variable>);

/// The value of a variable; a secret one is masked wherever it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variable {
    /// May be seen by everybody.
    Plain(String),
    /// Reaches Pebble only.
    Hidden(Secret),
}

/// The model's proxies for charms.
///
/// *Empty*: no proxy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proxy {
    /// For http.
    pub http: Option<String>,
    /// For https.
    pub https: Option<String>,
    /// Hosts that are reached without one, separated by commas.
    pub exempt: Option<String>,
}

impl Environment {
    /// The environment of the server and of every command.
    #[must_use]
    pub fn new(settings: &Settings, database: &Database, redis: &Redis, proxy: &Proxy) -> Self {
        let mut environment = Self::default();
        environment.fixed();
        environment.database(database);
        environment.redis(redis);
        environment.web(settings);
        environment.smtp(&settings.smtp);
        environment.throttle(settings.throttle);
        if let Some(s3) = &settings.s3 {
            environment.s3(s3);
        }
        environment.proxy(proxy);
        environment
    }

    /// The values for Pebble, secrets included.
    #[must_use]
    pub fn exposed(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect()
    }

    /// Whether Unicorn leaves background jobs to a service of their own.
    #[must_use]
    pub fn has_sidekiq_apart(&self) -> bool {
        self.0.get(SIDEKIQS).is_some_and(|value| value.expose() == "0")
    }

    /// The names whose values differ from those that run.
    #[must_use]
    pub fn changed_names(&self, running: &BTreeMap<String, String>) -> Vec<String> {
        let wanted = self.exposed();
        let names = wanted.keys().chain(running.keys().filter(|name| !wanted.contains_key(*name)));
        names.filter(|name| wanted.get(*name) != running.get(*name)).cloned().collect()
    }

    /// The plain values as one text, for digests; what is secret counts by name only.
    #[must_use]
    pub fn masked_text(&self) -> String {
        let shown = |value: &Variable| match value {
            Variable::Plain(text) => text.clone(),
            Variable::Hidden(_) => MASK.to_owned(),
        };
        let lines: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect();
        lines.join("\n")
    }

    /// This environment, and all variables with these beginnings as they run now.
    ///
    /// For a relation whose data has become incomplete: what it gave goes on until it is whole again, or gone.
    #[must_use]
    pub fn keeping(mut self, prefixes: &[&str], running: &BTreeMap<String, String>) -> Self {
        let is_kept = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix));
        self.0.retain(|name, _| !is_kept(name));
        for (name, value) in running.iter().filter(|(name, _)| is_kept(name)) {
            self.hidden(name, &Secret::from(value.clone()));
        }
        self
    }

    /// This environment and one variable more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.plain(name, value);
        self
    }

    /// This environment, for people who log in through SAML.
    #[must_use]
    pub fn with_saml(mut self, saml: &Saml, settings: &Settings) -> Self {
        self.plain("DISCOURSE_SAML_TARGET_URL", &saml.target_url);
        self.plain("DISCOURSE_SAML_CERT_FINGERPRINT", &saml.certificate_fingerprint);
        if settings.is_saml_forced {
            self.plain("DISCOURSE_ENABLE_LOCAL_LOGINS", "false");
        }
        if !settings.saml_sync_groups.is_empty() {
            self.plain("DISCOURSE_SAML_SYNC_GROUPS", "true");
            self.plain("DISCOURSE_SAML_SYNC_GROUPS_LIST", &settings.saml_sync_groups.join("|"));
        }
        self
    }

    /// This environment, for people who log in through `OpenID` Connect.
    #[must_use]
    pub fn with_oauth(mut self, oauth: &Oauth) -> Self {
        self.plain("DISCOURSE_OPENID_CONNECT_ENABLED", "true");
        self.plain("DISCOURSE_OPENID_CONNECT_DISCOVERY_DOCUMENT", &oauth.discovery_document);
        self.plain("DISCOURSE_OPENID_CONNECT_CLIENT_ID", &oauth.client_id);
        self.hidden("DISCOURSE_OPENID_CONNECT_CLIENT_SECRET", &oauth.client_secret);
        self.plain("DISCOURSE_OPENID_CONNECT_AUTHORIZE_SCOPE", "openid email");
        self.plain("DISCOURSE_OPENID_CONNECT_MATCH_BY_EMAIL", "true");
        self
    }

    /// What is the same in every deployment.
    fn fixed(&mut self) {
        for (name, value) in [
            // A lost node must not hold the advisory lock of a migration for hours.
            ("DISCOURSE_DB_VARIABLES_TCP_KEEPALIVES_IDLE", "30"),
            ("DISCOURSE_REFRESH_MAXMIND_DB_DURING_PRECOMPILE_DAYS", "0"),
            ("DISCOURSE_SERVE_STATIC_ASSETS", "true"),
            ("RAILS_ENV", "production"),
            // Pebble forwards what is printed, not what stands in files.
            ("RAILS_LOG_TO_STDOUT", "1"),
            // Else Discourse listens on 127.0.0.1 only.
            ("UNICORN_BIND_ALL", "1"),
        ] {
            self.plain(name, value);
        }
    }

    fn database(&mut self, database: &Database) {
        self.plain("DISCOURSE_DB_HOST", &database.endpoint.host);
        self.plain("DISCOURSE_DB_PORT", &database.endpoint.port.to_string());
        self.plain("DISCOURSE_DB_NAME", &database.name);
        self.plain("DISCOURSE_DB_USERNAME", &database.username);
        self.hidden("DISCOURSE_DB_PASSWORD", &database.password);
    }

    fn redis(&mut self, redis: &Redis) {
        self.plain("DISCOURSE_REDIS_HOST", &redis.host);
        self.plain("DISCOURSE_REDIS_PORT", &redis.port.to_string());
        if let Some(password) = &redis.password {
            self.hidden("DISCOURSE_REDIS_PASSWORD", password);
        }
    }

    fn web(&mut self, settings: &Settings) {
        self.plain("DISCOURSE_HOSTNAME", &settings.hostname);
        self.plain("DISCOURSE_FORCE_HTTPS", truth(settings.is_https));
        self.plain("DISCOURSE_ENABLE_CORS", truth(settings.is_cors_enabled));
        self.plain("DISCOURSE_CORS_ORIGIN", &settings.cors_origin);
        self.plain("DISCOURSE_DEVELOPER_EMAILS", &settings.developer_emails);
        self.plain("DISCOURSE_MAX_CATEGORY_NESTING", &settings.max_category_nesting.to_string());
        // Somebody must do background jobs, else no mail is sent.
        self.plain(SIDEKIQS, if settings.sidekiq.is_apart { "0" } else { "1" });
        self.plain("UNICORN_SIDEKIQ_MAX_RSS", &settings.sidekiq.max_memory.to_string());
    }

    fn smtp(&mut self, smtp: &Smtp) {
        self.plain("DISCOURSE_SMTP_ADDRESS", &smtp.address);
        self.plain("DISCOURSE_SMTP_PORT", &smtp.port.to_string());
        self.plain("DISCOURSE_SMTP_DOMAIN", &smtp.domain);
        self.plain("DISCOURSE_SMTP_USER_NAME", &smtp.username);
        self.hidden("DISCOURSE_SMTP_PASSWORD", &smtp.password);
        self.plain("DISCOURSE_SMTP_ENABLE_START_TLS", &smtp.enable_start_tls);
        self.plain("DISCOURSE_SMTP_FORCE_TLS", &smtp.force_tls);
        self.plain("DISCOURSE_SMTP_OPENSSL_VERIFY_MODE", &smtp.openssl_verify_mode);
        // The mail library knows no method of that name: not to log in is to name none.
        if smtp.authentication != "none" {
            self.plain("DISCOURSE_SMTP_AUTHENTICATION", &smtp.authentication);
        }
    }

    fn throttle(&mut self, level: Throttle) {
        self.plain("DISCOURSE_MAX_REQS_RATE_LIMIT_ON_PRIVATE", "false");
        for (name, value) in limits(level) {
            self.plain(name, value);
        }
    }

    fn s3(&mut self, s3: &S3) {
        self.plain("DISCOURSE_S3_ACCESS_KEY_ID", &s3.access_key_id);
        self.hidden("DISCOURSE_S3_SECRET_ACCESS_KEY", &s3.secret_access_key);
        self.plain("DISCOURSE_S3_BUCKET", &s3.bucket);
        self.plain("DISCOURSE_S3_REGION", &s3.region);
        self.plain("DISCOURSE_S3_ENDPOINT", &s3.endpoint);
        self.plain("DISCOURSE_S3_INSTALL_CORS_RULE", truth(s3.is_cors_rule_installed));
        self.plain("DISCOURSE_S3_CDN_URL", &s3.cdn_url);
        if !s3.backup_bucket.is_empty() {
            self.plain("DISCOURSE_BACKUP_LOCATION", "s3");
            self.plain("DISCOURSE_S3_BACKUP_BUCKET", &s3.backup_bucket);
        }
    }

    /// Programs disagree about the case of these names.
    fn proxy(&mut self, proxy: &Proxy) {
        for (name, value) in [("http_proxy", &proxy.http), ("https_proxy", &proxy.https), ("no_proxy", &proxy.exempt)] {
            let value = value.as_deref().unwrap_or_default();
            self.plain(name, value);
            self.plain(&name.to_uppercase(), value);
        }
    }

    fn plain(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.0.insert(name.to_owned(), Variable::Plain(value.to_owned()));
        }
    }

    fn hidden(&mut self, name: &str, value: &Secret) {
        if !value.expose().is_empty() {
            self.0.insert(name.to_owned(), Variable::Hidden(value.clone()));
        }
    }
}

impl Variable {
    fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Hidden(secret) => secret.expose(),
        }
    }
}

impl Serialize for Variable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(text) => text.serialize(serializer),
            Self::Hidden(secret) => secret.serialize(serializer),
        }
    }
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// The limits of each throttle level.
fn limits(level: Throttle) -> &'static [(&'static str, &'static str)] {
    match level {
        Throttle::None => &[("DISCOURSE_MAX_REQS_PER_IP_MODE", "none")],
        Throttle::Permissive => &[
            ("DISCOURSE_MAX_REQS_PER_IP_MODE", "warn+block"),
            ("DISCOURSE_MAX_REQS_PER_IP_PER_MINUTE", "1000"),
            ("DISCOURSE_MAX_REQS_PER_IP_PER_10_SECONDS", "100"),
            ("DISCOURSE_MAX_ASSET_REQS_PER_IP_PER_10_SECONDS", "400"),
            ("DISCOURSE_MAX_USER_API_REQS_PER_MINUTE", "3000"),
            ("DISCOURSE_MAX_USER_API_REQS_PER_DAY", "30000"),
            ("DISCOURSE_MAX_ADMIN_API_REQS_PER_MINUTE", "3000"),
        ],
        Throttle::Strict => &[
            ("DISCOURSE_MAX_REQS_PER_IP_MODE", "block"),
            ("DISCOURSE_MAX_REQS_PER_IP_PER_MINUTE", "200"),
            ("DISCOURSE_MAX_REQS_PER_IP_PER_10_SECONDS", "50"),
            ("DISCOURSE_MAX_ASSET_REQS_PER_IP_PER_10_SECONDS", "200"),
            ("DISCOURSE_MAX_USER_API_REQS_PER_MINUTE", "100"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        discourse::{options::RawOptions, settings::Surroundings},
        relations::database::Endpoint,
    };
    use serde_json::{Value, json};

    fn environment(options: &Value) -> Environment {
        let options: RawOptions = options.as_object().unwrap().clone().into_iter().collect();
        let surroundings = Surroundings { app: "forum", ..Surroundings::default() };
        let settings = Settings::parse(&options, surroundings).unwrap();
        let database = Database {
            relation: 1,
            provider: "pg".to_owned(),
            endpoint: Endpoint { host: "pg".to_owned(), port: 5433 },
            name: "d".to_owned(),
            username: "u".to_owned(),
            password: Secret::from("hunter2".to_owned()),
        };
        let redis = Redis { host: "redis".to_owned(), port: 6379, password: None };
        Environment::new(&settings, &database, &redis, &Proxy::default())
    }

    #[test]
    fn a_plain_forum_has_this_environment() {
        let expected = json!({
            "DISCOURSE_CORS_ORIGIN": "http://forum",
            "DISCOURSE_DB_HOST": "pg",
            "DISCOURSE_DB_NAME": "d",
            "DISCOURSE_DB_PASSWORD": "***",
            "DISCOURSE_DB_PORT": "5433",
            "DISCOURSE_DB_USERNAME": "u",
            "DISCOURSE_DB_VARIABLES_TCP_KEEPALIVES_IDLE": "30",
            "DISCOURSE_ENABLE_CORS": "true",
            "DISCOURSE_FORCE_HTTPS": "false",
            "DISCOURSE_HOSTNAME": "forum",
            "DISCOURSE_MAX_CATEGORY_NESTING": "2",
            "DISCOURSE_MAX_REQS_PER_IP_MODE": "none",
            "DISCOURSE_MAX_REQS_RATE_LIMIT_ON_PRIVATE": "false",
            "DISCOURSE_REDIS_HOST": "redis",
            "DISCOURSE_REDIS_PORT": "6379",
            "DISCOURSE_REFRESH_MAXMIND_DB_DURING_PRECOMPILE_DAYS": "0",
            "DISCOURSE_SERVE_STATIC_ASSETS": "true",
            "DISCOURSE_SMTP_ENABLE_START_TLS": "true",
            "DISCOURSE_SMTP_FORCE_TLS": "false",
            "DISCOURSE_SMTP_OPENSSL_VERIFY_MODE": "none",
            "DISCOURSE_SMTP_PORT": "587",
            "RAILS_ENV": "production",
            "RAILS_LOG_TO_STDOUT": "1",
            "UNICORN_BIND_ALL": "1",
            "UNICORN_SIDEKIQS": "1",
            "UNICORN_SIDEKIQ_MAX_RSS": "1000",
        });
        assert_eq!(serde_json::to_value(environment(&json!({}))).unwrap(), expected);
    }

    #[test]
    fn pebble_gets_the_secrets_and_nobody_else() {
        let environment = environment(&json!({}));
        assert_eq!(environment.exposed().get("DISCOURSE_DB_PASSWORD").map(String::as_str), Some("hunter2"));
        let shown =
            format!("{environment:?}{}{}", environment.masked_text(), serde_json::to_string(&environment).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn what_changed_is_told_by_name() {
        let running = environment(&json!({"smtp_domain": "old.example.com"})).exposed();
        let wanted = environment(&json!({"max_category_nesting": 3}));
        assert_eq!(wanted.changed_names(&running), ["DISCOURSE_MAX_CATEGORY_NESTING", "DISCOURSE_SMTP_DOMAIN"]);
    }

    #[test]
    fn object_storage_is_used_whole_or_not_at_all() {
        let options = json!({
            "s3_enabled": true, "s3_access_key_id": "id", "s3_secret_access_key": "key", "s3_bucket": "b",
            "s3_region": "r", "s3_backup_bucket": "backups", "s3_endpoint": "", "s3_cdn_url": "https://cdn",
        });
        let variables = environment(&options).exposed();
        let s3: Vec<(&str, &str)> = variables
            .iter()
            .filter(|(name, _)| name.contains("S3") || name.contains("BACKUP"))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            s3,
            [
                ("DISCOURSE_BACKUP_LOCATION", "s3"),
                ("DISCOURSE_S3_ACCESS_KEY_ID", "id"),
                ("DISCOURSE_S3_BACKUP_BUCKET", "backups"),
                ("DISCOURSE_S3_BUCKET", "b"),
                ("DISCOURSE_S3_CDN_URL", "https://cdn"),
                ("DISCOURSE_S3_INSTALL_CORS_RULE", "true"),
                ("DISCOURSE_S3_REGION", "r"),
                ("DISCOURSE_S3_SECRET_ACCESS_KEY", "key"),
            ]
        );
    }
}
