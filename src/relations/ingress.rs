//! The endpoint `ingress`: interface `ingress`, version 2. Every value is JSON.
//!
//! *Source*: charmhub.io/traefik-k8s, library `ingress` version 2.21.

use serde::Deserialize;
use serde_json::json;

use crate::relations::{Changes, Databag, Incomplete, Remote, difference, filled, json_text, quoted, web_url};

/// The endpoint's name.
pub const ENDPOINT: &str = "ingress";

/// Where the forum is seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingress {
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    /// The port.
    ///
    /// *Empty*: the usual one of the scheme.
    pub port: Option<u16>,
    /// Whether browsers must use https.
    pub is_https: bool,
}

/// The value of the key `ingress`.
#[derive(Deserialize)]
struct Provided {
    url: String,
}

impl Ingress {
    /// Host and port as they stand in an address.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        self.port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
    }

    fn at(address: &str, app: &str) -> Result<Self, Incomplete> {
        let wrong = |why: String| Incomplete::wrong(ENDPOINT, format!("ingress: {why}"));
        let url =
            web_url(address).ok_or_else(|| wrong(format!("{} is not an http or https address", quoted(address))))?;
        if url.path() != "/" {
            return Err(wrong(format!(
                "the path {} is not supported, give the forum a host of its own (with traefik: juju config {app} \
                 routing_mode=subdomain)",
                quoted(url.path())
            )));
        }
        // An address of these schemes always has a host.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        Ok(Self { host, port: url.port(), is_https: url.scheme() == "https" })
    }
}

/// Where the other side shows the forum.
///
/// *Empty*: it says nothing yet or no more, or has no unit left.
///
/// # Errors
/// [`Incomplete`] if what it says is malformed, is no address of the web, or leads to a path: Discourse wants the root.
pub fn parse(remote: &Remote) -> Result<Option<Ingress>, Incomplete> {
    let (Some(app), Some(text)) = (&remote.app, filled(&remote.bag, "ingress")) else { return Ok(None) };
    let lack = |_| Incomplete::new(ENDPOINT, format!("ingress: {} is not JSON with a url", quoted(text)));
    let provided: Option<Provided> = serde_json::from_str(text).map_err(lack)?;
    provided.map(|provided| Ingress::at(&provided.url, app)).transpose()
}

/// What the leader must write into our application bag.
///
/// *Empty*: nothing, or we are not the leader.
#[must_use]
pub fn request(remote: &Remote, application: &str, model: &str, port: u16) -> Changes {
    let Some(own) = &remote.own_app else { return Changes::new() };
    let wanted = [("model", json!(model)), ("name", json!(application)), ("port", json!(port))];
    difference(own, &wanted.map(|(key, value)| (key.to_owned(), json_text(own, key, &value))).into())
}

/// What every unit must write into its own bag.
///
/// *Units*: each writes its own name and address; the provider sends requests to those that did.
#[must_use]
pub fn unit_request(own_unit: &Databag, host: &str, ip: Option<&str>) -> Changes {
    let text = |key: &str, value: &str| json_text(own_unit, key, &json!(value));
    let wanted = [("host", text("host", host)), ("ip", ip.map_or_else(String::new, |ip| text("ip", ip)))];
    difference(own_unit, &wanted.map(|(key, value)| (key.to_owned(), value)).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::relations::{
        arbitrary::{hostile, is_one_line, trials},
        bag,
    };

    const FQDN: &str = "discourse-k8s-0.discourse-k8s-endpoints.forum-prod.svc.cluster.local";
    const KEYS: [&str; 6] = ["ingress", "model", "name", "port", "host", "ip"];
    const VALUES: [&str; 6] = [
        "{\"url\": \"http://forum.apps.example.com:80/\"}",
        "{\"url\": \"https://[fd00::1]/a/b\"}",
        "{\"url\": 1}",
        "\"10.1.42.17\"",
        "3000",
        "[[[[",
    ];

    fn provider(text: &str) -> Remote {
        Remote { id: 4, app: Some("traefik".to_owned()), bag: bag(&[("ingress", text)]), ..Remote::default() }
    }

    fn at(url: &str) -> Result<Option<Ingress>, Incomplete> {
        parse(&provider(&json!({ "url": url }).to_string()))
    }

    #[test]
    fn the_address_is_taken_apart_and_its_authority_put_together() {
        for (url, host, port, is_https, authority) in [
            ("http://forum.example.com/", "forum.example.com", None, false, "forum.example.com"),
            ("HTTPS://Forum.Example.COM:443", "forum.example.com", None, true, "forum.example.com"),
            ("http://forum.example.com:443/", "forum.example.com", Some(443), false, "forum.example.com:443"),
            ("https://10.0.0.1:8443/", "10.0.0.1", Some(8443), true, "10.0.0.1:8443"),
            ("http://[FD00:0::1]/", "fd00::1", None, false, "[fd00::1]"),
            ("http://[fd00::1]:8080", "fd00::1", Some(8080), false, "[fd00::1]:8080"),
        ] {
            let expected = Ingress { host: host.to_owned(), port, is_https };
            assert_eq!((expected.authority().as_str(), at(url)), (authority, Ok(Some(expected))));
        }
    }

    #[test]
    fn an_ingress_that_says_nothing_is_no_ingress() {
        assert_eq!(parse(&Remote { bag: Databag::new(), ..provider("") }), Ok(None));
        assert_eq!(parse(&Remote { app: None, ..provider("{\"url\": \"http://forum.example.com/\"}") }), Ok(None));
        assert_eq!(parse(&provider("null")), Ok(None));
    }

    #[test]
    fn malformed_json_is_waited_for() {
        for text in ["{", "{}", "{\"url\": null}", "http://forum.example.com/"] {
            let lack = format!("ingress: \"{text}\" is not JSON with a url");
            assert_eq!(parse(&provider(text)), Err(Incomplete::new(ENDPOINT, lack)));
        }
    }

    #[test]
    fn an_address_that_is_not_of_the_web_must_be_corrected() {
        for url in ["h2c://forum.example.com/", "forum.example.com", "http://", ""] {
            let lack = format!("ingress: \"{url}\" is not an http or https address");
            assert_eq!(at(url), Err(Incomplete::wrong(ENDPOINT, lack)));
        }
    }

    #[test]
    fn a_path_brings_advice() {
        let lack = "ingress: the path \"/forum-prod-discourse-k8s\" is not supported, give the forum a host of its own \
                    (with traefik: juju config traefik routing_mode=subdomain)";
        let found = at("http://apps.example.com/forum-prod-discourse-k8s");
        assert_eq!(found, Err(Incomplete::wrong(ENDPOINT, lack)));
    }

    #[test]
    fn the_application_is_named_once() {
        let own = |pairs: &[(&str, &str)]| Remote { own_app: Some(bag(pairs)), ..provider("") };
        let expected = [("model", "\"forum-prod\""), ("name", "\"discourse-k8s\""), ("port", "3000")];
        assert_eq!(request(&own(&[]), "discourse-k8s", "forum-prod", 3000), bag(&expected));
        let spaced = own(&[("model", " \"forum-prod\""), ("name", "\"\\u0064iscourse-k8s\""), ("port", "3000\n")]);
        assert_eq!(request(&spaced, "discourse-k8s", "forum-prod", 3000), Changes::new());
        assert_eq!(request(&Remote { own_app: None, ..spaced }, "discourse-k8s", "forum-prod", 3000), Changes::new());
    }

    #[test]
    fn a_unit_writes_its_new_address_and_leaves_those_of_juju() {
        let own =
            bag(&[("host", &format!(" \"{FQDN}\"")), ("ip", "\"10.1.42.17\""), ("ingress-address", "10.1.42.17")]);
        assert_eq!(unit_request(&own, FQDN, Some("10.1.42.17")), Changes::new());
        assert_eq!(unit_request(&own, FQDN, Some("10.1.42.18")), bag(&[("ip", "\"10.1.42.18\"")]));
        assert_eq!(unit_request(&own, FQDN, None), bag(&[("ip", "")]));
        assert_eq!(unit_request(&bag(&[]), "a", None), bag(&[("host", "\"a\"")]));
    }

    proptest! {
        #![proptest_config(trials())]

        #[test]
        fn nothing_that_is_written_does_harm(remote in hostile(&KEYS, &VALUES), own in hostile(&KEYS, &VALUES), url in any::<String>()) {
            for bag in [remote, bag(&[("ingress", &json!({ "url": url }).to_string())])] {
                let remote = Remote { bag, own_app: Some(own.clone()), ..provider("") };
                match parse(&remote) {
                    Ok(ingress) => prop_assert!(ingress.is_none_or(|ingress| !ingress.host.is_empty())),
                    Err(incomplete) => prop_assert!(is_one_line(&incomplete)),
                }
                let written = own.clone().into_iter().chain(request(&remote, "discourse-k8s", "forum-prod", 3000)).collect();
                let again = request(&Remote { own_app: Some(written), ..remote }, "discourse-k8s", "forum-prod", 3000);
                prop_assert_eq!(again, Changes::new());
            }
            let written = own.clone().into_iter().chain(unit_request(&own, FQDN, Some("10.1.42.17"))).collect();
            prop_assert_eq!(unit_request(&written, FQDN, Some("10.1.42.17")), Changes::new());
        }
    }
}
