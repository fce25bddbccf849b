//! The options of the mail server.

use crate::{
    discourse::{
        credentials::{self, SecretOption},
        mail_server::{Helo, MailServer, START_TLS_PORTS, TLS_PORT},
        options::OPTIONS,
    },
    secret::{Secret, SecretContent},
};

use super::{Context, Smtp, reader::Reader};

const ADDRESS: &str = "smtp_address";
const AUTHENTICATION: &str = "smtp_authentication";
const DOMAIN: &str = "smtp_domain";
const FORCE_TLS: &str = "smtp_force_tls";
const PORT: &str = "smtp_port";
const START_TLS: &str = "smtp_enable_start_tls";
const VERIFY_MODE: &str = "smtp_openssl_verify_mode";

const METHODS: [&str; 4] = ["none", "login", "plain", "cram_md5"];
const VERIFY_MODES: [&str; 4] = ["none", "peer", "client_once", "fail_if_no_peer_cert"];
const BOOLEANS: [&str; 2] = ["true", "false"];

/// Options of one word: the words that they take, and what Discourse does with any other. The Python charm passed on all of them.
const WORDS: [(&str, &[&str], &str); 4] = [
    (AUTHENTICATION, &METHODS, "no login works with it"),
    (START_TLS, &BOOLEANS, "mail may not leave"),
    (FORCE_TLS, &BOOLEANS, "it counts as true"),
    (VERIFY_MODE, &VERIFY_MODES, "mail may not leave over TLS"),
];

impl Reader<'_> {
    /// The mail server; a related one takes precedence, so that nothing but their types can be wrong.
    pub(super) fn smtp(&mut self) -> Smtp {
        let smtp = self.smtp_options();
        if self.context.is_mail_related {
            let mail: Vec<&'static str> =
                OPTIONS.iter().map(|(option, _)| *option).filter(|option| option.starts_with("smtp_")).collect();
            self.warn_about_precedence("the relation smtp", &mail);
            return smtp;
        }
        self.check_mail_server(&smtp);
        self.check_helo();
        self.check_words();
        self.with_smtp_login(smtp)
    }

    fn smtp_options(&mut self) -> Smtp {
        let authority = self.mail_server().map(|server| server.authority);
        let port = self.number(PORT);
        let [force_tls, start_tls] = [FORCE_TLS, START_TLS].map(|option| self.snake_case_word(option));
        Smtp {
            port: authority.as_ref().and_then(|it| it.port).map_or(port, i64::from),
            address: authority.map(|it| it.host),
            domain: Helo::parse(&self.text(DOMAIN)).map(|helo| helo.name).unwrap_or_default(),
            username: self.text("smtp_username"),
            password: Secret::from(self.text("smtp_password")),
            authentication: self.snake_case_word(AUTHENTICATION),
            // Over TLS there is nothing left to start, and some versions of the mail library refuse both together.
            enable_start_tls: if is_true(&force_tls) { "false".to_owned() } else { start_tls },
            force_tls,
            openssl_verify_mode: self.snake_case_word(VERIFY_MODE),
            credentials: None,
        }
    }

    /// Some people write `cram-md5`.
    fn snake_case_word(&mut self, option: &'static str) -> String {
        self.word(option).replace('-', "_")
    }

    fn mail_server(&mut self) -> Option<MailServer> {
        MailServer::parse(&self.text(ADDRESS))
    }

    fn check_mail_server(&mut self, smtp: &Smtp) {
        let server = self.mail_server();
        let named = server.as_ref().and_then(|server| server.authority.port).map(i64::from);
        self.check_port(named);
        match server {
            Some(server) => self.check_tls(&server, smtp),
            None if self.text(ADDRESS).is_empty() => {}
            None => self.reject(ADDRESS, format!("{ADDRESS} must be one host name such as mail.example.com")),
        }
    }

    /// A port in the address is used in place of the option.
    fn check_port(&mut self, named: Option<i64>) {
        let (given, app) = (self.number(PORT), self.context.app);
        match named {
            Some(named) if given != named && self.is_changed(PORT) => {
                let command = format!("juju config {app} --reset {PORT}");
                self.warn(format!("{PORT} is ignored, for {ADDRESS} names another port: {command}"));
            }
            None if !(1..=65535).contains(&given) => {
                self.warn(format!("{PORT} is not a port number from 1 to 65535: no mail leaves"));
            }
            _ => {}
        }
    }

    /// TLS from the first byte is used, or not, where the address or the port say otherwise.
    fn check_tls(&mut self, server: &MailServer, smtp: &Smtp) {
        let (app, port, is_tls) = (self.context.app, smtp.port, is_true(&smtp.force_tls));
        let is_port_free = server.authority.port.is_none();
        let set_port = format!("{PORT}={TLS_PORT}");
        match () {
            () if server.is_smtps && !is_tls => {
                let is_port_wrong = is_port_free && START_TLS_PORTS.contains(&port);
                let and_port = if is_port_wrong { format!(" {set_port}") } else { String::new() };
                let command = format!("juju config {app} {FORCE_TLS}=true{and_port}");
                self.warn(format!("{ADDRESS} begins with smtps://, but {FORCE_TLS} is not true: {command}"));
            }
            () if port == TLS_PORT && !is_tls => {
                self.warn(format!(
                    "no mail leaves through port {port} without TLS: juju config {app} {FORCE_TLS}=true"
                ));
            }
            () if START_TLS_PORTS.contains(&port) && is_tls => {
                let setting = if is_port_free { set_port } else { format!("{FORCE_TLS}=false") };
                self.warn(format!(
                    "mail servers do not expect {FORCE_TLS} on port {port}: juju config {app} {setting}"
                ));
            }
            () => {}
        }
    }

    fn check_helo(&mut self) {
        match Helo::parse(&self.text(DOMAIN)) {
            None => self.reject(DOMAIN, format!("{DOMAIN} must be one host name such as forum.example.com")),
            Some(helo) if helo.is_odd => {
                self.warn(format!("{DOMAIN} is not a host name: mail servers may refuse to talk to the forum"));
            }
            Some(_) => {}
        }
    }

    fn check_words(&mut self) {
        for (option, words, consequence) in WORDS {
            let word = self.snake_case_word(option);
            if !word.is_empty() && !words.contains(&word.as_str()) {
                self.warn(format!("{option} is not one of {}: {consequence}", words.join(", ")));
            }
        }
    }

    /// Replaces the login of the plain options with that of the secret, if one is named.
    fn with_smtp_login(&mut self, smtp: Smtp) -> Smtp {
        let uri = self.text(credentials::SMTP);
        let Context { app, smtp_credentials: content, .. } = self.context;
        let login = credentials::smtp(SecretOption { uri: &uri, content, app });
        let Some(login) = self.or_mistake(login) else { return smtp };
        if let Some(login) = &login {
            let weaker: &[&str] =
                if login.username.is_some() { &["smtp_username", "smtp_password"] } else { &["smtp_password"] };
            self.warn_about_precedence(credentials::SMTP, weaker);
        }
        let smtp = match login {
            Some(login) => Smtp {
                username: login.username.unwrap_or(smtp.username),
                password: login.password,
                credentials: Some(credentials::SMTP),
                ..smtp
            },
            None => smtp,
        };
        let is_known = !matches!(content, SecretContent::Failed(_));
        if smtp.address.is_some() && is_known {
            self.check_login(&smtp);
        }
        smtp
    }

    /// Without a method, the mail library logs in with `plain` as soon as there is a user name.
    ///
    /// A login beside `none`, which is the default, is used all the same: whoever sets one has a server that wants it. Half a login
    /// makes every delivery fail, which the forum itself survives.
    fn check_login(&mut self, smtp: &Smtp) {
        let app = self.context.app;
        let has_method = !matches!(smtp.authentication.as_str(), "" | "none");
        match (smtp.username.is_empty(), smtp.password.is_empty()) {
            (false, false) if smtp.authentication == "none" => {
                let command = format!("juju config {app} {AUTHENTICATION}=plain");
                self.warn(format!("{AUTHENTICATION} is none, but a login is set and used with plain: {command}"));
            }
            (false, true) => {
                self.warn("no mail leaves: smtp_username has no password: set smtp_credentials or smtp_password");
            }
            (true, false) => {
                let password = smtp.credentials.unwrap_or("smtp_password");
                let command = format!("juju config {app} smtp_username=<name>");
                self.warn(format!("no mail leaves: {password} has no user name: {command}"));
            }
            (true, true) if has_method => {
                self.warn(format!("{AUTHENTICATION} is ignored, for there is no login: set smtp_credentials"));
            }
            _ => {}
        }
    }
}

/// Discourse takes every word but `false` as true.
fn is_true(word: &str) -> bool {
    !matches!(word, "" | "false")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        address::Host,
        discourse::settings::{Checked, Settings},
        relations::arbitrary::trials,
        secret::SecretContent,
    };
    use proptest::{collection::vec, prelude::*, sample::select};
    use serde_json::{Value, json};

    fn check_in(context: Context, options: &Value) -> Checked {
        Settings::check(&options.as_object().unwrap().clone().into_iter().collect(), context)
    }

    fn check(options: &Value) -> Checked {
        check_in(Context::ALONE, options)
    }

    /// The mail server and the warnings of options without a mistake.
    #[track_caller]
    fn accepted(options: &Value) -> (Smtp, Vec<String>) {
        let Checked { settings, findings } = check(options);
        assert_eq!(findings.mistakes, [], "{options}");
        (settings.smtp, findings.warnings)
    }

    /// The warnings about options without a mistake, beside an address.
    #[track_caller]
    fn warnings(options: &Value) -> Vec<String> {
        let mut all = json!({"smtp_address": "mail.example.com"});
        all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
        accepted(&all).1
    }

    #[test]
    fn spelling_that_keeps_the_meaning_of_an_address_is_put_right_without_a_warning() {
        for (address, host, port) in [
            (" Mail.Example.com\n", "mail.example.com", 587),
            ("smtp://mail.example.com/", "mail.example.com", 587),
            ("mail.example.com:2525", "mail.example.com", 2525),
            ("föhn.example", "xn--fhn-sna.example", 587),
            ("[fd00::1]:25", "fd00::1", 25),
        ] {
            let (smtp, warnings) = accepted(&json!({"smtp_address": address}));
            assert_eq!((smtp.address, smtp.port, warnings), (Host::parse(host), port, vec![]), "{address}");
        }
    }

    #[test]
    fn words_may_be_written_in_any_case() {
        let (smtp, warnings) = accepted(&json!({
            "smtp_authentication": "CRAM-MD5", "smtp_enable_start_tls": "False", "smtp_force_tls": "FALSE",
            "smtp_openssl_verify_mode": " Peer\n", "smtp_domain": "Forum.Example.com",
        }));
        let words = [&smtp.authentication, &smtp.enable_start_tls, &smtp.force_tls, &smtp.openssl_verify_mode];
        assert_eq!(words, ["cram_md5", "false", "false", "peer"]);
        assert_eq!((smtp.domain.as_str(), warnings), ("forum.example.com", vec![]));
    }

    #[test]
    fn what_no_mail_server_can_be_is_a_mistake_that_names_the_option() {
        for (option, values, text) in [
            ("smtp_address", ["a b", "a,b", "*.a", "a/b", "u@a", "http://a", "a:0"], "such as mail.example.com"),
            (
                "smtp_domain",
                ["a b", "a\tb", "a\r\nb", "a\u{1b}b", "a\nb", "a b c", "a\u{a0}b"],
                "such as forum.example.com",
            ),
        ] {
            for value in values {
                let mistakes = check(&json!({option: value})).findings.mistakes;
                let texts: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
                assert_eq!(texts, [format!("{option} must be one host name {text}")], "{value:?}");
            }
        }
    }

    #[test]
    fn a_port_in_the_address_is_used_and_another_one_in_the_option_is_a_warning() {
        let (smtp, warnings) = accepted(&json!({"smtp_address": "mail:2525", "smtp_port": 2526}));
        let expected = "smtp_port is ignored, for smtp_address names another port: juju config forum --reset smtp_port";
        assert_eq!((smtp.port, warnings), (2525, vec![expected.to_owned()]));
        assert_eq!(accepted(&json!({"smtp_address": "mail:2525", "smtp_port": 2525})).1, [""; 0]);
    }

    #[test]
    fn tls_from_the_first_byte_leaves_nothing_for_starttls_to_do() {
        for (word, start_tls) in [("true", "false"), ("yes", "false"), ("false", "true"), ("", "true")] {
            let smtp = accepted(&json!({"smtp_force_tls": word, "smtp_port": 465})).0;
            assert_eq!((smtp.force_tls.as_str(), smtp.enable_start_tls.as_str()), (word, start_tls));
        }
        assert_eq!(warnings(&json!({"smtp_force_tls": "true", "smtp_port": 465})), [""; 0]);
    }

    #[test]
    fn tls_that_the_address_or_the_port_contradicts_is_a_warning() {
        for (address, port, tls, expected) in [
            (
                "smtps://a",
                587,
                "false",
                "smtp_address begins with smtps://, but smtp_force_tls is not true: juju config forum smtp_force_tls=true smtp_port=465",
            ),
            (
                "smtps://a",
                465,
                "false",
                "smtp_address begins with smtps://, but smtp_force_tls is not true: juju config forum smtp_force_tls=true",
            ),
            ("a", 465, "false", "no mail leaves through port 465 without TLS: juju config forum smtp_force_tls=true"),
            (
                "a",
                587,
                "true",
                "mail servers do not expect smtp_force_tls on port 587: juju config forum smtp_port=465",
            ),
            (
                "a:25",
                587,
                "true",
                "mail servers do not expect smtp_force_tls on port 25: juju config forum smtp_force_tls=false",
            ),
        ] {
            let options = json!({"smtp_address": address, "smtp_port": port, "smtp_force_tls": tls});
            assert_eq!(accepted(&options).1, [expected], "{options}");
        }
    }

    #[test]
    fn words_that_the_python_charm_passed_on_are_passed_on_with_a_warning() {
        let (smtp, warnings) = accepted(&json!({
            "smtp_enable_start_tls": "Maybe", "smtp_force_tls": "no", "smtp_openssl_verify_mode": "full",
        }));
        assert_eq!([smtp.force_tls, smtp.openssl_verify_mode], ["no", "full"]);
        assert_eq!(
            warnings,
            [
                "smtp_enable_start_tls is not one of true, false: mail may not leave",
                "smtp_force_tls is not one of true, false: it counts as true",
                "smtp_openssl_verify_mode is not one of none, peer, client_once, fail_if_no_peer_cert: \
                 mail may not leave over TLS",
            ]
        );
    }

    #[test]
    fn a_login_beside_the_method_none_is_used_with_a_warning() {
        let login = json!({"smtp_username": "u", "smtp_password": "p"});
        let expected = "smtp_authentication is none, but a login is set and used with plain: \
                        juju config forum smtp_authentication=plain";
        assert_eq!(warnings(&login), [expected]);
        let plain = json!({"smtp_username": "u", "smtp_password": "p", "smtp_authentication": "Plain"});
        assert_eq!(warnings(&plain), [""; 0]);
    }

    #[test]
    fn half_a_login_is_a_warning_because_every_delivery_fails() {
        for (options, expected) in [
            (
                json!({"smtp_username": "u"}),
                "no mail leaves: smtp_username has no password: set smtp_credentials or smtp_password",
            ),
            (
                json!({"smtp_password": "p"}),
                "no mail leaves: smtp_password has no user name: juju config forum smtp_username=<name>",
            ),
            (
                json!({"smtp_authentication": "plain"}),
                "smtp_authentication is ignored, for there is no login: set smtp_credentials",
            ),
        ] {
            assert_eq!(warnings(&options), [expected]);
        }
    }

    #[test]
    fn a_related_mail_server_makes_the_options_a_single_warning() {
        let related = Context { is_mail_related: true, smtp_credentials: &SecretContent::Unreadable, ..Context::ALONE };
        let options = json!({"smtp_address": "a b", "smtp_port": 0, "smtp_domain": "", "smtp_credentials": "secret:a"});
        let Checked { findings, .. } = check_in(related, &options);
        let expected = "the relation smtp takes precedence over smtp_address, smtp_credentials, smtp_port: \
                        juju config forum --reset smtp_address,smtp_credentials,smtp_port";
        assert_eq!((findings.mistakes, findings.warnings), (vec![], vec![expected.to_owned()]));
        assert_eq!(check_in(related, &json!({})).findings, crate::discourse::mistake::Findings::default());
    }

    fn odd() -> impl Strategy<Value = String> {
        let parts = vec![
            "smtp://",
            "SMTPS://",
            "http://",
            "mail",
            "Mail.",
            "example",
            ".com",
            ":",
            "587",
            "465",
            "/",
            ",",
            "*",
            " ",
            "@",
            "[fd00::1]",
            "ö",
            "\n",
            "\0",
            "none",
            "TRUE",
            "false",
            "plain",
            "-",
            "_",
        ];
        vec(select(parts), 0..5).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(trials())]

        #[test]
        fn whatever_the_options_say_each_variable_has_its_form_and_what_is_changed_is_reported(
            (address, domain, tls, start_tls) in (odd(), odd(), odd(), odd()),
            port in prop_oneof![Just(587), Just(465), -1..70_000_i64],
        ) {
            let options = json!({
                "smtp_address": address, "smtp_domain": domain, "smtp_port": port,
                "smtp_force_tls": tls, "smtp_enable_start_tls": start_tls,
            });
            let Checked { settings: Settings { smtp, .. }, findings } = check(&options);
            let is_silent = findings == crate::discourse::mistake::Findings::default();
            let is_word = |text: &str| !text.contains(|c: char| c.is_whitespace() || c.is_control());
            prop_assert!(is_word(&smtp.domain));
            prop_assert!(smtp.address.as_ref().is_none_or(|host| is_word(host.as_str()) && !host.as_str().contains('/')));
            prop_assert!(!is_true(&smtp.force_tls) || smtp.enable_start_tls == "false");
            prop_assert!(smtp.address.is_some() || address.trim().is_empty() || !findings.mistakes.is_empty());
            prop_assert!(!is_silent || (1..=65535).contains(&smtp.port));
            prop_assert!(!is_silent || smtp.port == port || port == 587);
            prop_assert!(!is_silent || ["", "true", "false"].contains(&smtp.force_tls.as_str()));
        }
    }
}
