//! Options that were understood, and every mistake in them.

mod reader;

use crate::{discourse::options::RawOptions, relations::ingress::Ingress, secret::Secret};

use reader::Reader;

/// What options are read against.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings<'a> {
    /// The application as deployed.
    pub app: &'a str,
    /// Where an ingress says that the forum is reached; it fills options that are not set.
    pub ingress: Option<&'a Ingress>,
    /// Whether there is a relation `saml`.
    pub has_saml: bool,
    /// Whether there is a relation `oauth`.
    pub has_oauth: bool,
    /// Where the object storage and its keys are named.
    pub storage: StorageSource,
}

/// Where the object storage and its keys are named; each stands over the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StorageSource {
    /// In plain options.
    #[default]
    Options,
    /// The storage in plain options, its keys in the secret of `s3_credentials`.
    Credentials,
    /// In the relation `s3`.
    Relation,
}

/// What the operator wants of Discourse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The host name under which the forum is reached, in lower case.
    pub hostname: String,
    /// Whether links and cookies are for https.
    pub is_https: bool,
    /// Whether other origins may use the API.
    pub is_cors_enabled: bool,
    /// The allowed origins, separated by commas.
    ///
    /// *Empty*: none.
    pub cors_origin: String,
    /// E-mail addresses that become administrators when they register, separated by commas.
    pub developer_emails: String,
    /// How deep categories nest: 2 or 3.
    pub max_category_nesting: i64,
    /// How much one client may ask.
    pub throttle: Throttle,
    /// What does background jobs.
    pub sidekiq: Sidekiq,
    /// Whether people can log in through SAML only.
    pub is_saml_forced: bool,
    /// The groups that follow the SAML provider.
    pub saml_sync_groups: Vec<String>,
    /// The server that sends mail.
    pub smtp: Smtp,
    /// The object storage.
    ///
    /// *Empty*: uploads stay in the pod.
    pub s3: Option<S3>,
    /// Values that Discourse will run with, though they are probably not meant.
    pub warnings: Vec<String>,
}

/// Where background jobs are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sidekiq {
    /// Whether it is a service of its own, and not a child of Unicorn.
    pub is_apart: bool,
    /// The memory after which its process is replaced. *Units*: megabytes.
    pub max_memory: i64,
}

/// The levels of `throttle_level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// No limit for anybody.
    None,
    /// Generous limits.
    Permissive,
    /// Tight limits.
    Strict,
}

/// The options that begin with `smtp_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Host name or address.
    pub address: String,
    /// Port, as given.
    pub port: i64,
    /// The domain that greets the server.
    pub domain: String,
    /// The user who logs in.
    pub username: String,
    /// That user's password.
    pub password: Secret,
    /// How to log in; `none` for not at all.
    pub authentication: String,
    /// `true` or `false`, as given.
    pub enable_start_tls: String,
    /// `true` or `false`, as given.
    pub force_tls: String,
    /// How certificates are checked, as given.
    pub openssl_verify_mode: String,
}

/// The options that begin with `s3_`, when `s3_enabled` is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3 {
    /// Key id.
    pub access_key_id: String,
    /// Secret key.
    pub secret_access_key: Secret,
    /// Bucket of uploads.
    pub bucket: String,
    /// Region, also of storage that knows none.
    pub region: String,
    /// URL of the service.
    ///
    /// *Empty*: Amazon's.
    pub endpoint: String,
    /// Bucket of backups.
    ///
    /// *Empty*: backups stay in the pod.
    pub backup_bucket: String,
    /// URL from which browsers load assets.
    ///
    /// *Empty*: they load them from the forum.
    pub cdn_url: String,
    /// Whether Discourse sets the bucket's CORS rule.
    pub is_cors_rule_installed: bool,
}

impl Settings {
    /// Understands the options.
    ///
    /// # Errors
    /// Every mistake at once, each naming the option and the remedy.
    pub fn parse(options: &RawOptions, surroundings: Surroundings) -> Result<Self, Vec<String>> {
        Reader::new(options, surroundings).read()
    }
}

impl Throttle {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "permissive" => Some(Self::Permissive),
            "strict" => Some(Self::Strict),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parse(options: &Value) -> Result<Settings, Vec<String>> {
        let options = options.as_object().unwrap().clone().into_iter().collect();
        Settings::parse(&options, ALONE)
    }

    const ALONE: Surroundings<'_> = Surroundings {
        app: "forum",
        ingress: None,
        has_saml: false,
        has_oauth: false,
        storage: StorageSource::Options,
    };

    #[test]
    fn nothing_set_is_a_forum_named_after_the_application() {
        let settings = parse(&json!({})).unwrap();
        assert_eq!(
            (settings.hostname, settings.cors_origin, settings.s3, settings.warnings),
            ("forum".to_owned(), "http://forum".to_owned(), None, Vec::new())
        );
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let mistakes = parse(&json!({
            "enable_cors": true, "cors_origin": "", "augment_cors_origin": false, "throttle_level": "some",
            "max_category_nesting": 4, "s3_enabled": true, "s3_bucket": "b", "force_saml_login": true,
            "saml_sync_groups": "staff", "smtp_port": "many",
        }));
        assert_eq!(
            mistakes.unwrap_err(),
            [
                "s3_enabled needs s3_access_key_id, s3_region, s3_secret_access_key",
                "enable_cors has no origin to allow: juju config forum augment_cors_origin=true, or set cors_origin",
                "force_saml_login needs a saml relation: juju config forum force_saml_login=false",
                "saml_sync_groups needs a saml relation: juju config forum --reset saml_sync_groups",
                "max_category_nesting must be 2 or 3",
                "throttle_level must be none, permissive or strict",
                "smtp_port must be a whole number",
            ]
        );
    }

    #[test]
    fn what_was_always_served_is_served_with_a_warning() {
        let settings = parse(&json!({
            "external_hostname": "Forum.Example.Com", "smtp_authentication": "kerberos", "smtp_port": 0,
            "cors_origin": "  ", "augment_cors_origin": false, "smtp_password": "007",
        }))
        .unwrap();
        assert_eq!(settings.hostname, "forum.example.com");
        assert_eq!(
            settings.warnings,
            [
                "external_hostname is used in lower case",
                "cors_origin is blank: no other origin is allowed",
                "smtp_authentication is none of none, login, plain, cram_md5",
                "smtp_port is not a port from 1 to 65535",
                "smtp_password is misread by Discourse: use one with letters",
            ]
        );
    }

    #[test]
    fn origins_are_listed_once_in_order() {
        for (options, origins) in [
            (json!({"cors_origin": "*", "external_hostname": "a.example.com"}), "*"),
            (json!({"cors_origin": "*,https://a.example.com"}), "*,http://forum,https://a.example.com"),
            (
                json!({"cors_origin": " https://z , http://forum,", "s3_cdn_url": "https://cdn"}),
                "http://forum,https://cdn,https://z",
            ),
            (json!({"force_https": true}), "https://forum"),
            (json!({"enable_cors": false, "augment_cors_origin": false}), ""),
        ] {
            assert_eq!(parse(&options).unwrap().cors_origin, origins);
        }
    }

    #[test]
    fn an_ingress_fills_options_that_are_not_set() {
        let ingress = Ingress { host: "prod-forum.example.com".to_owned(), port: None, is_https: true };
        let read = |options: Value| {
            let options = options.as_object().unwrap().clone().into_iter().collect();
            let settings = Settings::parse(&options, Surroundings { ingress: Some(&ingress), ..ALONE }).unwrap();
            (settings.hostname, settings.is_https, settings.cors_origin)
        };
        let found = |host: &str| (host.to_owned(), true, format!("https://{host}"));
        assert_eq!(read(json!({})), found("prod-forum.example.com"));
        assert_eq!(read(json!({"external_hostname": "forum.example.com"})), found("forum.example.com"));
    }

    #[test]
    fn logging_in_through_others_needs_https_and_a_domain() {
        let read = |options: Value| {
            let options = options.as_object().unwrap().clone().into_iter().collect();
            Settings::parse(&options, Surroundings { has_saml: true, has_oauth: true, ..ALONE })
        };
        assert_eq!(
            read(json!({})).unwrap_err(),
            [
                "saml needs https: juju config forum force_https=true",
                "oauth needs https: juju config forum force_https=true",
                "oauth needs a domain name: juju config forum external_hostname=<name>",
            ]
        );
        let settings = read(json!({
            "force_https": true, "external_hostname": "forum.example.com", "force_saml_login": true,
            "saml_sync_groups": " staff, ,moderators",
        }))
        .unwrap();
        assert_eq!(
            (settings.is_saml_forced, settings.saml_sync_groups),
            (true, vec!["staff".to_owned(), "moderators".to_owned()])
        );
    }
}
