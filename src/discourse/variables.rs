//! The environment variables for the settings.
//!
//! *Source*: Discourse `config/discourse_defaults.conf` and `app/models/global_setting.rb`.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    address::{Authority, Host, WebAddress},
    discourse::{
        bucket::Bucket,
        environment::{Origin, SIDEKIQS, Variable, Variables},
        options::OPTIONS,
        settings::{Address, S3, Settings, Smtp, Storage, Throttle},
        sizing,
    },
};

/// The proxies that the model configures for charms.
///
/// *Empty*: no proxy is used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proxy {
    /// The URL of the proxy for http.
    pub http: Option<String>,
    /// The URL of the proxy for https.
    pub https: Option<String>,
    /// Hosts that are reached without a proxy, separated by commas.
    pub exempt: Option<String>,
}

/// The variables that are the same in every deployment.
#[must_use]
pub fn fixed() -> Variables {
    [
        // A lost node must not hold the advisory lock of a migration for hours.
        ("DISCOURSE_DB_VARIABLES_TCP_KEEPALIVES_IDLE", "30"),
        ("DISCOURSE_REFRESH_MAXMIND_DB_DURING_PRECOMPILE_DAYS", "0"),
        ("DISCOURSE_SERVE_STATIC_ASSETS", "true"),
        ("RAILS_ENV", "production"),
        // Pebble forwards standard output, but no log files.
        ("RAILS_LOG_TO_STDOUT", "1"),
        // Without this, Discourse listens on 127.0.0.1 only.
        ("UNICORN_BIND_ALL", "1"),
    ]
    .map(|(name, value)| (name, Variable::plain(value, Origin::Charm)))
    .into()
}

impl Settings {
    /// The variables that the options set.
    #[must_use]
    pub fn variables(&self) -> Variables {
        let web = self.web();
        let storage = self.s3.as_ref().map(S3::variables).unwrap_or_default();
        [web, self.smtp.variables(Origin::Option), throttle(self.throttle), storage].concat()
    }

    fn web(&self) -> Variables {
        let option = |option, value: &dyn ToString| Variable::plain(value.to_string(), Origin::Option(option));
        let Address { authority: Authority { host, port }, authority_origin, is_https, https_origin } = &self.address;
        let port = port.map(|port| port.to_string()).unwrap_or_default();
        vec![
            ("DISCOURSE_HOSTNAME", Variable::plain(host.in_brackets(), *authority_origin)),
            ("DISCOURSE_PORT", Variable::plain(port, *authority_origin)),
            ("DISCOURSE_FORCE_HTTPS", Variable::plain(is_https.to_string(), *https_origin)),
            ("DISCOURSE_ENABLE_CORS", option("enable_cors", &self.is_cors_enabled)),
            ("DISCOURSE_CORS_ORIGIN", option("cors_origin", &self.cors_origin)),
            ("DISCOURSE_DEVELOPER_EMAILS", option("developer_emails", &self.developer_emails)),
            ("DISCOURSE_MAX_CATEGORY_NESTING", option("max_category_nesting", &self.max_category_nesting)),
            // Discourse sends no mail without a process for background jobs.
            (SIDEKIQS, option("sidekiq_as_service", if self.sidekiq.is_service { &0 } else { &1 })),
            ("UNICORN_SIDEKIQ_MAX_RSS", option("sidekiq_max_memory", &self.sidekiq.max_memory)),
        ]
    }
}

impl Smtp {
    /// The variables of a mail server; `origin` maps the name of an option to where its value comes from.
    #[must_use]
    pub fn variables(&self, origin: impl Fn(&'static str) -> Origin) -> Variables {
        let plain = |option, value: &str| Variable::plain(value, origin(option));
        let login = |option| self.credentials.map_or_else(|| origin(option), Origin::Option);
        let address = self.address.as_ref().map(Host::as_str).unwrap_or_default();
        // The mail library has no method `none`; without a login it needs none, and with one it takes `plain`.
        let authentication = if self.authentication == "none" { "" } else { &self.authentication };
        vec![
            ("DISCOURSE_SMTP_ADDRESS", plain("smtp_address", address)),
            ("DISCOURSE_SMTP_PORT", plain("smtp_port", &self.port.to_string())),
            ("DISCOURSE_SMTP_DOMAIN", plain("smtp_domain", &self.domain)),
            ("DISCOURSE_SMTP_USER_NAME", Variable::plain(&self.username, login("smtp_username"))),
            ("DISCOURSE_SMTP_PASSWORD", Variable::hidden(&self.password, login("smtp_password"))),
            ("DISCOURSE_SMTP_ENABLE_START_TLS", plain("smtp_enable_start_tls", &self.enable_start_tls)),
            ("DISCOURSE_SMTP_FORCE_TLS", plain("smtp_force_tls", &self.force_tls)),
            ("DISCOURSE_SMTP_OPENSSL_VERIFY_MODE", plain("smtp_openssl_verify_mode", &self.openssl_verify_mode)),
            ("DISCOURSE_SMTP_AUTHENTICATION", plain("smtp_authentication", authentication)),
        ]
    }
}

impl S3 {
    fn variables(&self) -> Variables {
        let option = |option, value: &str| Variable::plain(value, Origin::Option(option));
        let mut variables = self.storage.variables(Origin::Option);
        variables.extend([
            (
                "DISCOURSE_S3_INSTALL_CORS_RULE",
                option("s3_install_cors_rule", &self.is_cors_rule_installed.to_string()),
            ),
            ("DISCOURSE_S3_CDN_URL", option("s3_cdn_url", url(self.cdn_url.as_ref()))),
        ]);
        if let Some(bucket) = &self.backup_bucket {
            variables.extend([
                ("DISCOURSE_BACKUP_LOCATION", option("s3_backup_bucket", "s3")),
                ("DISCOURSE_S3_BACKUP_BUCKET", option("s3_backup_bucket", &bucket.to_string())),
            ]);
        }
        variables
    }
}

impl Storage {
    /// The variables of a storage; `origin` maps the name of an option to where its value comes from.
    #[must_use]
    pub fn variables(&self, origin: impl Fn(&'static str) -> Origin) -> Variables {
        let keys = |option| self.credentials.map_or_else(|| origin(option), Origin::Option);
        let bucket = self.bucket.as_ref().map(Bucket::to_string).unwrap_or_default();
        vec![
            ("DISCOURSE_S3_ACCESS_KEY_ID", Variable::plain(&self.access_key_id, keys("s3_access_key_id"))),
            ("DISCOURSE_S3_SECRET_ACCESS_KEY", Variable::hidden(&self.secret_access_key, keys("s3_secret_access_key"))),
            ("DISCOURSE_S3_BUCKET", Variable::plain(bucket, origin("s3_bucket"))),
            ("DISCOURSE_S3_REGION", Variable::plain(&self.region, origin("s3_region"))),
            ("DISCOURSE_S3_ENDPOINT", Variable::plain(url(self.endpoint.as_ref()), origin("s3_endpoint"))),
        ]
    }
}

fn url(address: Option<&WebAddress>) -> &str {
    address.map(WebAddress::as_ascii).unwrap_or_default()
}

impl Proxy {
    /// The proxy variables in lower and upper case, since programs differ in which they read.
    #[must_use]
    pub fn variables(&self) -> Variables {
        [
            ("http_proxy", &self.http),
            ("HTTP_PROXY", &self.http),
            ("https_proxy", &self.https),
            ("HTTPS_PROXY", &self.https),
            ("no_proxy", &self.exempt),
            ("NO_PROXY", &self.exempt),
        ]
        .map(|(name, value)| (name, Variable::plain(value.as_deref().unwrap_or_default(), Origin::Proxy)))
        .into()
    }
}

/// The variables of a throttle level.
fn throttle(level: Throttle) -> Variables {
    let limits: &[(&str, &str)] = match level {
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
    };
    let always = ("DISCOURSE_MAX_REQS_RATE_LIMIT_ON_PRIVATE", "false");
    let limits = limits.iter().copied().chain([always]);
    limits.map(|(name, value)| (name, Variable::plain(value, Origin::Option("throttle_level")))).collect()
}

/// The options whose variables have other names, and the prefixes of those names.
const OTHER_NAMES: [(&str, &str); 15] = [
    ("external_hostname", "DISCOURSE_HOSTNAME"),
    ("external_hostname", "DISCOURSE_PORT"),
    ("force_saml_login", "DISCOURSE_ENABLE_LOCAL_LOGINS"),
    ("saml_sync_groups", "DISCOURSE_SAML_SYNC_GROUPS_LIST"),
    ("sidekiq_as_service", SIDEKIQS),
    ("sidekiq_concurrency", sizing::SIDEKIQ_THREADS),
    ("sidekiq_concurrency", sizing::POOL),
    ("sidekiq_max_memory", "UNICORN_SIDEKIQ_MAX_RSS"),
    ("web_workers", sizing::WORKERS),
    ("smtp_username", "DISCOURSE_SMTP_USER_NAME"),
    ("s3_backup_bucket", "DISCOURSE_BACKUP_LOCATION"),
    ("throttle_level", "DISCOURSE_MAX_ADMIN_API_REQS_"),
    ("throttle_level", "DISCOURSE_MAX_ASSET_REQS_"),
    ("throttle_level", "DISCOURSE_MAX_REQS_"),
    ("throttle_level", "DISCOURSE_MAX_USER_API_REQS_"),
];

/// The origins other than relations that may have set a variable.
#[must_use]
pub fn sources(variable: &str) -> Vec<Origin> {
    if Proxy::default().variables().iter().any(|(name, _)| *name == variable) {
        return vec![Origin::Proxy];
    }
    let named_after = OPTIONS.iter().map(|(option, _)| *option);
    let named_after = named_after.filter(|option| variable == format!("DISCOURSE_{}", option.to_uppercase()));
    let others = OTHER_NAMES.iter().filter(|(_, name)| variable.starts_with(name)).map(|(option, _)| *option);
    named_after.chain(others).map(Origin::Option).collect()
}

/// The CORS options that changed the list of allowed origins.
///
/// *Empty*: the list differs because the address of the forum or of its CDN changed.
#[must_use]
pub fn changed_cors_options(
    running: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> Vec<&'static str> {
    let (before, after) = (AllowedOrigins::of(running), AllowedOrigins::of(wanted));
    let listed = (before.listed != after.listed).then_some("cors_origin");
    let augmented = (before.has_own != after.has_own).then_some("augment_cors_origin");
    listed.into_iter().chain(augmented).collect()
}

/// The list of allowed origins, with the forum's own apart.
struct AllowedOrigins<'a> {
    has_own: bool,
    listed: BTreeSet<&'a str>,
}

impl<'a> AllowedOrigins<'a> {
    fn of(environment: &'a BTreeMap<String, String>) -> Self {
        let get = |name: &str| environment.get(name).map(String::as_str).unwrap_or_default();
        let scheme = if get("DISCOURSE_FORCE_HTTPS") == "true" { "https" } else { "http" };
        let port = Some(get("DISCOURSE_PORT")).filter(|port| !port.is_empty());
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let own = format!("{scheme}://{}{port}", get("DISCOURSE_HOSTNAME"));
        let mut listed: BTreeSet<&str> = get("DISCOURSE_CORS_ORIGIN").split(',').collect();
        if let Some(cdn) = WebAddress::parse(get("DISCOURSE_S3_CDN_URL")) {
            listed.remove(cdn.origin().as_str());
        }
        Self { has_own: listed.remove(own.as_str()), listed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discourse::{environment::Environment, options::RawOptions, settings::Context};
    use serde_json::{Value, json};

    fn environment(options: &Value) -> Environment {
        let options: RawOptions = options.as_object().unwrap().clone().into_iter().collect();
        let mut environment = Environment::default();
        environment.extend(fixed());
        environment.extend(Settings::check(&options, Context::ALONE).settings.variables());
        environment
    }

    #[test]
    fn a_forum_without_options_has_this_environment() {
        let expected = json!({
            "DISCOURSE_CORS_ORIGIN": "http://forum",
            "DISCOURSE_DB_VARIABLES_TCP_KEEPALIVES_IDLE": "30",
            "DISCOURSE_ENABLE_CORS": "true",
            "DISCOURSE_FORCE_HTTPS": "false",
            "DISCOURSE_HOSTNAME": "forum",
            "DISCOURSE_MAX_CATEGORY_NESTING": "2",
            "DISCOURSE_MAX_REQS_PER_IP_MODE": "none",
            "DISCOURSE_MAX_REQS_RATE_LIMIT_ON_PRIVATE": "false",
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
    fn object_storage_sets_these_variables() {
        let options = json!({
            "s3_enabled": true, "s3_access_key_id": "id", "s3_secret_access_key": "key", "s3_bucket": "b",
            "s3_region": "r", "s3_backup_bucket": "backups", "s3_endpoint": "", "s3_cdn_url": "https://cdn",
        });
        let mut variables = environment(&options).exposed();
        variables.retain(|name, _| name.contains("S3") || name.contains("BACKUP"));
        let expected = json!({
            "DISCOURSE_BACKUP_LOCATION": "s3",
            "DISCOURSE_S3_ACCESS_KEY_ID": "id",
            "DISCOURSE_S3_BACKUP_BUCKET": "backups",
            "DISCOURSE_S3_BUCKET": "b",
            "DISCOURSE_S3_CDN_URL": "https://cdn",
            "DISCOURSE_S3_INSTALL_CORS_RULE": "true",
            "DISCOURSE_S3_REGION": "r",
            "DISCOURSE_S3_SECRET_ACCESS_KEY": "key",
        });
        assert_eq!(json!(variables), expected);
    }

    #[test]
    fn every_variable_is_traced_back_to_its_option() {
        for (variable, expected) in [
            ("DISCOURSE_HOSTNAME", vec![Origin::Option("external_hostname")]),
            ("DISCOURSE_SMTP_PASSWORD", vec![Origin::Option("smtp_password")]),
            ("DISCOURSE_SMTP_USER_NAME", vec![Origin::Option("smtp_username")]),
            ("DISCOURSE_MAX_REQS_PER_IP_MODE", vec![Origin::Option("throttle_level")]),
            ("DISCOURSE_MAX_CATEGORY_NESTING", vec![Origin::Option("max_category_nesting")]),
            ("DISCOURSE_S3_BUCKET", vec![Origin::Option("s3_bucket")]),
            ("DISCOURSE_ENABLE_LOCAL_LOGINS", vec![Origin::Option("force_saml_login")]),
            ("no_proxy", vec![Origin::Proxy]),
            ("RAILS_ENV", vec![]),
        ] {
            assert_eq!(sources(variable), expected, "{variable}");
        }
    }

    #[test]
    fn a_change_in_allowed_origins_is_traced_back_to_its_option() {
        for (before, after, options) in [
            (json!({}), json!({"external_hostname": "new.example.com"}), vec![]),
            (json!({}), json!({"cors_origin": "https://a"}), vec!["cors_origin"]),
            (json!({"cors_origin": "https://a"}), json!({"cors_origin": "https://a", "force_https": true}), vec![]),
            (
                json!({"cors_origin": "https://a"}),
                json!({"cors_origin": "https://a", "augment_cors_origin": false}),
                vec!["augment_cors_origin"],
            ),
        ] {
            let [before, after] = [before, after].map(|options| environment(&options).exposed());
            assert_eq!(changed_cors_options(&before, &after), options, "{after:?}");
        }
    }
}
