//! The endpoint `smtp`: interface `smtp`, in both forms of its provider: the password in a secret, or in clear text.
//!
//! *Source*: charmhub.io/smtp-integrator, library `smtp` version 0.21.

use crate::{
    address::Authority,
    discourse::{
        environment::{Origin, Variable},
        mail_server::{Helo, MailServer, START_TLS_PORTS, TLS_PORT, mail_address},
        settings::Smtp,
    },
    secret::Secret,
};

use super::{Endpoint, Given, Problem, Reads, Relation, SecretKey, databag::non_empty};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    reads: Reads {
        secrets: &[SecretKey { key: PASSWORD_SECRET, unless: Some("password"), may_be_users: true }],
        ..Reads::REMOTE
    },
    variables: &["DISCOURSE_SMTP_", SENDER_VARIABLE],
    gives: Some(|relation, _| given(relation)),
    ..Endpoint::requirer("smtp", "smtp")
};

const PASSWORD_SECRET: &str = "password_id";
const SENDER: &str = "smtp_sender";

/// A variable takes precedence over the site setting of this name.
const SENDER_VARIABLE: &str = "DISCOURSE_NOTIFICATION_EMAIL";

/// The user name and the password.
type Login = (String, Secret);

fn given(relation: &Relation) -> Result<Given, Problem> {
    let (server, smtp) = parse(relation)?;
    let sender = relation.optional(SENDER).and_then(mail_address).unwrap_or_default();
    let mut variables = smtp.variables(origin);
    variables.push((SENDER_VARIABLE, Variable::plain(sender, Origin::Relation(ENDPOINT.name, SENDER))));
    let warnings = doubts(relation, &server, &smtp).into_iter().map(|why| relation.invalid(why).to_string()).collect();
    let port = u16::try_from(smtp.port).ok();
    let address = Some(Authority { port, ..server.authority }.to_string());
    Ok(Given { variables, warnings, address, ..Given::default() })
}

/// The mail server, if all of it is there.
///
/// Without a login there is no user and no password: with one of them, Discourse would log in by a method of its own choice.
fn parse(relation: &Relation) -> Result<(MailServer, Smtp), Problem> {
    relation.provider()?;
    let server = server(relation)?;
    let port = port(relation, &server)?;
    let login = login(relation)?;
    let (is_start_tls, is_tls) = security(relation)?;
    let authentication = if login.is_some() { "plain" } else { "none" };
    let (username, password) = login.unwrap_or_else(|| (String::new(), Secret::from(String::new())));
    let smtp = Smtp {
        address: Some(server.authority.host.clone()),
        port: i64::from(port),
        domain: domain(relation)?.name,
        username,
        password,
        authentication: authentication.to_owned(),
        enable_start_tls: is_start_tls.to_string(),
        force_tls: is_tls.to_string(),
        openssl_verify_mode: if is_unverified(relation)? { "none" } else { "peer" }.to_owned(),
        credentials: None,
    };
    Ok((server, smtp))
}

/// What can be used but is probably not meant.
fn doubts(relation: &Relation, server: &MailServer, smtp: &Smtp) -> Vec<&'static str> {
    let (port, is_tls) = (smtp.port, smtp.force_tls == "true");
    let is_smtps_alone = server.is_smtps && !is_tls;
    let has_unused_login = smtp.authentication == "none"
        && ["user", "password", PASSWORD_SECRET].iter().any(|key| relation.optional(key).is_some());
    let is_sender_unused = relation.optional(SENDER).is_some_and(|text| mail_address(text).is_none());
    [
        (is_smtps_alone, "host begins with smtps://, but transport_security is not tls"),
        (
            port == TLS_PORT && !is_tls && !is_smtps_alone,
            "no mail leaves through port 465 unless transport_security is tls",
        ),
        (
            START_TLS_PORTS.contains(&port) && is_tls,
            "mail servers do not expect transport_security tls on ports 25 and 587",
        ),
        (domain(relation).is_ok_and(|helo| helo.is_odd), "domain is not a host name, and mail servers may refuse it"),
        (has_unused_login, "a login is not used unless auth_type is plain"),
        (is_sender_unused, "smtp_sender is not used, for it is not a mail address"),
    ]
    .into_iter()
    .filter_map(|(is_so, why)| is_so.then_some(why))
    .collect()
}

/// The key behind what an option would set.
fn origin(option: &'static str) -> Origin {
    let key = match option {
        "smtp_address" => "host",
        "smtp_port" => "port",
        "smtp_domain" => "domain",
        "smtp_username" => "user",
        "smtp_password" => "password",
        "smtp_authentication" => "auth_type",
        "smtp_openssl_verify_mode" => "skip_ssl_verify",
        _ => "transport_security",
    };
    Origin::Relation(ENDPOINT.name, key)
}

fn server(relation: &Relation) -> Result<MailServer, Problem> {
    let host = relation.required("host")?;
    MailServer::parse(host).ok_or_else(|| relation.invalid("host must be a host name"))
}

fn port(relation: &Relation, server: &MailServer) -> Result<u16, Problem> {
    let port = relation.port("port", relation.required("port")?)?;
    match server.authority.port {
        Some(named) if named != port => Err(relation.invalid("host must not name another port than port")),
        _ => Ok(port),
    }
}

fn domain(relation: &Relation) -> Result<Helo, Problem> {
    let domain = relation.optional("domain").unwrap_or_default();
    Helo::parse(domain).ok_or_else(|| relation.invalid("domain must be a host name"))
}

/// The login; half a one is not waited for, since the provider writes all keys at once.
///
/// *Empty*: the mail server takes mail without one.
fn login(relation: &Relation) -> Result<Option<Login>, Problem> {
    match word(relation.required("auth_type")?).as_str() {
        "plain" => Ok(Some((user(relation)?, password(relation)?))),
        "none" | "not_provided" => Ok(None),
        _ => Err(relation.invalid("auth_type must be none, not_provided or plain")),
    }
}

fn user(relation: &Relation) -> Result<String, Problem> {
    let user = non_empty(&relation.bag, "user").map(str::to_owned);
    user.ok_or_else(|| relation.invalid("auth_type plain needs user"))
}

fn password(relation: &Relation) -> Result<Secret, Problem> {
    if let Some(password) = non_empty(&relation.bag, "password") {
        return Ok(Secret::from(password.to_owned()));
    }
    if relation.optional(PASSWORD_SECRET).is_none() {
        return Err(relation.invalid("auth_type plain needs password or password_id"));
    }
    let in_secret = relation.in_secret(PASSWORD_SECRET, "password")?.cloned();
    in_secret.ok_or_else(|| relation.missing(format!("password in the secret of {PASSWORD_SECRET}")))
}

/// Whether to use STARTTLS, and whether to speak TLS from the first byte.
fn security(relation: &Relation) -> Result<(bool, bool), Problem> {
    match word(relation.required("transport_security")?).as_str() {
        "none" => Ok((false, false)),
        "starttls" => Ok((true, false)),
        "tls" => Ok((false, true)),
        _ => Err(relation.invalid("transport_security must be none, starttls or tls")),
    }
}

fn is_unverified(relation: &Relation) -> Result<bool, Problem> {
    match word(relation.optional("skip_ssl_verify").unwrap_or("false")).as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(relation.invalid("skip_ssl_verify must be true or false")),
    }
}

/// A word whose case has no meaning.
fn word(text: &str) -> String {
    text.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        address::Host,
        discourse::environment::Environment,
        relations::{arbitrary, databag::bag},
        secret::SecretContent,
    };
    use proptest::prelude::*;

    const WHOLE: [(&str, &str); 8] = [
        ("host", "smtp.example.com"),
        ("port", "587"),
        ("auth_type", "plain"),
        ("transport_security", "starttls"),
        ("skip_ssl_verify", "False"),
        ("domain", "example.com"),
        ("user", "forum"),
        ("password_id", "secret:cvi2hqmp8e3c7dn1a0s0"),
    ];

    fn secret(key: &str, value: &str) -> SecretContent {
        SecretContent::Known([(key.to_owned(), Secret::from(value.to_owned()))].into())
    }

    /// The whole relation with some keys written anew.
    fn remote(changes: &[(&str, &str)]) -> Relation {
        let mut whole = bag(&WHOLE);
        whole.extend(bag(changes));
        with_secret(
            Relation {
                endpoint: ENDPOINT.name,
                id: 7,
                app: Some("mail".to_owned()),
                bag: whole,
                ..Relation::default()
            },
            secret("password", "Bn4xTq8L"),
        )
    }

    fn with_secret(relation: Relation, content: SecretContent) -> Relation {
        Relation { secrets: [(PASSWORD_SECRET, content)].into(), ..relation }
    }

    fn problem(relation: &Relation) -> String {
        given(relation).unwrap_err().to_string()
    }

    fn parsed(relation: &Relation) -> Smtp {
        parse(relation).unwrap().1
    }

    /// The address for people, the sender, and the warnings.
    fn shown(changes: &[(&str, &str)]) -> (String, String, Vec<String>) {
        let given = given(&remote(changes)).unwrap();
        let mut environment = Environment::default();
        environment.extend(given.variables);
        (given.address.unwrap(), environment.get(SENDER_VARIABLE).to_owned(), given.warnings)
    }

    fn smtp() -> Smtp {
        Smtp {
            address: Host::parse("smtp.example.com"),
            port: 587,
            domain: "example.com".to_owned(),
            username: "forum".to_owned(),
            password: Secret::from("Bn4xTq8L".to_owned()),
            authentication: "plain".to_owned(),
            enable_start_tls: "true".to_owned(),
            force_tls: "false".to_owned(),
            openssl_verify_mode: "peer".to_owned(),
            credentials: None,
        }
    }

    #[test]
    fn a_password_in_a_secret_is_understood() {
        assert_eq!(parsed(&remote(&[])), smtp());
    }

    #[test]
    fn a_password_in_clear_text_takes_precedence_over_the_secret() {
        let clear = with_secret(remote(&[("password", "clear")]), SecretContent::Unreadable);
        assert_eq!(parsed(&clear), Smtp { password: Secret::from("clear".to_owned()), ..smtp() });
    }

    #[test]
    fn spelling_that_keeps_the_meaning_is_put_right_without_a_warning() {
        let changes = [
            ("host", " SMTP://Smtp.Example.com:587/ "),
            ("port", " 587 "),
            ("auth_type", "Plain"),
            ("transport_security", "STARTTLS"),
            ("skip_ssl_verify", "FALSE"),
            ("domain", " Example.com "),
        ];
        assert_eq!(parsed(&remote(&changes)), smtp());
        assert_eq!(shown(&changes), ("smtp.example.com:587".to_owned(), String::new(), vec![]));
        assert_eq!(shown(&[("host", "fd00::1")]).0, "[fd00::1]:587");
    }

    #[test]
    fn a_credential_is_used_as_it_is() {
        let changes = [("user", " forum "), ("password", " p\n")];
        let expected = Smtp { username: " forum ".to_owned(), password: Secret::from(" p\n".to_owned()), ..smtp() };
        assert_eq!(parsed(&remote(&changes)), expected);
    }

    #[test]
    fn without_a_login_there_is_no_user_and_no_password_and_none_is_waited_for() {
        for auth_type in ["none", "not_provided"] {
            let expected = Smtp {
                username: String::new(),
                password: Secret::from(String::new()),
                authentication: "none".to_owned(),
                ..smtp()
            };
            let remote = with_secret(remote(&[("auth_type", auth_type)]), SecretContent::Unreadable);
            assert_eq!(parsed(&remote), expected);
        }
    }

    #[test]
    fn security_and_certificate_checks_are_translated_into_the_terms_of_discourse() {
        for (security, skip, start_tls, tls, mode) in [
            ("none", "True", "false", "false", "none"),
            ("starttls", "true", "true", "false", "none"),
            ("tls", "False", "false", "true", "peer"),
            ("tls", "", "false", "true", "peer"),
        ] {
            let changes = [("transport_security", security), ("skip_ssl_verify", skip)];
            let expected = Smtp {
                enable_start_tls: start_tls.to_owned(),
                force_tls: tls.to_owned(),
                openssl_verify_mode: mode.to_owned(),
                ..smtp()
            };
            assert_eq!(parsed(&remote(&changes)), expected);
        }
    }

    #[test]
    fn the_forum_sends_from_the_bare_address_of_the_sender() {
        for sender in ["forum@example.com", "The forum <forum@Example.com>"] {
            let expected = ("smtp.example.com:587".to_owned(), "forum@example.com".to_owned(), vec![]);
            assert_eq!(shown(&[("smtp_sender", sender)]), expected);
        }
    }

    #[test]
    fn what_is_probably_not_meant_is_a_warning() {
        for (changes, why) in [
            (&[("smtp_sender", "the forum")][..], "smtp_sender is not used, for it is not a mail address"),
            (&[("auth_type", "none")], "a login is not used unless auth_type is plain"),
            (&[("domain", "10.0.0.1")], "domain is not a host name, and mail servers may refuse it"),
            (&[("host", "smtps://a")], "host begins with smtps://, but transport_security is not tls"),
            (&[("port", "465")], "no mail leaves through port 465 unless transport_security is tls"),
            (&[("transport_security", "tls")], "mail servers do not expect transport_security tls on ports 25 and 587"),
        ] {
            assert_eq!(shown(changes).2, [format!("smtp: {why}: correct it in mail")]);
        }
    }

    #[test]
    fn a_missing_key_is_waited_for_by_name() {
        for key in ["host", "port", "auth_type", "transport_security"] {
            assert_eq!(problem(&remote(&[(key, " ")])), format!("waiting for {key} in the relation smtp"));
        }
        assert_eq!(problem(&Relation { app: None, ..remote(&[]) }), "waiting for a unit in the relation smtp");
        for (content, what) in [
            (SecretContent::Unreadable, "a readable password_id"),
            (SecretContent::Unnamed, "a readable password_id"),
            (secret("passphrase", "Bn4xTq8L"), "password in the secret of password_id"),
            (secret("password", ""), "password in the secret of password_id"),
        ] {
            let expected = format!("waiting for {what} in the relation smtp");
            assert_eq!(problem(&with_secret(remote(&[]), content)), expected);
        }
    }

    #[test]
    fn an_invalid_value_is_named_and_not_shown() {
        for (key, value, why) in [
            ("host", "a b", "host must be a host name"),
            ("port", "0", "port must be a number from 1 to 65535"),
            ("port", "65536", "port must be a number from 1 to 65535"),
            ("auth_type", "login", "auth_type must be none, not_provided or plain"),
            ("transport_security", "ssl", "transport_security must be none, starttls or tls"),
            ("host", "a,b", "host must be a host name"),
            ("host", "u@a", "host must be a host name"),
            ("host", "http://a", "host must be a host name"),
            ("host", "a:25", "host must not name another port than port"),
            ("skip_ssl_verify", "perhaps", "skip_ssl_verify must be true or false"),
            ("domain", "a b", "domain must be a host name"),
            ("domain", "a\0b", "domain must be a host name"),
            ("user", " ", "auth_type plain needs user"),
            ("password_id", "", "auth_type plain needs password or password_id"),
        ] {
            assert_eq!(problem(&remote(&[(key, value)])), format!("smtp: {why}: correct it in mail"));
        }
    }

    #[test]
    fn every_variable_names_the_key_that_it_comes_from() {
        let origins = [origin("smtp_address"), origin("smtp_username"), origin("smtp_force_tls")];
        assert_eq!(origins, ["host", "user", "transport_security"].map(|key| Origin::Relation("smtp", key)));
    }

    const KEYS: [&str; 10] = [
        "host",
        "port",
        "auth_type",
        "transport_security",
        "skip_ssl_verify",
        "domain",
        "user",
        "password_id",
        "password",
        "smtp_sender",
    ];

    proptest! {
        #![proptest_config(crate::relations::arbitrary::trials())]

        #[test]
        fn no_databag_causes_a_panic_or_shows_a_password(
            odd in arbitrary::bag(&KEYS),
            password in arbitrary::secret(),
            is_clear in any::<bool>(),
        ) {
            let mut remote = remote(&[]);
            remote.bag.extend(odd);
            remote.bag.remove("password");
            if is_clear {
                remote.bag.insert("password".to_owned(), password.clone());
            }
            let given = given(&with_secret(remote, secret("password", &password)));
            let shown = format!("{given:?}");
            prop_assert!(!shown.contains(arbitrary::MARK), "{shown}");
            if let Ok(given) = given {
                let sender = given.variables.iter().find(|(name, _)| *name == SENDER_VARIABLE).unwrap();
                let mut environment = Environment::default();
                environment.extend([sender.clone()]);
                let sender = environment.get(SENDER_VARIABLE);
                prop_assert!(sender.is_empty() || mail_address(sender).as_deref() == Some(sender), "{sender}");
            }
        }
    }
}
