//! The settings: checked options, and every mistake in them.

mod address;
mod mail;
mod reader;
mod storage;
mod web;

use crate::{
    address::{Authority, Host, WebAddress},
    discourse::{bucket::Bucket, environment::Origin, mistake::Findings, options::RawOptions, sizing::Wanted},
    secret::{Secret, SecretContent},
};

use reader::Reader;

/// What the options are checked against besides each other: the application, its relations and its secrets.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The name of the application as deployed.
    pub app: &'a str,
    /// The address at which an ingress serves the forum, used for options that are not set.
    ///
    /// *Empty*: there is no ingress, or it has not published an address yet.
    pub ingress: Option<Frontend<'a>>,
    /// Whether a relation provides the object storage, so that the options need not.
    pub is_storage_related: bool,
    /// Whether a relation provides the mail server, so that the options need not.
    pub is_mail_related: bool,
    /// The content of the secret that `smtp_credentials` names.
    pub smtp_credentials: &'a SecretContent,
    /// The content of the secret that `s3_credentials` names.
    pub s3_credentials: &'a SecretContent,
}

/// The address of the forum at an ingress.
#[derive(Debug, Clone, Copy)]
pub struct Frontend<'a> {
    /// Its host and port.
    pub authority: &'a Authority,
    /// Whether browsers must use https.
    pub is_https: bool,
    /// The relation.
    pub origin: Origin,
}

/// The result of checking the options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The settings, with the default of each option of the wrong type.
    pub settings: Settings,
    /// What is wrong with them; if there is any mistake, the settings must not be used.
    pub findings: Findings,
}

/// The configuration of Discourse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The address at which people reach the forum.
    pub address: Address,
    /// Whether other origins may use the API.
    pub is_cors_enabled: bool,
    /// The allowed origins, separated by commas.
    ///
    /// *Empty*: none.
    pub cors_origin: String,
    /// The e-mail addresses of users who become administrators when they register, separated by commas.
    pub developer_emails: String,
    /// How deep categories may nest: 2 or 3.
    pub max_category_nesting: i64,
    /// The limits on requests of one client.
    pub throttle: Throttle,
    /// How background jobs run.
    pub sidekiq: Sidekiq,
    /// How many processes and threads the server has.
    pub sizing: Wanted,
    /// Whether users can log in through SAML only.
    pub is_saml_forced: bool,
    /// The groups whose members the SAML provider determines.
    pub saml_sync_groups: Vec<String>,
    /// The server that sends mail.
    pub smtp: Smtp,
    /// The object storage.
    ///
    /// *Empty*: uploads stay in the pod.
    pub s3: Option<S3>,
}

/// The address at which people reach the forum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Its host and port; the usual port of the scheme is left out.
    pub authority: Authority,
    /// Where they come from.
    pub authority_origin: Origin,
    /// Whether links and cookies use https.
    pub is_https: bool,
    /// Where that choice comes from.
    pub https_origin: Origin,
}

/// How background jobs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sidekiq {
    /// Whether Sidekiq is a service of its own, and not a child of Unicorn.
    pub is_service: bool,
    /// The memory above which its process is restarted. *Units*: megabytes.
    pub max_memory: i64,
}

/// The levels of `throttle_level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// No limits.
    None,
    /// Generous limits.
    Permissive,
    /// Tight limits.
    Strict,
}

/// A mail server, and the login for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Its host.
    ///
    /// *Empty*: there is none, and no mail leaves.
    pub address: Option<Host>,
    /// The port, not checked.
    pub port: i64,
    /// The name in the HELO command.
    pub domain: String,
    /// The username of the login.
    pub username: String,
    /// The password of the login.
    pub password: Secret,
    /// The method of the login, or `none`.
    pub authentication: String,
    /// Whether to use STARTTLS: `true` or `false`, not checked.
    pub enable_start_tls: String,
    /// Whether to use TLS from the start: `true` or `false`, not checked.
    pub force_tls: String,
    /// How to verify certificates, not checked.
    pub openssl_verify_mode: String,
    /// The option that names the secret with the login.
    ///
    /// *Empty*: the login has the same source as the other values.
    pub credentials: Option<&'static str>,
}

/// The object storage, and how Discourse uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3 {
    /// The bucket of uploads.
    pub storage: Storage,
    /// The bucket of backups.
    ///
    /// *Empty*: backups stay in the pod.
    pub backup_bucket: Option<Bucket>,
    /// The URL from which browsers load assets.
    ///
    /// *Empty*: browsers load them from the forum.
    pub cdn_url: Option<WebAddress>,
    /// Whether Discourse sets the bucket's CORS rule.
    pub is_cors_rule_installed: bool,
}

/// A bucket, and the keys for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// The access key ID.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// The bucket.
    ///
    /// *Empty*: no option names one.
    pub bucket: Option<Bucket>,
    /// The region, which Discourse requires even if the storage has none.
    pub region: String,
    /// The URL of the service.
    ///
    /// *Empty*: Amazon S3.
    pub endpoint: Option<WebAddress>,
    /// The option that names the secret with the keys.
    ///
    /// *Empty*: the keys have the same source as the other values.
    pub credentials: Option<&'static str>,
}

impl Settings {
    /// Checks the options.
    #[must_use]
    pub fn check(options: &RawOptions, context: Context) -> Checked {
        Reader::new(options, context).read()
    }
}

impl Address {
    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.is_https { "https" } else { "http" }, self.authority)
    }
}

#[cfg(test)]
impl Context<'static> {
    /// No relations and no secrets.
    pub(crate) const ALONE: Self = Self {
        app: "forum",
        ingress: None,
        is_storage_related: false,
        is_mail_related: false,
        smtp_credentials: &SecretContent::Unnamed,
        s3_credentials: &SecretContent::Unnamed,
    };
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
    use crate::discourse::mistake::Mistake;
    use serde_json::{Value, json};

    fn check_in(context: Context, options: &Value) -> Checked {
        Settings::check(&options.as_object().unwrap().clone().into_iter().collect(), context)
    }

    fn check(options: &Value) -> Checked {
        check_in(Context::ALONE, options)
    }

    fn texts(mistakes: &[Mistake]) -> Vec<&str> {
        mistakes.iter().map(|mistake| mistake.text.as_str()).collect()
    }

    #[test]
    fn without_options_the_host_name_is_the_name_of_the_application() {
        let Checked { settings, findings } = check(&json!({}));
        assert_eq!(
            (settings.address.origin().as_str(), settings.cors_origin.as_str(), settings.s3),
            ("http://forum", "http://forum", None)
        );
        assert_eq!(findings, Findings::default());
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let checked = check(&json!({
            "enable_cors": true, "cors_origin": "", "augment_cors_origin": false, "throttle_level": "some",
            "max_category_nesting": 4, "s3_enabled": true, "s3_bucket": "b", "smtp_port": "many",
        }));
        assert_eq!(
            texts(&checked.findings.mistakes),
            [
                "enable_cors has no origin to allow: juju config forum augment_cors_origin=true, or set cors_origin",
                "max_category_nesting must be 2 or 3",
                "throttle_level must be none, permissive or strict",
                "smtp_port must be a whole number",
                "s3_enabled needs s3_access_key_id, s3_region, s3_secret_access_key",
            ]
        );
    }

    #[test]
    fn unusual_values_that_discourse_accepts_are_warnings() {
        let Checked { findings, .. } = check(&json!({
            "smtp_authentication": "kerberos", "smtp_port": 0,
            "cors_origin": "  ", "augment_cors_origin": false,
        }));
        assert_eq!(
            findings.warnings,
            [
                "cors_origin has no entry: no other origin is allowed",
                "smtp_port is not a port number from 1 to 65535: no mail leaves",
                "smtp_authentication is not one of none, login, plain, cram_md5: no login works with it",
            ]
        );
    }

    #[test]
    fn what_works_but_is_probably_not_meant_is_warned_about() {
        for (options, warning) in [
            (json!({"external_hostname": "a.io:443"}), "external_hostname has the port 443, but force_https is false"),
            (
                json!({"external_hostname": "a.io:80", "force_https": true}),
                "external_hostname has the port 80, but force_https is true",
            ),
            (
                json!({"enable_cors": false, "cors_origin": "https://a.io"}),
                "cors_origin has no effect without enable_cors=true",
            ),
            (
                json!({"s3_enabled": true, "s3_access_key_id": "i", "s3_secret_access_key": "k", "s3_bucket": "b",
                    "s3_region": "r", "force_https": true, "s3_cdn_url": "http://cdn"}),
                "s3_cdn_url begins with http://, from where no browser loads scripts into a page with https",
            ),
            (json!({"developer_emails": "<ann@a.io>"}), "developer_emails has an entry that is no e-mail address"),
            (
                json!({"saml_sync_groups": "staff;ops"}),
                "saml_sync_groups has an entry that is no name of a group: separate them by commas",
            ),
            (
                json!({"cors_origin": "blog.a.io"}),
                "cors_origin has an entry that is no origin such as https://blog.example.com",
            ),
        ] {
            assert_eq!(
                check(&options).findings,
                Findings { warnings: vec![warning.to_owned()], ..Findings::default() }
            );
        }
        for options in [
            json!({"external_hostname": "https://a.io:443/", "force_https": true}),
            json!({"cors_origin": "capacitor://localhost,null", "developer_emails": "Ann@A.io"}),
        ] {
            assert!(check(&options).findings.mistakes.is_empty());
        }
        assert_eq!(check(&json!({"cors_origin": "capacitor://localhost"})).findings, Findings::default());
    }

    #[test]
    fn a_dropped_scheme_takes_its_usual_port_along() {
        for (given, origin) in [
            ("https://a.io:443", "http://a.io"),
            ("http://a.io:80/", "http://a.io"),
            ("https://a.io:80", "http://a.io"),
            ("https://a.io:8443", "http://a.io:8443"),
        ] {
            assert_eq!(check(&json!({"external_hostname": given})).settings.address.origin(), origin, "{given}");
        }
    }

    #[test]
    fn origins_are_listed_once_in_order() {
        for (options, origins) in [
            (json!({"cors_origin": "*", "external_hostname": "a.example.com"}), "*"),
            (json!({"cors_origin": "*,https://a.example.com"}), "*,http://forum,https://a.example.com"),
            (
                json!({"cors_origin": " https://Z/ \nhttp://forum,https://a:443/b,,"}),
                "http://forum,https://a,https://z",
            ),
            (json!({"force_https": true}), "https://forum"),
            (json!({"enable_cors": false, "augment_cors_origin": false}), ""),
        ] {
            assert_eq!(check(&options).settings.cors_origin, origins);
        }
    }

    #[test]
    fn an_ingress_replaces_options_that_are_not_set() {
        let authority = Authority::parse("prod-forum.example.com:8443").unwrap();
        let behind = Context {
            ingress: Some(Frontend {
                authority: &authority,
                is_https: true,
                origin: Origin::Relation("ingress", "ingress"),
            }),
            ..Context::ALONE
        };
        for (options, host) in [
            (json!({}), "prod-forum.example.com:8443"),
            (json!({"external_hostname": "forum.example.com"}), "forum.example.com"),
        ] {
            let settings = check_in(behind, &options).settings;
            let origin = format!("https://{host}");
            assert_eq!((settings.address.origin(), settings.cors_origin), (origin.clone(), origin));
        }
    }

    #[test]
    fn a_login_from_a_secret_takes_precedence_over_options() {
        let login = [("username", "u"), ("password", "p")];
        let login = login.map(|(key, value)| (key.to_owned(), Secret::from(value.to_owned())));
        let content = SecretContent::Known(login.into());
        let options = json!({"smtp_credentials": "secret:a", "smtp_username": "old", "smtp_password": "old"});
        let checked = check_in(Context { smtp_credentials: &content, ..Context::ALONE }, &options);
        let command = "juju config forum --reset smtp_username,smtp_password";
        let warning = format!("smtp_credentials takes precedence over smtp_username, smtp_password: {command}");
        assert_eq!(checked.findings.warnings, [warning]);
        let smtp = checked.settings.smtp;
        assert_eq!(
            (smtp.username.as_str(), smtp.password.expose(), smtp.credentials),
            ("u", "p", Some("smtp_credentials"))
        );
    }
}
