//! The endpoint `oauth`: interface `oauth`.
//!
//! *Source*: charmhub.io/hydra, library `oauth` version 0.13.

use std::net::Ipv4Addr;

use serde_json::json;

use crate::{
    address::{Authority, Host, WebAddress, is_label},
    discourse::{
        certificates,
        environment::{Origin, Variable, Variables},
        mistake::{Findings, Mistake},
        settings::Settings,
    },
    secret::Secret,
};

use super::{
    Changes, Databag, Endpoint, Given, Identity, OwnApp, Problem, Reads, Relation, SecretKey, Write,
    databag::{json_text, non_empty},
    difference,
};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    reads: Reads {
        secrets: &[SecretKey { key: CLIENT_SECRET, unless: None, may_be_users: false }],
        own_app: OwnApp::Leader,
        ..Reads::REMOTE
    },
    variables: &["DISCOURSE_OPENID_CONNECT_", certificates::VARIABLE],
    check,
    gives: Some(|relation, _| parse(relation).map(Oauth::given)),
    writes,
    ..Endpoint::requirer("oauth", "oauth")
};

const CLIENT_SECRET: &str = "client_secret_id";

/// Where `OpenID` Connect is described, and the client that we are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Oauth {
    /// The address of the provider.
    issuer: WebAddress,
    /// Our name at the provider.
    client_id: String,
    /// Our password at the provider.
    client_secret: Secret,
    /// The certificates, in PEM, that vouch for the provider.
    ///
    /// *Empty*: the public ones do.
    ca_chain: Vec<String>,
}

/// What options must be: the provider redirects to https addresses of domain names only.
fn check(is_related: bool, settings: &Settings, app: &str) -> Findings {
    let https = format!("oauth needs https: juju config {app} force_https=true");
    let domain = format!("oauth needs a domain name: juju config {app} external_hostname=<name>");
    let mistakes = [
        (!settings.address.is_https, "force_https", https),
        (!is_usable(&settings.address.authority.host), "external_hostname", domain),
    ];
    let found = mistakes.into_iter().filter(|(is_mistake, ..)| is_related && *is_mistake);
    found.map(|(_, option, text)| Mistake::new(option, text)).collect::<Vec<_>>().into()
}

/// The client, if all of it is there.
fn parse(relation: &Relation) -> Result<Oauth, Problem> {
    relation.provider()?;
    let issuer = issuer(relation)?;
    let client_id = non_empty(&relation.bag, "client_id").ok_or_else(|| relation.missing("client_id"))?;
    let client_secret = client_secret(relation)?;
    Ok(Oauth { issuer, client_id: client_id.to_owned(), client_secret, ca_chain: ca_chain(relation)? })
}

impl Oauth {
    fn given(self) -> Given {
        let address = Some(self.issuer.authority().to_string());
        Given { variables: self.variables(), certificates: self.ca_chain, address, ..Given::default() }
    }

    fn variables(&self) -> Variables {
        let key = |key, value: &str| Variable::plain(value, Origin::Relation(ENDPOINT.name, key));
        let secret = Variable::hidden(&self.client_secret, Origin::Relation(ENDPOINT.name, "client_secret"));
        let document = format!("{}/.well-known/openid-configuration", self.issuer.as_ascii().trim_end_matches('/'));
        vec![
            ("DISCOURSE_OPENID_CONNECT_ENABLED", key("", "true")),
            ("DISCOURSE_OPENID_CONNECT_DISCOVERY_DOCUMENT", key("issuer_url", &document)),
            ("DISCOURSE_OPENID_CONNECT_CLIENT_ID", key("client_id", &self.client_id)),
            ("DISCOURSE_OPENID_CONNECT_CLIENT_SECRET", secret),
            ("DISCOURSE_OPENID_CONNECT_AUTHORIZE_SCOPE", key("", "openid email")),
            ("DISCOURSE_OPENID_CONNECT_MATCH_BY_EMAIL", key("", "true")),
        ]
    }
}

/// The provider's spelling is kept: another one would restart the forums that run with it.
fn issuer(relation: &Relation) -> Result<WebAddress, Problem> {
    let issuer = WebAddress::parse(relation.required("issuer_url")?).filter(WebAddress::is_plain);
    issuer.ok_or_else(|| relation.invalid("issuer_url must be an http or https address without login or query"))
}

/// From the secret, else from the databag: old providers write in clear text.
fn client_secret(relation: &Relation) -> Result<Secret, Problem> {
    let in_secret = relation.in_secret(CLIENT_SECRET, "secret")?.cloned();
    let in_bag = || non_empty(&relation.bag, "client_secret").map(|value| Secret::from(value.to_owned()));
    let is_named = relation.optional(CLIENT_SECRET).is_some();
    let missing = || relation.missing(if is_named { "client_secret" } else { CLIENT_SECRET });
    in_secret.or_else(in_bag).ok_or_else(missing)
}

/// The one value of this interface that is JSON; a client's name of digits alone is none.
fn ca_chain(relation: &Relation) -> Result<Vec<String>, Problem> {
    let chain = relation.optional("ca_chain").map_or_else(|| Some(Vec::new()), certificates::chains);
    chain.ok_or_else(|| relation.invalid("ca_chain must be a JSON list of certificates in PEM"))
}

fn writes(relation: &Relation, identity: &Identity) -> Vec<Write> {
    let usable = identity.forum.filter(|forum| is_usable(&forum.host));
    let (Some(own), Some(forum)) = (&relation.own_app, usable) else { return Vec::new() };
    vec![Write::app(client(own, forum), "the client differs from the options")]
}

/// The client that the provider is to register.
fn client(own: &Databag, forum: &Authority) -> Changes {
    let wanted = [
        ("redirect_uri", format!("https://{forum}/auth/oidc/callback")),
        ("scope", "openid email".to_owned()),
        ("grant_types", json_text(own, "grant_types", &json!(["authorization_code"]))),
        ("audience", json_text(own, "audience", &json!([]))),
        ("token_endpoint_auth_method", "client_secret_basic".to_owned()),
        // Only the provider names clients.
        ("client_id", String::new()),
    ];
    difference(own, &wanted.map(|(key, value)| (key.to_owned(), value)).into())
}

/// Whether the interface accepts this host: a name with a dot in it, or an IPv4 address.
fn is_usable(host: &Host) -> bool {
    is_dotted(host.as_str()) || host.as_str().parse::<Ipv4Addr>().is_ok()
}

/// A domain of at least two labels, whose last has at least two characters.
fn is_dotted(host: &str) -> bool {
    let labels = host.strip_suffix('.').unwrap_or(host).rsplit_once('.');
    labels.is_some_and(|(name, last)| last.len() > 1 && is_label(last) && name.split('.').all(is_label))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::relations::{
        arbitrary::{hostile, is_one_line, trials},
        databag::bag,
        write::identity,
    };
    use crate::secret::SecretContent;

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

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

    fn content(value: &str) -> SecretContent {
        SecretContent::Known([("secret".to_owned(), Secret::from(value.to_owned()))].into())
    }

    fn provider(changes: &[(&str, &str)]) -> Relation {
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
        let relation = Relation {
            endpoint: ENDPOINT.name,
            id: 7,
            app: Some("hydra".to_owned()),
            bag: all,
            own_app: Some(bag(&[])),
            ..Relation::default()
        };
        with_secret(relation, content("oidc-client-secret-value"))
    }

    fn with_secret(relation: Relation, content: SecretContent) -> Relation {
        Relation { secrets: [(CLIENT_SECRET, content)].into(), ..relation }
    }

    /// A provider that names no secret.
    fn without_secret(changes: &[(&str, &str)]) -> Relation {
        let mut relation = Relation { secrets: [].into(), ..provider(changes) };
        relation.bag.remove(CLIENT_SECRET);
        relation
    }

    fn problem(relation: &Relation) -> String {
        parse(relation).unwrap_err().to_string()
    }

    fn invalid(why: &str) -> String {
        format!("oauth: {why}: correct it in hydra")
    }

    fn waiting(what: &str) -> String {
        format!("waiting for {what} in the relation oauth")
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
            issuer: WebAddress::parse("https://iam.example.com/hydra").unwrap(),
            client_id: "b3b0ff4f-18e5-4d7c-8a55-6a2ddc1a7c34".to_owned(),
            client_secret: Secret::from("oidc-client-secret-value".to_owned()),
            ca_chain: Vec::new(),
        };
        assert_eq!(parse(&provider(&[])), Ok(expected));
    }

    #[test]
    fn only_the_chain_of_certificates_is_json() {
        let chain = json!([PEM]).to_string();
        let oauth = parse(&provider(&[("client_id", "12345"), ("ca_chain", &chain)])).unwrap();
        assert_eq!((oauth.client_id.as_str(), oauth.ca_chain), ("12345", vec![PEM.to_owned()]));
        let found = problem(&provider(&[("ca_chain", "[\"PEM\"]")]));
        assert_eq!(found, invalid("ca_chain must be a JSON list of certificates in PEM"));
    }

    #[test]
    fn a_slash_at_the_end_of_the_issuer_is_not_doubled() {
        for (issuer, document) in [
            ("https://iam.example.com/", "https://iam.example.com/.well-known/openid-configuration"),
            ("https://iam.föhn.example", "https://iam.xn--fhn-sna.example/.well-known/openid-configuration"),
            (" http://iam:4444//\n", "http://iam:4444/.well-known/openid-configuration"),
        ] {
            let variables = parse(&provider(&[("issuer_url", issuer)])).unwrap().variables();
            let expected = Variable::plain(document, Origin::Relation("oauth", "issuer_url"));
            assert!(variables.contains(&("DISCOURSE_OPENID_CONNECT_DISCOVERY_DOCUMENT", expected)), "{variables:?}");
        }
        for issuer in [
            "iam.example.com",
            "ftp://iam/",
            "https://",
            "https://iam/a b",
            "https://iam/\0a",
            "https://u@iam",
            "https://iam/?a",
        ] {
            let found = problem(&provider(&[("issuer_url", issuer)]));
            assert_eq!(found, invalid("issuer_url must be an http or https address without login or query"));
        }
    }

    #[test]
    fn a_secret_in_clear_text_serves_where_no_secret_is_named_or_it_lacks_the_key() {
        let clear = [("client_secret", "xyz")];
        for (relation, expected) in [
            (without_secret(&clear), "xyz"),
            (with_secret(provider(&clear), SecretContent::Known([].into())), "xyz"),
            (with_secret(provider(&clear), content("newer")), "newer"),
        ] {
            assert_eq!(parse(&relation).unwrap().client_secret.expose(), expected);
        }
        let unreadable = with_secret(provider(&clear), SecretContent::Unreadable);
        assert_eq!(problem(&unreadable), waiting("a readable client_secret_id"));
    }

    #[test]
    fn a_missing_key_is_waited_for_by_name() {
        for key in ["issuer_url", "client_id"] {
            assert_eq!(problem(&provider(&[(key, "")])), waiting(key));
        }
        for (relation, what) in [
            (without_secret(&[]), "client_secret_id"),
            (with_secret(provider(&[]), SecretContent::Unreadable), "a readable client_secret_id"),
            (with_secret(provider(&[]), SecretContent::Known([].into())), "client_secret"),
            (with_secret(provider(&[]), content("")), "client_secret"),
            (Relation { app: None, ..provider(&[]) }, "a unit"),
        ] {
            assert_eq!(problem(&relation), waiting(what));
        }
    }

    fn at(text: &str) -> Authority {
        Authority::parse(text).unwrap()
    }

    #[test]
    fn the_client_is_registered_once() {
        assert_eq!(client(&bag(&[]), &at("forum.example.com")), registered());
        let spaced = registered().into_iter().chain(bag(&[
            ("grant_types", "[ \"authorization_code\" ]"),
            ("audience", "[ ]"),
            ("foreign", "kept"),
        ]));
        assert_eq!(client(&spaced.collect(), &at("forum.example.com")), Changes::new());
    }

    #[test]
    fn a_stale_registration_is_repaired() {
        let stale = registered().into_iter().chain(bag(&[("client_id", "ours"), ("audience", "null")])).collect();
        let expected = bag(&[
            ("redirect_uri", "https://talk.example.com:8443/auth/oidc/callback"),
            ("audience", "[]"),
            ("client_id", ""),
        ]);
        assert_eq!(client(&stale, &at("talk.example.com:8443")), expected);
    }

    #[test]
    fn a_host_name_without_a_dot_is_not_published() {
        for host in ["forum.example.com", "forum.example.com.", "a.b-c.io", "10.0.0.1"] {
            assert!(is_usable(&at(host).host), "{host}");
        }
        for host in ["discourse-k8s", "a.", "a.b", "-a.io", "a.io-", "a_b.io", "fd00::1"] {
            assert!(!is_usable(&at(host).host), "{host}");
        }
        let written = writes(&provider(&[]), &Identity { forum: Some(&at("discourse-k8s")), ..identity() });
        assert_eq!(written, Vec::new());
    }

    proptest! {
        #![proptest_config(trials())]

        #[test]
        fn no_databag_does_harm_or_shows_the_secret(
            changes in hostile(&KEYS, &VALUES),
            own in hostile(&KEYS, &VALUES),
            is_whole in any::<bool>(),
            is_clear in any::<bool>(),
            odd in any::<char>(),
        ) {
            let mut relation = provider(&[]);
            relation.bag = if is_whole { relation.bag.into_iter().chain(changes).collect() } else { changes };
            let secret = format!("TOP-SECRET{odd}");
            if is_clear {
                relation.bag.insert("client_secret".to_owned(), secret);
            } else {
                relation = with_secret(relation, content(&secret));
            }
            let result = parse(&relation);
            let shown = format!("{result:?}");
            prop_assert!(!shown.contains("TOP-SECRET"));
            prop_assert!(result.err().is_none_or(|problem| is_one_line(&problem)));
            let mut written = own.clone();
            written.extend(client(&own, &at("forum.example.com")));
            written.retain(|_, value| !value.is_empty());
            prop_assert_eq!(client(&written, &at("forum.example.com")), Changes::new());
        }
    }
}
