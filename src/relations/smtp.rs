//! The endpoint `smtp`: interface `smtp`, in both forms of its provider: the password in a secret, or in clear.
//!
//! *Source*: charmhub.io/smtp-integrator, library `smtp` version 0.21.

use crate::{
    discourse::settings::Smtp,
    relations::{Databag, Incomplete, Remote, SecretContent, filled, port, quoted, required, storable},
    secret::Secret,
};

/// The endpoint's name.
pub const ENDPOINT: &str = "smtp";

/// The secret that must be read to know the password.
///
/// *Empty*: there is no password, or it stands in the bag in clear, which wins.
#[must_use]
pub fn secret_uri(bag: &Databag) -> Option<&str> {
    if filled(bag, "password").is_some() { None } else { filled(bag, "password_id").map(str::trim) }
}

/// The label by which this unit reads that secret.
#[must_use]
pub fn label(id: u32) -> String {
    format!("{ENDPOINT}.{id}.password.secret")
}

/// The mail server, if the other side has said all of it.
///
/// Without a login there is no user and no password: with one of them, Discourse would log in by a method of its own choice.
///
/// # Errors
/// [`Incomplete`] naming the key that is missing or wrong.
pub fn parse(remote: &Remote) -> Result<Smtp, Incomplete> {
    if remote.app.is_none() {
        return Err(Incomplete::new(ENDPOINT, "a unit"));
    }
    let bag = &remote.bag;
    let address = address(bag)?;
    let port = i64::from(server_port(bag)?);
    let is_login = is_login(bag)?;
    let (is_start_tls, is_tls) = security(bag)?;
    let password = password(remote)?;
    let username = variable(bag, "user")?;
    Ok(Smtp {
        address,
        port,
        domain: variable(bag, "domain")?,
        username: if is_login { username } else { String::new() },
        password: if is_login { password } else { Secret::from(String::new()) },
        authentication: if is_login { "plain" } else { "none" }.to_owned(),
        enable_start_tls: is_start_tls.to_string(),
        force_tls: is_tls.to_string(),
        openssl_verify_mode: if is_unverified(bag) { "none" } else { "peer" }.to_owned(),
    })
}

fn address(bag: &Databag) -> Result<String, Incomplete> {
    let host = required(ENDPOINT, bag, "host")?;
    let is_odd = host.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_odd { Err(wrong("host", host, "a host name")) } else { Ok(host.to_owned()) }
}

fn server_port(bag: &Databag) -> Result<u16, Incomplete> {
    let text = required(ENDPOINT, bag, "port")?;
    port(text).ok_or_else(|| wrong("port", text, "a port"))
}

fn is_login(bag: &Databag) -> Result<bool, Incomplete> {
    match required(ENDPOINT, bag, "auth_type")? {
        "plain" => Ok(true),
        "none" | "not_provided" => Ok(false),
        other => Err(wrong("auth_type", other, "none, not_provided or plain")),
    }
}

/// Whether to use STARTTLS, and whether to speak TLS from the first byte.
fn security(bag: &Databag) -> Result<(bool, bool), Incomplete> {
    match required(ENDPOINT, bag, "transport_security")? {
        "none" => Ok((false, false)),
        "starttls" => Ok((true, false)),
        "tls" => Ok((false, true)),
        other => Err(wrong("transport_security", other, "none, starttls or tls")),
    }
}

fn is_unverified(bag: &Databag) -> bool {
    filled(bag, "skip_ssl_verify").is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
}

/// The password; empty if the other side names none.
fn password(remote: &Remote) -> Result<Secret, Incomplete> {
    let found = match (&remote.secret, secret_uri(&remote.bag)) {
        (_, None) => filled(&remote.bag, "password").unwrap_or_default(),
        (SecretContent::Known(content), Some(_)) => {
            let in_secret = content.get("password").filter(|password| !password.is_empty());
            in_secret.ok_or_else(|| Incomplete::new(ENDPOINT, "password in the secret of password_id"))?.expose()
        }
        (_, Some(_)) => return Err(Incomplete::new(ENDPOINT, "a readable password_id")),
    };
    storable(ENDPOINT, "password", found).map(Secret::from)
}

fn variable(bag: &Databag, key: &str) -> Result<String, Incomplete> {
    storable(ENDPOINT, key, filled(bag, key).unwrap_or_default())
}

fn wrong(key: &str, text: &str, expected: &str) -> Incomplete {
    Incomplete::wrong(ENDPOINT, format!("{key}: {} is not {expected}", quoted(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::{arbitrary, bag};
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
    fn remote(changes: &[(&str, &str)]) -> Remote {
        let mut bag = bag(&WHOLE);
        bag.extend(crate::relations::bag(changes));
        Remote { id: 7, app: Some("mail".to_owned()), bag, secret: secret("password", "Bn4xTq8L"), ..Remote::default() }
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
        }
    }

    #[test]
    fn a_password_in_a_secret_is_understood() {
        assert_eq!(secret_uri(&remote(&[]).bag), Some("secret:cvi2hqmp8e3c7dn1a0s0"));
        assert_eq!(label(7), "smtp.7.password.secret");
        assert_eq!(parse(&remote(&[])), Ok(smtp()));
    }

    #[test]
    fn a_password_in_clear_stands_over_the_secret() {
        let clear = Remote { secret: SecretContent::Unreadable, ..remote(&[("password", "clear")]) };
        assert_eq!(secret_uri(&clear.bag), None);
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
    fn security_and_the_check_of_certificates_are_told_in_the_words_of_discourse() {
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
    fn whatever_is_missing_is_waited_for_by_name() {
        for key in ["host", "port", "auth_type", "transport_security"] {
            assert_eq!(parse(&remote(&[(key, " ")])), Err(Incomplete::new(ENDPOINT, key)));
        }
        let gone = Remote { app: None, ..remote(&[]) };
        assert_eq!(parse(&gone), Err(Incomplete::new(ENDPOINT, "a unit")));
        for content in [SecretContent::Unreadable, SecretContent::Unnamed] {
            let unread = Remote { secret: content, ..remote(&[]) };
            assert_eq!(parse(&unread), Err(Incomplete::new(ENDPOINT, "a readable password_id")));
        }
        for content in [secret("passphrase", "Bn4xTq8L"), secret("password", "")] {
            let empty = Remote { secret: content, ..remote(&[]) };
            assert_eq!(parse(&empty), Err(Incomplete::new(ENDPOINT, "password in the secret of password_id")));
        }
    }

    #[test]
    fn what_somebody_must_correct_is_named_and_quoted_but_for_the_password() {
        for (key, value, lack) in [
            ("host", "a b", "host: \"a b\" is not a host name"),
            ("port", "0", "port: \"0\" is not a port"),
            ("port", "65536", "port: \"65536\" is not a port"),
            ("auth_type", "login", "auth_type: \"login\" is not none, not_provided or plain"),
            ("transport_security", "ssl", "transport_security: \"ssl\" is not none, starttls or tls"),
            ("user", "a\0b", "user: it holds a NUL character"),
            ("domain", "a\0b", "domain: it holds a NUL character"),
            ("password", "a\0b", "password: it holds a NUL character"),
        ] {
            assert_eq!(parse(&remote(&[(key, value)])), Err(Incomplete::wrong(ENDPOINT, lack)));
        }
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
        fn no_bag_brings_it_down_or_shows_a_password(
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
            remote.secret = secret("password", &password);
            let shown = format!("{:?} {:?}", secret_uri(&remote.bag), parse(&remote));
            prop_assert!(!shown.contains(arbitrary::MARK), "{shown}");
        }
    }
}
