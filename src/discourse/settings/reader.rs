//! Reading the options: each is parsed, then accepted, warned about or rejected.

use crate::{
    discourse::{
        credentials::{self, SecretOption},
        environment::Origin,
        options::{Kind, RawOptions, WrongType},
    },
    secret::{Secret, SecretContent},
};

use super::{Checked, Mistake, S3, Settings, Sidekiq, Smtp, Storage, Surroundings, Throttle};

/// Reads on after a mistake, so that the operator sees all of them.
pub(super) struct Reader<'a> {
    options: &'a RawOptions,
    surroundings: Surroundings<'a>,
    mistakes: Vec<Mistake>,
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader of these options.
    pub fn new(options: &'a RawOptions, surroundings: Surroundings<'a>) -> Self {
        Self { options, surroundings, mistakes: Vec::new(), warnings: Vec::new() }
    }

    /// The settings, with all mistakes and warnings.
    pub fn read(mut self) -> Checked {
        let settings = self.settings();
        Checked { settings, mistakes: self.mistakes, warnings: self.warnings }
    }

    fn settings(&mut self) -> Settings {
        let (hostname, hostname_origin) = self.hostname();
        let (is_https, https_origin) = self.https();
        let s3 = self.s3();
        let cors_origin = self.cors_origin(&hostname, is_https);
        Settings {
            hostname_origin,
            is_https,
            https_origin,
            is_cors_enabled: self.truth("enable_cors"),
            cors_origin,
            developer_emails: self.text("developer_emails"),
            max_category_nesting: self.max_category_nesting(),
            throttle: self.throttle(),
            sidekiq: self.sidekiq(),
            is_saml_forced: self.truth("force_saml_login"),
            saml_sync_groups: self.saml_sync_groups(),
            smtp: self.smtp(),
            s3,
            hostname,
        }
    }

    fn hostname(&mut self) -> (String, Origin) {
        const OPTION: &str = "external_hostname";
        let given = self.text(OPTION);
        let given = given.trim();
        if given.chars().any(char::is_uppercase) {
            self.warnings.push("external_hostname is used in lower case".to_owned());
        }
        match self.surroundings.ingress {
            Some(ingress) if given.is_empty() => (ingress.host.to_owned(), ingress.origin),
            _ if given.is_empty() => (self.surroundings.app.to_owned(), Origin::Option(OPTION)),
            _ => (given.to_lowercase(), Origin::Option(OPTION)),
        }
    }

    fn https(&mut self) -> (bool, Origin) {
        const OPTION: &str = "force_https";
        let is_forced = self.truth(OPTION);
        match self.surroundings.ingress {
            Some(ingress) if ingress.is_https && !is_forced => (true, ingress.origin),
            _ => (is_forced, Origin::Option(OPTION)),
        }
    }

    /// The origins that were listed and, if wanted, the forum's own and the CDN's; `*` alone allows all.
    fn cors_origin(&mut self, hostname: &str, is_https: bool) -> String {
        let given = self.text("cors_origin");
        let is_augmented = self.truth("augment_cors_origin");
        if self.truth("enable_cors") && !is_augmented && given.trim().is_empty() {
            self.check_cors(&given);
        }
        if given.trim() == "*" {
            return "*".to_owned();
        }
        let mut origins: Vec<String> =
            given.split(',').map(|origin| origin.trim().to_owned()).filter(|origin| !origin.is_empty()).collect();
        if is_augmented {
            let scheme = if is_https { "https" } else { "http" };
            origins.push(format!("{scheme}://{hostname}"));
            origins.extend(Some(self.text("s3_cdn_url")).filter(|url| !url.is_empty()));
        }
        origins.sort();
        origins.dedup();
        origins.join(",")
    }

    /// The Python charm accepted blank text, but no empty one.
    fn check_cors(&mut self, given: &str) {
        if given.is_empty() {
            let command = format!("juju config {} augment_cors_origin=true", self.surroundings.app);
            self.reject("enable_cors", format!("enable_cors has no origin to allow: {command}, or set cors_origin"));
        } else {
            self.warnings.push("cors_origin is blank: no other origin is allowed".to_owned());
        }
    }

    fn throttle(&mut self) -> Throttle {
        let given = self.text("throttle_level");
        Throttle::parse(&given).unwrap_or_else(|| {
            self.reject("throttle_level", "throttle_level must be none, permissive or strict");
            Throttle::None
        })
    }

    fn max_category_nesting(&mut self) -> i64 {
        let given = self.number("max_category_nesting");
        if !(2..=3).contains(&given) {
            self.reject("max_category_nesting", "max_category_nesting must be 2 or 3");
        }
        given
    }

    fn sidekiq(&mut self) -> Sidekiq {
        Sidekiq { is_service: self.truth("sidekiq_as_service"), max_memory: self.number("sidekiq_max_memory") }
    }

    fn saml_sync_groups(&mut self) -> Vec<String> {
        let given = self.text("saml_sync_groups");
        given.split(',').map(str::trim).filter(|group| !group.is_empty()).map(str::to_owned).collect()
    }

    fn smtp(&mut self) -> Smtp {
        let mut smtp = Smtp {
            address: self.text("smtp_address"),
            port: self.number("smtp_port"),
            domain: self.text("smtp_domain"),
            username: self.text("smtp_username"),
            password: Secret::from(self.text("smtp_password")),
            authentication: self.text("smtp_authentication"),
            enable_start_tls: self.text("smtp_enable_start_tls"),
            force_tls: self.text("smtp_force_tls"),
            openssl_verify_mode: self.text("smtp_openssl_verify_mode"),
            credentials: None,
        };
        self.check_smtp(&smtp);
        self.log_in(&mut smtp);
        smtp
    }

    /// The login of the secret takes precedence over those of the plain options.
    fn log_in(&mut self, smtp: &mut Smtp) {
        let uri = self.text(credentials::SMTP);
        if self.surroundings.is_mail_related {
            return;
        }
        let login = credentials::smtp(self.secret(&uri, self.surroundings.smtp_credentials));
        if let Some(login) = self.or_mistake(login).flatten() {
            if let Some(username) = login.username {
                smtp.username = username;
            }
            smtp.password = login.password;
            smtp.credentials = Some(credentials::SMTP);
        }
    }

    fn check_smtp(&mut self, smtp: &Smtp) {
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
            storage: self.storage(),
            backup_bucket: self.text("s3_backup_bucket"),
            cdn_url: self.text("s3_cdn_url"),
            is_cors_rule_installed: self.truth("s3_install_cors_rule"),
        };
        let (is_enabled, uri) = (self.truth("s3_enabled"), self.text(credentials::S3));
        if self.surroundings.is_storage_related {
            return Some(s3);
        }
        is_enabled.then(|| S3 { storage: self.usable(s3.storage, &uri), ..s3 })
    }

    fn storage(&mut self) -> Storage {
        Storage {
            access_key_id: self.text("s3_access_key_id"),
            secret_access_key: Secret::from(self.text("s3_secret_access_key")),
            bucket: self.text("s3_bucket"),
            region: self.text("s3_region"),
            endpoint: self.text("s3_endpoint"),
            credentials: None,
        }
    }

    /// A storage with all that `s3_enabled` needs, its keys from the secret if one is named.
    fn usable(&mut self, storage: Storage, uri: &str) -> Storage {
        let (bucket, region) = (("s3_bucket", storage.bucket.as_str()), ("s3_region", storage.region.as_str()));
        if *self.surroundings.s3_credentials == SecretContent::Unnamed {
            let id = ("s3_access_key_id", storage.access_key_id.as_str());
            let key = ("s3_secret_access_key", storage.secret_access_key.expose());
            self.require_s3(&[id, bucket, region, key]);
            return storage;
        }
        self.require_s3(&[bucket, region]);
        let keys = credentials::s3(self.secret(uri, self.surroundings.s3_credentials));
        match self.or_mistake(keys).flatten() {
            Some(keys) => Storage {
                access_key_id: keys.access_key_id,
                secret_access_key: keys.secret_access_key,
                credentials: Some(credentials::S3),
                ..storage
            },
            None => storage,
        }
    }

    fn require_s3(&mut self, values: &[(&str, &str)]) {
        let missing: Vec<&str> =
            values.iter().filter(|(_, value)| value.is_empty()).map(|(option, _)| *option).collect();
        if !missing.is_empty() {
            self.reject("s3_enabled", format!("s3_enabled needs {}", missing.join(", ")));
        }
    }

    fn secret<'b>(&self, uri: &'b str, content: &'b SecretContent) -> SecretOption<'b>
    where
        'a: 'b,
    {
        SecretOption { uri, content, app: self.surroundings.app }
    }

    fn text(&mut self, option: &'static str) -> String {
        let read = self.options.text(option);
        read.unwrap_or_else(|wrong| self.reject_type(&wrong).text())
    }

    fn truth(&mut self, option: &'static str) -> bool {
        let read = self.options.truth(option);
        read.unwrap_or_else(|wrong| self.reject_type(&wrong).truth())
    }

    fn number(&mut self, option: &'static str) -> i64 {
        let read = self.options.number(option);
        read.unwrap_or_else(|wrong| self.reject_type(&wrong).number())
    }

    /// Rejects an option; its default counts meanwhile.
    fn reject_type(&mut self, wrong: &WrongType) -> Kind {
        self.reject(wrong.option, wrong.to_string());
        wrong.default
    }

    fn reject(&mut self, option: &'static str, text: impl Into<String>) {
        let mistake = Mistake::new(option, text);
        // Some options are read more than once.
        if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    fn or_mistake<T>(&mut self, read: Result<T, Mistake>) -> Option<T> {
        read.map_err(|mistake| self.mistakes.push(mistake)).ok()
    }
}

/// Whether Discourse reads this secret as a number or a boolean.
///
/// *Source*: Discourse `app/models/global_setting.rb`.
fn is_misread(secret: &str) -> bool {
    matches!(secret, "true" | "false") || (!secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_digit()))
}
