//! The endpoint `smtp`: interface `smtp`, in both forms of its provider: the password in a secret, or in clear text.
//!
//! *Source*: charmhub.io/smtp-integrator, library `smtp` version 0.21.

use crate::{
    discourse::{environment::Origin, settings::Smtp},
    secret::Secret,
};

use super::{Endpoint, Given, Problem, Reads, Relation, SecretKey, databag::non_empty};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    reads: Reads {
        secrets: &[SecretKey { key: PASSWORD_SECRET, label: "password", unless: Some("password") }],
        ..Reads::REMOTE
    },
    variables: &["DISCOURSE_SMTP_"],
    gives: Some(|relation, _| parse(relation).map(|smtp| given(&smtp))),
    ..Endpoint::requirer("smtp", "smtp")
};

const PASSWORD_SECRET: &str = "password_id";

/// The mail server, if all of it is there.
///
/// Without a login there is no user and no password: with one of them, Discourse would log in by a method of its own choice.
fn parse(relation: &Relation) -> Result<Smtp, Problem> {
    relation.provider()?;
    let address = address(relation)?;
    let port = i64::from(relation.port("port", relation.required("port")?)?);
    let is_login = is_login(relation)?;
    let (is_start_tls, is_tls) = security(relation)?;
    let password = password(relation)?;
    let username = variable(relation, "user")?;
    Ok(Smtp {
        address,
        port,
        domain: variable(relation, "domain")?,
        username: if is_login { username } else { String::new() },
        password: if is_login { password } else { Secret::from(String::new()) },
        authentication: if is_login { "plain" } else { "none" }.to_owned(),
        enable_start_tls: is_start_tls.to_string(),
        force_tls: is_tls.to_string(),
        openssl_verify_mode: if is_unverified(relation) { "none" } else { "peer" }.to_owned(),
        credentials: None,
    })
}

fn given(smtp: &Smtp) -> Given {
    let address = Some(format!("{}:{}", smtp.address, smtp.port));
    Given { variables: smtp.variables(origin), address, ..Given::default() }
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

fn address(relation: &Relation) -> Result<String, Problem> {
    let host = relation.required("host")?;
    let is_odd = host.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_odd { Err(relation.invalid("host must be a host name")) } else { Ok(host.to_owned()) }
}

fn is_login(relation: &Relation) -> Result<bool, Problem> {
    match relation.required("auth_type")? {
        "plain" => Ok(true),
        "none" | "not_provided" => Ok(false),
        _ => Err(relation.invalid("auth_type must be none, not_provided or plain")),
    }
}

/// Whether to use STARTTLS, and whether to speak TLS from the first byte.
fn security(relation: &Relation) -> Result<(bool, bool), Problem> {
    match relation.required("transport_security")? {
        "none" => Ok((false, false)),
        "starttls" => Ok((true, false)),
        "tls" => Ok((false, true)),
        _ => Err(relation.invalid("transport_security must be none, starttls or tls")),
    }
}

fn is_unverified(relation: &Relation) -> bool {
    relation.optional("skip_ssl_verify").is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// The password; empty if the provider names none.
fn password(relation: &Relation) -> Result<Secret, Problem> {
    let found = match non_empty(&relation.bag, "password") {
        Some(password) => password,
        None if relation.optional(PASSWORD_SECRET).is_none() => "",
        None => {
            let in_secret = relation.in_secret(PASSWORD_SECRET, "password")?.map(Secret::expose);
            in_secret.ok_or_else(|| relation.missing(format!("password in the secret of {PASSWORD_SECRET}")))?
        }
    };
    relation.env_safe("password", found).map(Secret::from)
}

fn variable(relation: &Relation, key: &str) -> Result<String, Problem> {
    relation.env_safe(key, non_empty(&relation.bag, key).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
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
        parse(relation).unwrap_err().to_string()
    }

    fn smtp() -> Smtp {
        Smtp {
            address: "smtp.example.com".to_owned(),
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
        assert_eq!(parse(&remote(&[])), Ok(smtp()));
    }

    #[test]
    fn a_password_in_clear_text_takes_precedence_over_the_secret() {
        let clear = with_secret(remote(&[("password", "clear")]), SecretContent::Unreadable);
        assert_eq!(parse(&clear), Ok(Smtp { password: Secret::from("clear".to_owned()), ..smtp() }));
    }

    #[test]
    fn without_a_login_there_is_no_user_and_no_password() {
        for auth_type in ["none", "not_provided"] {
            let expected = Smtp {
                username: String::new(),
                password: Secret::from(String::new()),
                authentication: "none".to_owned(),
                ..smtp()
            };
            assert_eq!(parse(&remote(&[("auth_type", auth_type)])), Ok(expected));
        }
    }

    #[test]
    fn security_and_certificate_checks_are_translated_into_the_terms_of_discourse() {
        for (security, skip, start_tls, tls, mode) in [
            ("none", "True", "false", "false", "none"),
            ("starttls", "true", "true", "false", "none"),
            ("tls", "False", "false", "true", "peer"),
            ("tls", "", "false", "true", "peer"),
            ("tls", "perhaps", "false", "true", "peer"),
        ] {
            let changes = [("transport_security", security), ("skip_ssl_verify", skip)];
            let expected = Smtp {
                enable_start_tls: start_tls.to_owned(),
                force_tls: tls.to_owned(),
                openssl_verify_mode: mode.to_owned(),
                ..smtp()
            };
            assert_eq!(parse(&remote(&changes)), Ok(expected));
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
            ("user", "a\0b", "user must not contain a NUL character"),
            ("domain", "a\0b", "domain must not contain a NUL character"),
            ("password", "a\0b", "password must not contain a NUL character"),
        ] {
            assert_eq!(problem(&remote(&[(key, value)])), format!("smtp: {why}: correct it in mail"));
        }
    }

    #[test]
    fn every_variable_names_the_key_that_it_comes_from() {
        let origins = [origin("smtp_address"), origin("smtp_username"), origin("smtp_force_tls")];
        assert_eq!(origins, ["host", "user", "transport_security"].map(|key| Origin::Relation("smtp", key)));
    }

    const KEYS: [&str; 9] = [
        "host",
        "port",
        "auth_type",
        "transport_security",
        "skip_ssl_verify",
        "domain",
        "user",
        "password_id",
        "password",
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
            let shown = format!("{:?}", parse(&with_secret(remote, secret("password", &password))));
            prop_assert!(!shown.contains(arbitrary::MARK), "{shown}");
        }
    }
}
