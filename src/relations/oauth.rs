//! The endpoint `oauth`: interface `oauth`.
//!
//! *Source*: charmhub.io/hydra, library `oauth` version 0.13.

use std::net::Ipv4Addr;

use serde_json::json;

use crate::{
    relations::{
        Changes, Databag, Incomplete, Remote, SecretContent, difference, filled, json_text, port, quoted, web_url,
    },
    secret::Secret,
};

/// The endpoint's name.
pub const ENDPOINT: &str = "oauth";

/// Where `OpenID` Connect is described, and who we are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oauth {
    /// The address of the provider's description of itself.
    pub discovery_document: String,
    /// Our name at the provider.
    pub client_id: String,
    /// Our password at the provider.
    pub client_secret: Secret,
    /// The certificates, in PEM, that vouch for the provider.
    ///
    /// *Empty*: the public ones do.
    pub ca_chain: Vec<String>,
}

/// The secret that a remote application bag names.
///
/// *Empty*: the client is not registered yet, or the provider writes in clear text.
#[must_use]
pub fn secret_uri(bag: &Databag) -> Option<&str> {
    filled(bag, "client_secret_id")
}

/// The label by which this unit reads that secret.
#[must_use]
pub fn label(id: u32) -> String {
    format!("{ENDPOINT}.{id}.client.secret")
}

/// Everything that Discourse needs, if all of it is there.
///
/// # Errors
/// [`Incomplete`] naming the first key that is missing or malformed.
pub fn parse(remote: &Remote) -> Result<Oauth, Incomplete> {
    if remote.app.is_none() {
        return Err(Incomplete::new(ENDPOINT, "a unit"));
    }
    let discovery_document = discovery_document(required(&remote.bag, "issuer_url")?)?;
    let client_id = required(&remote.bag, "client_id")?.to_owned();
    let client_secret = client_secret(remote)?;
    check_variables([("client_id", &client_id), ("client_secret", client_secret.expose())])?;
    Ok(Oauth { discovery_document, client_id, client_secret, ca_chain: ca_chain(&remote.bag)? })
}

/// What the leader must write into our application bag, so that the provider registers us.
///
/// *Empty*: nothing, we are not the leader, or no provider would take this host name ([`is_usable`]).
#[must_use]
pub fn request(remote: &Remote, hostname: &str) -> Changes {
    let Some(own) = remote.own_app.as_ref().filter(|_| is_usable(hostname)) else { return Changes::new() };
    let wanted = [
        ("redirect_uri", format!("https://{hostname}/auth/oidc/callback")),
        ("scope", "openid email".to_owned()),
        ("grant_types", json_text(own, "grant_types", &json!(["authorization_code"]))),
        ("audience", json_text(own, "audience", &json!([]))),
        ("token_endpoint_auth_method", "client_secret_basic".to_owned()),
        // Only the provider names clients.
        ("client_id", String::new()),
    ];
    difference(own, &wanted.map(|(key, value)| (key.to_owned(), value)).into())
}

/// Whether the interface takes this host name: one with a dot in it, or an IPv4 address; a port may follow.
#[must_use]
pub fn is_usable(hostname: &str) -> bool {
    let (host, is_port) = match hostname.split_once(':') {
        Some((host, number)) => (host, port(number).is_some_and(|port| port.to_string() == number)),
        None => (hostname, true),
    };
    is_port && (is_dotted(host) || host.parse::<Ipv4Addr>().is_ok())
}

/// A domain of at least two labels, whose last has at least two characters.
fn is_dotted(host: &str) -> bool {
    let labels = host.strip_suffix('.').unwrap_or(host).rsplit_once('.');
    labels.is_some_and(|(name, last)| last.len() > 1 && is_label(last) && name.split('.').all(is_label))
}

fn is_label(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (1..=63).contains(&text.len()) && text.chars().all(is_allowed) && !text.starts_with('-') && !text.ends_with('-')
}

fn required<'a>(bag: &'a Databag, key: &str) -> Result<&'a str, Incomplete> {
    filled(bag, key).ok_or_else(|| Incomplete::new(ENDPOINT, key))
}

/// The provider's spelling is kept: another one would restart the forums that run with it.
fn discovery_document(issuer: &str) -> Result<String, Incomplete> {
    let issuer = issuer.trim();
    let is_odd = issuer.contains(|c: char| c.is_whitespace() || c.is_control()) || web_url(issuer).is_none();
    if is_odd {
        let why = format!("issuer_url: {} is not an http or https address", quoted(issuer));
        return Err(Incomplete::wrong(ENDPOINT, why));
    }
    Ok(format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')))
}

/// From the secret, else from the bag: old providers write in clear text.
fn client_secret(remote: &Remote) -> Result<Secret, Incomplete> {
    let in_bag = filled(&remote.bag, "client_secret").map(|value| Secret::from(value.to_owned()));
    let (found, lack) = match &remote.secret {
        SecretContent::Unnamed => (in_bag, "client_secret_id"),
        SecretContent::Unreadable => (None, "a readable client_secret_id"),
        SecretContent::Known(content) => {
            (content.get("secret").filter(|value| !value.is_empty()).cloned().or(in_bag), "client_secret")
        }
    };
    found.ok_or_else(|| Incomplete::new(ENDPOINT, lack))
}

/// No variable of a process can hold a NUL character: it would keep the server from starting.
fn check_variables(values: [(&str, &str); 2]) -> Result<(), Incomplete> {
    let odd = values.into_iter().find(|(_, value)| value.contains('\0'));
    odd.map_or(Ok(()), |(key, _)| Err(Incomplete::wrong(ENDPOINT, format!("{key}: it holds a NUL character"))))
}

/// The one value of this interface that is JSON; a client's name of digits alone is none.
fn ca_chain(bag: &Databag) -> Result<Vec<String>, Incomplete> {
    let Some(text) = filled(bag, "ca_chain") else { return Ok(Vec::new()) };
    serde_json::from_str(text).map_err(|_| Incomplete::wrong(ENDPOINT, "ca_chain: it is not a JSON list of texts"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::relations::{
        arbitrary::{hostile, is_one_line, trials},
        bag,
    };

    const KEYS: [&str; 8] = [
        "issuer_url",
        "client_id",
        "client_secret_id",
        "client_secret",
        "ca_chain",
        "redirect_uri",
        "grant_types",
        "audience",
    ];
    const VALUES: [&str; 6] =
        ["https://iam.example.com/hydra", "secret:cvi2hqmp8e3c7dn1a0r0", "12345", "[\"PEM\"]", "[]", "[[[["];

    fn content(value: &str) -> SecretContent {
        SecretContent::Known([("secret".to_owned(), Secret::from(value.to_owned()))].into())
    }

    fn provider(changes: &[(&str, &str)]) -> Remote {
        let mut all = bag(&[
            ("issuer_url", "https://iam.example.com/hydra"),
            ("token_endpoint", "https://iam.example.com/hydra/oauth2/token"),
            ("scope", "openid profile email phone"),
            ("jwt_access_token", "False"),
            ("client_id", "b3b0ff4f-18e5-4d7c-8a55-6a2ddc1a7c34"),
            ("client_secret_id", "secret:cvi2hqmp8e3c7dn1a0r0"),
        ]);
        all.extend(bag(changes));
        all.retain(|_, value| !value.is_empty());
        let secret = content("oidc-client-secret-value");
        Remote { id: 7, app: Some("hydra".to_owned()), bag: all, secret, own_app: Some(bag(&[])), own_unit: bag(&[]) }
    }

    fn wrong(lack: &str) -> Result<Oauth, Incomplete> {
        Err(Incomplete::wrong(ENDPOINT, lack))
    }

    fn waiting(lack: &str) -> Result<Oauth, Incomplete> {
        Err(Incomplete::new(ENDPOINT, lack))
    }

    fn registered() -> Databag {
        bag(&[
            ("redirect_uri", "https://forum.example.com/auth/oidc/callback"),
            ("scope", "openid email"),
            ("grant_types", "[\"authorization_code\"]"),
            ("audience", "[]"),
            ("token_endpoint_auth_method", "client_secret_basic"),
        ])
    }

    #[test]
    fn a_registered_client_is_understood() {
        let expected = Oauth {
            discovery_document: "https://iam.example.com/hydra/.well-known/openid-configuration".to_owned(),
            client_id: "b3b0ff4f-18e5-4d7c-8a55-6a2ddc1a7c34".to_owned(),
            client_secret: Secret::from("oidc-client-secret-value".to_owned()),
            ca_chain: Vec::new(),
        };
        assert_eq!(parse(&provider(&[])), Ok(expected));
        assert_eq!(secret_uri(&provider(&[]).bag), Some("secret:cvi2hqmp8e3c7dn1a0r0"));
        assert_eq!(label(7), "oauth.7.client.secret");
    }

    #[test]
    fn only_the_chain_of_certificates_is_json() {
        let oauth = parse(&provider(&[("client_id", "12345"), ("ca_chain", "[\"one\", \"two\"]")])).unwrap();
        assert_eq!((oauth.client_id.as_str(), oauth.ca_chain), ("12345", vec!["one".to_owned(), "two".to_owned()]));
        for text in ["[", "{}", "[1]", "PEM"] {
            assert_eq!(parse(&provider(&[("ca_chain", text)])), wrong("ca_chain: it is not a JSON list of texts"));
        }
    }

    #[test]
    fn a_slash_at_the_end_of_the_issuer_is_not_doubled() {
        for (issuer, document) in [
            ("https://iam.example.com/", "https://iam.example.com/.well-known/openid-configuration"),
            (" http://iam:4444//\n", "http://iam:4444/.well-known/openid-configuration"),
        ] {
            assert_eq!(parse(&provider(&[("issuer_url", issuer)])).unwrap().discovery_document, document);
        }
        for issuer in ["iam.example.com", "ftp://iam/", "https://", "https://iam/a b", "https://iam/\0a"] {
            let shown = issuer.replace('\0', "");
            let expected = wrong(&format!("issuer_url: \"{shown}\" is not an http or https address"));
            assert_eq!(parse(&provider(&[("issuer_url", issuer)])), expected);
        }
    }

    #[test]
    fn a_secret_in_clear_text_serves_where_no_secret_is_named_or_it_lacks_the_key() {
        let clear = provider(&[("client_secret", "xyz")]);
        for (secret, expected) in [
            (SecretContent::Unnamed, Ok("xyz")),
            (SecretContent::Known([].into()), Ok("xyz")),
            (content("newer"), Ok("newer")),
            (SecretContent::Unreadable, Err("a readable client_secret_id")),
        ] {
            let found = parse(&Remote { secret, ..clear.clone() });
            let found = found.as_ref().map(|oauth| oauth.client_secret.expose()).map_err(|lack| lack.lack.as_str());
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn whatever_is_missing_is_waited_for() {
        for key in ["issuer_url", "client_id"] {
            assert_eq!(parse(&provider(&[(key, "")])), waiting(key));
        }
        for (secret, lack) in [
            (SecretContent::Unnamed, "client_secret_id"),
            (SecretContent::Unreadable, "a readable client_secret_id"),
            (SecretContent::Known([].into()), "client_secret"),
            (content(""), "client_secret"),
        ] {
            assert_eq!(parse(&Remote { secret, ..provider(&[]) }), waiting(lack));
        }
        assert_eq!(parse(&Remote { app: None, ..provider(&[]) }), waiting("a unit"));
    }

    #[test]
    fn a_value_that_no_variable_can_hold_is_named_and_not_shown() {
        assert_eq!(parse(&provider(&[("client_id", "a\0b")])), wrong("client_id: it holds a NUL character"));
        let remote = Remote { secret: content("a\0b"), ..provider(&[]) };
        assert_eq!(parse(&remote), wrong("client_secret: it holds a NUL character"));
    }

    #[test]
    fn the_client_is_registered_once() {
        assert_eq!(request(&provider(&[]), "forum.example.com"), registered());
        let spaced = registered().into_iter().chain(bag(&[
            ("grant_types", "[ \"authorization_code\" ]"),
            ("audience", "[ ]"),
            ("foreign", "kept"),
        ]));
        let remote = Remote { own_app: Some(spaced.collect()), ..provider(&[]) };
        assert_eq!(request(&remote, "forum.example.com"), Changes::new());
        assert_eq!(request(&Remote { own_app: None, ..remote }, "forum.example.com"), Changes::new());
    }

    #[test]
    fn a_stale_registration_is_repaired() {
        let stale = registered().into_iter().chain(bag(&[("client_id", "ours"), ("audience", "null")])).collect();
        let remote = Remote { own_app: Some(stale), ..provider(&[]) };
        let expected = bag(&[
            ("redirect_uri", "https://talk.example.com/auth/oidc/callback"),
            ("audience", "[]"),
            ("client_id", ""),
        ]);
        assert_eq!(request(&remote, "talk.example.com"), expected);
    }

    #[test]
    fn a_host_name_without_a_dot_is_not_published() {
        for host in ["forum.example.com", "Forum.Example.COM.", "a.b-c.io", "10.0.0.1", "10.0.0.1:8443", "a.io:1"] {
            assert!(is_usable(host), "{host}");
        }
        for host in [
            "discourse-k8s",
            "",
            ".",
            "a.",
            "a.b",
            ".io",
            "a..io",
            "-a.io",
            "a.io-",
            "a_b.io",
            "a b.io",
            "a.io/",
            "1.2.3",
            "[fd00::1]",
            "fd00::1",
            "a.io:",
            "a.io:0",
            "a.io: 80",
            "a.io:80:80",
            "u@a.io",
            "a\n.io",
            "ä.io",
        ] {
            assert!(!is_usable(host), "{host}");
        }
        assert_eq!(request(&provider(&[]), "discourse-k8s"), Changes::new());
    }

    proptest! {
        #![proptest_config(trials())]

        #[test]
        fn nothing_that_is_written_does_harm_or_betrays_the_secret(
            changes in hostile(&KEYS, &VALUES),
            own in hostile(&KEYS, &VALUES),
            is_whole in any::<bool>(),
            is_clear in any::<bool>(),
            odd in any::<char>(),
        ) {
            let mut remote = provider(&[]);
            remote.bag = if is_whole { remote.bag.into_iter().chain(changes).collect() } else { changes };
            remote.own_app = Some(own);
            let secret = format!("TOP-SECRET{odd}");
            if is_clear {
                remote.secret = SecretContent::Unnamed;
                remote.bag.insert("client_secret".to_owned(), secret);
            } else {
                remote.secret = content(&secret);
            }
            let result = parse(&remote);
            let shown = format!("{result:?}");
            prop_assert!(!shown.contains("TOP-SECRET"));
            prop_assert!(result.err().is_none_or(|incomplete| is_one_line(&incomplete)));
            let mut written = remote.own_app.clone().unwrap_or_default();
            written.extend(request(&remote, "forum.example.com"));
            written.retain(|_, value| !value.is_empty());
            remote.own_app = Some(written);
            prop_assert_eq!(request(&remote, "forum.example.com"), Changes::new());
        }
    }
}
