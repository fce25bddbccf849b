//! Reading the options: each one typed, doubted and, where it must be, refused.

use crate::{
    discourse::{
        credentials,
        options::{RawOptions, WrongType},
    },
    relations::oauth,
    secret::Secret,
};

use super::{S3, Settings, Sidekiq, Smtp, StorageSource, Surroundings, Throttle};

/// Reads on after a mistake, so that the operator sees all of them.
pub(super) struct Reader<'a> {
    options: &'a RawOptions,
    app: &'a str,
    around: Surroundings<'a>,
    mistakes: Vec<String>,
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader of these options.
    pub fn new(options: &'a RawOptions, around: Surroundings<'a>) -> Self {
        Self { options, app: around.app, around, mistakes: Vec::new(), warnings: Vec::new() }
    }

    /// The settings, or all mistakes.
    pub fn read(mut self) -> Result<Settings, Vec<String>> {
        let settings = self.settings();
        if self.mistakes.is_empty() { Ok(settings) } else { Err(self.mistakes) }
    }

    fn settings(&mut self) -> Settings {
        let hostname = self.hostname();
        let is_https = self.truth("force_https", false) || self.around.ingress.is_some_and(|ingress| ingress.is_https);
        let s3 = self.s3();
        let cors_origin = self.cors_origin(&hostname, is_https);
        // They are read elsewhere; here a wrong type is a mistake like any other.
        for option in [credentials::SMTP, credentials::S3] {
            self.text(option, "");
        }
        self.require_saml();
        self.require_https(is_https);
        if self.around.has_oauth && !oauth::is_usable(&hostname) {
            let app = self.app;
            self.mistakes.push(format!("oauth needs a domain name: juju config {app} external_hostname=<name>"));
        }
        Settings {
            is_https,
            is_cors_enabled: self.truth("enable_cors", true),
            cors_origin,
            developer_emails: self.text("developer_emails", ""),
            max_category_nesting: self.max_category_nesting(),
            throttle: self.throttle(),
            sidekiq: Sidekiq {
                is_apart: self.truth("sidekiq_as_service", false),
                max_memory: self.number("sidekiq_max_memory", 1000),
            },
            is_saml_forced: self.truth("force_saml_login", false),
            saml_sync_groups: self.saml_sync_groups(),
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
        match self.around.ingress {
            Some(ingress) if given.is_empty() => ingress.host.clone(),
            _ if given.is_empty() => self.app.to_owned(),
            _ => given.to_lowercase(),
        }
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

    /// Who logs in elsewhere comes back over https.
    fn require_https(&mut self, is_https: bool) {
        for (endpoint, is_related) in [("saml", self.around.has_saml), ("oauth", self.around.has_oauth)] {
            if is_related && !is_https {
                self.mistakes.push(format!("{endpoint} needs https: juju config {} force_https=true", self.app));
            }
        }
    }

    fn saml_sync_groups(&mut self) -> Vec<String> {
        let given = self.text("saml_sync_groups", "");
        given.split(',').map(str::trim).filter(|group| !group.is_empty()).map(str::to_owned).collect()
    }

    /// Without a SAML relation these two can have no effect.
    fn require_saml(&mut self) {
        if self.around.has_saml {
            return;
        }
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
        let is_enabled = self.truth("s3_enabled", false);
        match self.around.storage {
            StorageSource::Relation => return Some(s3),
            _ if !is_enabled => return None,
            StorageSource::Credentials => self.require_s3(&[("s3_bucket", &s3.bucket), ("s3_region", &s3.region)]),
            StorageSource::Options => self.require_s3(&[
                ("s3_access_key_id", &s3.access_key_id),
                ("s3_bucket", &s3.bucket),
                ("s3_region", &s3.region),
                ("s3_secret_access_key", s3.secret_access_key.expose()),
            ]),
        }
        Some(s3)
    }

    fn require_s3(&mut self, values: &[(&str, &str)]) {
        let missing: Vec<&str> =
            values.iter().filter(|(_, value)| value.is_empty()).map(|(option, _)| *option).collect();
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
fn is_misread(secret: &str) -> bool {
    matches!(secret, "true" | "false") || (!secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_digit()))
}
