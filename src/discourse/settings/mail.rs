//! The options of the mail server.

use crate::{
    discourse::credentials::{self, SecretOption},
    secret::Secret,
};

use super::{Context, Smtp, reader::Reader};

const AUTHENTICATION_METHODS: [&str; 4] = ["none", "login", "plain", "cram_md5"];
const VERIFY_MODES: [&str; 4] = ["none", "peer", "client_once", "fail_if_no_peer_cert"];
const BOOLEANS: [&str; 2] = ["true", "false"];

impl Reader<'_> {
    pub(super) fn smtp(&mut self) -> Smtp {
        let smtp = Smtp {
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
        self.warn_about_smtp(&smtp);
        self.with_smtp_login(smtp)
    }

    /// Replaces the login of the plain options with that of the secret, if one is named.
    fn with_smtp_login(&mut self, smtp: Smtp) -> Smtp {
        let uri = self.text(credentials::SMTP);
        let Context { app, is_mail_related, smtp_credentials: content, .. } = self.context;
        if is_mail_related {
            return smtp;
        }
        let login = credentials::smtp(SecretOption { uri: &uri, content, app });
        match self.or_mistake(login).flatten() {
            Some(login) => Smtp {
                username: login.username.unwrap_or(smtp.username),
                password: login.password,
                credentials: Some(credentials::SMTP),
                ..smtp
            },
            None => smtp,
        }
    }

    fn warn_about_smtp(&mut self, smtp: &Smtp) {
        let known: [(&str, &str, &[&str]); 4] = [
            ("smtp_authentication", &smtp.authentication, &AUTHENTICATION_METHODS),
            ("smtp_enable_start_tls", &smtp.enable_start_tls, &BOOLEANS),
            ("smtp_force_tls", &smtp.force_tls, &BOOLEANS),
            ("smtp_openssl_verify_mode", &smtp.openssl_verify_mode, &VERIFY_MODES),
        ];
        for (option, value, values) in known {
            if !value.is_empty() && !values.contains(&value) {
                self.warn(format!("{option} is not one of {}", values.join(", ")));
            }
        }
        if !(1..=65535).contains(&smtp.port) {
            self.warn("smtp_port is not a port number from 1 to 65535");
        }
    }
}
