//! Options that were understood, and every mistake in them.

use crate::{
    discourse::options::{RawOptions, WrongType},
    secret::Secret,
};

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
    /// The memory after which a Sidekiq process is replaced. *Units*: megabytes.
    pub sidekiq_max_memory: i64,
    /// The server that sends mail.
    pub smtp: Smtp,
    /// The object storage.
    ///
    /// *Empty*: uploads stay in the pod.
    pub s3: Option<S3>,
    /// Values that Discourse will run with, though they are probably not meant.
    pub warnings: Vec<String>,
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
    /// Understands the options of the application `app`.
    ///
    /// # Errors
    /// Every mistake at once, each naming the option and the remedy.
    pub fn parse(options: &RawOptions, app: &str) -> Result<Self, Vec<String>> {
        let mut reader = Reader { options, app, mistakes: Vec::new(), warnings: Vec::new() };
        let settings = reader.settings();
        if reader.mistakes.is_empty() { Ok(settings) } else { Err(reader.mistakes) }
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

/// Reads on after a mistake, so that the operator sees all of them.
struct Reader<'a> {
    options: &'a RawOptions,
    app: &'a str,
    mistakes: Vec<String>,
    warnings: Vec<String>,
}

impl Reader<'_> {
    fn settings(&mut self) -> Settings {
        let hostname = self.hostname();
        let is_https = self.truth("force_https", false);
        let s3 = self.s3();
        let cors_origin = self.cors_origin(&hostname, is_https);
        self.reject_saml_options();
        Settings {
            is_https,
            is_cors_enabled: self.truth("enable_cors", true),
            cors_origin,
            developer_emails: self.text("developer_emails", ""),
            max_category_nesting: self.max_category_nesting(),
            throttle: self.throttle(),
            sidekiq_max_memory: self.number("sidekiq_max_memory", 1000),
            smtp: self.smtp(),
            s3,
            hostname,
            warnings: std::mem::take(&mut self.warnings),
        }
    }

    fn hostname(&mut self) -> String {
        let given = self.text("external_hostname", "");
        let given = given.trim();
        if given.chars().any(char::is_uppercase) {
            self.warnings.push("external_hostname is used in lower case".to_owned());
        }
        if given.is_empty() { self.app.to_owned() } else { given.to_lowercase() }
    }

    /// The origins that were listed and, if wanted, the forum's own and the CDN's; `*` alone allows all.
    fn cors_origin(&mut self, hostname: &str, is_https: bool) -> String {
        let given = self.text("cors_origin", "");
        let is_augmented = self.truth("augment_cors_origin", true);
        if self.truth("enable_cors", true) && !is_augmented && given.trim().is_empty() {
            self.complain_of_cors(&given);
        }
        if given.trim() == "*" {
            return "*".to_owned();
        }
        let mut origins: Vec<String> =
            given.split(',').map(|origin| origin.trim().to_owned()).filter(|origin| !origin.is_empty()).collect();
        if is_augmented {
            let scheme = if is_https { "https" } else { "http" };
            origins.push(format!("{scheme}://{hostname}"));
            origins.extend(Some(self.text("s3_cdn_url", "")).filter(|url| !url.is_empty()));
        }
        origins.sort();
        origins.dedup();
        origins.join(",")
    }

    /// Blank text was always served, without any origin; no text at all never was.
    fn complain_of_cors(&mut self, given: &str) {
        if given.is_empty() {
            let app = self.app;
            self.mistakes.push(format!(
                "enable_cors has no origin to allow: juju config {app} augment_cors_origin=true, or set cors_origin"
            ));
        } else {
            self.warnings.push("cors_origin is blank: no other origin is allowed".to_owned());
        }
    }

    fn throttle(&mut self) -> Throttle {
        let given = self.text("throttle_level", "none");
        Throttle::parse(&given).unwrap_or_else(|| {
            self.mistakes.push("throttle_level must be none, permissive or strict".to_owned());
            Throttle::None
        })
    }

    fn max_category_nesting(&mut self) -> i64 {
        let given = self.number("max_category_nesting", 2);
        if !(2..=3).contains(&given) {
            self.mistakes.push("max_category_nesting must be 2 or 3".to_owned());
        }
        given
    }

    /// Without a SAML relation these two can have no effect.
    fn reject_saml_options(&mut self) {
        let app = self.app;
        if self.truth("force_saml_login", false) {
            self.mistakes
                .push(format!("force_saml_login needs a saml relation: juju config {app} force_saml_login=false"));
        }
        if !self.text("saml_sync_groups", "").is_empty() {
            self.mistakes
                .push(format!("saml_sync_groups needs a saml relation: juju config {app} --reset saml_sync_groups"));
        }
    }

    fn smtp(&mut self) -> Smtp {
        let smtp = Smtp {
            address: self.text("smtp_address", ""),
            port: self.number("smtp_port", 587),
            domain: self.text("smtp_domain", ""),
            username: self.text("smtp_username", ""),
            password: Secret::from(self.text("smtp_password", "")),
            authentication: self.text("smtp_authentication", "none"),
            enable_start_tls: self.text("smtp_enable_start_tls", "true"),
            force_tls: self.text("smtp_force_tls", "false"),
            openssl_verify_mode: self.text("smtp_openssl_verify_mode", "none"),
        };
        self.doubt_smtp(&smtp);
        smtp
    }

    fn doubt_smtp(&mut self, smtp: &Smtp) {
        let known: [(&str, &str, &[&str]); 4] = [
            ("smtp_authentication", &smtp.authentication, &["none", "login", "plain", "cram_md5"]),
            ("smtp_enable_start_tls", &smtp.enable_start_tls, &["true", "false"]),
            ("smtp_force_tls", &smtp.force_tls, &["true", "false"]),
            (
                "smtp_openssl_verify_mode",
                &smtp.openssl_verify_mode,
                &["none", "peer", "client_once", "fail_if_no_peer_cert"],
            ),
        ];
        for (option, value, values) in known {
            if !value.is_empty() && !values.contains(&value) {
                self.warnings.push(format!("{option} is none of {}", values.join(", ")));
            }
        }
        if !(1..=65535).contains(&smtp.port) {
            self.warnings.push("smtp_port is not a port from 1 to 65535".to_owned());
        }
        if is_misread(smtp.password.expose()) {
            self.warnings.push("smtp_password is misread by Discourse: use one with letters".to_owned());
        }
    }

    fn s3(&mut self) -> Option<S3> {
        let s3 = S3 {
            access_key_id: self.text("s3_access_key_id", ""),
            secret_access_key: Secret::from(self.text("s3_secret_access_key", "")),
            bucket: self.text("s3_bucket", ""),
            region: self.text("s3_region", ""),
            endpoint: self.text("s3_endpoint", "https://s3.amazonaws.com"),
            backup_bucket: self.text("s3_backup_bucket", ""),
            cdn_url: self.text("s3_cdn_url", ""),
            is_cors_rule_installed: self.truth("s3_install_cors_rule", true),
        };
        if !self.truth("s3_enabled", false) {
            return None;
        }
        self.require_s3(&s3);
        Some(s3)
    }

    fn require_s3(&mut self, s3: &S3) {
        let missing: Vec<&str> = [
            ("s3_access_key_id", s3.access_key_id.as_str()),
            ("s3_bucket", &s3.bucket),
            ("s3_region", &s3.region),
            ("s3_secret_access_key", s3.secret_access_key.expose()),
        ]
        .into_iter()
        .filter(|(_, value)| value.is_empty())
        .map(|(option, _)| option)
        .collect();
        if !missing.is_empty() {
            self.mistakes.push(format!("s3_enabled needs {}", missing.join(", ")));
        }
    }

    fn text(&mut self, option: &'static str, default: &str) -> String {
        let read = self.options.text(option, default);
        self.or_default(read, default.to_owned())
    }

    fn truth(&mut self, option: &'static str, default: bool) -> bool {
        let read = self.options.truth(option, default);
        self.or_default(read, default)
    }

    fn number(&mut self, option: &'static str, default: i64) -> i64 {
        let read = self.options.number(option, default);
        self.or_default(read, default)
    }

    fn or_default<T>(&mut self, read: Result<T, WrongType>, default: T) -> T {
        read.unwrap_or_else(|wrong| {
            let mistake = format!("{} must be {}", wrong.option, wrong.expected);
            if !self.mistakes.contains(&mistake) {
                self.mistakes.push(mistake);
            }
            default
        })
    }
}

/// Discourse turns digits into a number and `true` into a boolean, also where a password is meant.
///
/// *Source*: Discourse `app/models/global_setting.rb`.
#[must_use]
pub fn is_misread(secret: &str) -> bool {
    matches!(secret, "true" | "false") || (!secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parse(options: &Value) -> Result<Settings, Vec<String>> {
        let options = options.as_object().unwrap().clone().into_iter().collect();
        Settings::parse(&options, "forum")
    }

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
}
