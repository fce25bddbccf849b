//! The endpoint `ingress`: interface `ingress`, version 2. Every value is JSON.
//!
//! *Source*: charmhub.io/traefik-k8s, library `ingress` version 2.21.

use serde::Deserialize;
use serde_json::json;

use crate::{
    address::{Authority, WebAddress},
    discourse::image::PORT,
};

use super::{
    Changes, Databag, Endpoint, Identity, Need, OwnApp, Problem, Reads, Relation, Write, databag::json_text, difference,
};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    need: Need::WhenRelated,
    reads: Reads { own_app: OwnApp::Leader, own_unit: true, address: true, ..Reads::REMOTE },
    dependent_variables: &["DISCOURSE_HOSTNAME", "DISCOURSE_PORT", "DISCOURSE_FORCE_HTTPS", "DISCOURSE_CORS_ORIGIN"],
    writes,
    ..Endpoint::requirer("ingress", "ingress")
};

/// The one key that the provider writes.
pub const KEY: &str = "ingress";

/// Where the forum is seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ingress {
    /// Host and port.
    pub authority: Authority,
    /// Whether browsers must use https.
    pub is_https: bool,
}

/// The value of the key.
#[derive(Deserialize)]
struct Provided {
    url: String,
}

/// Where the provider shows the forum.
///
/// *Empty*: it has announced no address yet or any more, or has no unit left.
///
/// # Errors
/// [`Problem`] if the address is malformed, is no web address, or leads to a path: Discourse needs the root.
pub fn parse(relation: &Relation) -> Result<Option<Ingress>, Problem> {
    let (Some(app), Some(text)) = (&relation.app, relation.optional(KEY)) else { return Ok(None) };
    let malformed = |_| relation.invalid("ingress must be JSON with a url");
    let provided: Option<Provided> = serde_json::from_str(text).map_err(malformed)?;
    provided.map(|provided| at(relation, &provided.url, app)).transpose()
}

fn at(relation: &Relation, text: &str, app: &str) -> Result<Ingress, Problem> {
    let address = WebAddress::parse(text).filter(WebAddress::is_plain);
    let address = address.ok_or_else(|| relation.invalid("the url must be an http or https address"))?;
    if address.has_path() {
        return Err(relation.invalid_with("the url must have no path", remedy(app, &address)));
    }
    Ok(Ingress { authority: address.authority(), is_https: address.is_https() })
}

/// How a provider stops serving below a path, judged by the name of its application.
fn remedy(app: &str, address: &WebAddress) -> String {
    let options = match () {
        // Names below an address are no names: the mode needs a domain.
        () if app.contains("traefik") && address.authority().host.is_address() => {
            "external_hostname=<domain> routing_mode=subdomain"
        }
        () if app.contains("traefik") => "routing_mode=subdomain",
        () if app.contains("nginx") => "path-routes=/",
        () if app.contains("configurator") => "--reset paths",
        () => return format!("let {app} serve the forum at the root of a host"),
    };
    format!("juju config {app} {options}")
}

fn writes(relation: &Relation, identity: &Identity) -> Vec<Write> {
    let request = relation.own_app.as_ref().map(|own| request(own, identity)).unwrap_or_default();
    let unit = unit_request(&relation.own_unit, &identity.fqdn, identity.address);
    vec![Write::unit(unit, "the pod is reached there"), Write::app(request, "the request is incomplete")]
}

fn request(own: &Databag, identity: &Identity) -> Changes {
    let wanted = [("model", json!(identity.model)), ("name", json!(identity.unit.application)), ("port", json!(PORT))];
    difference(own, &wanted.map(|(key, value)| (key.to_owned(), json_text(own, key, &value))).into())
}

/// Each unit writes its own name and address; the provider sends requests to those that did.
fn unit_request(own: &Databag, host: &str, ip: Option<&str>) -> Changes {
    let text = |key: &str, value: &str| json_text(own, key, &json!(value));
    let wanted = [("host", text("host", host)), ("ip", ip.map_or_else(String::new, |ip| text("ip", ip)))];
    difference(own, &wanted.map(|(key, value)| (key.to_owned(), value)).into())
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

    fn provider(text: &str) -> Relation {
        Relation {
            endpoint: ENDPOINT.name,
            id: 4,
            app: Some("traefik".to_owned()),
            bag: bag(&[("ingress", text)]),
            ..Relation::default()
        }
    }

    fn announced(url: &str) -> Result<Option<Ingress>, Problem> {
        parse(&provider(&json!({ "url": url }).to_string()))
    }

    #[test]
    fn host_and_port_of_the_address_are_used() {
        for (url, authority, is_https) in [
            ("http://forum.example.com/", "forum.example.com", false),
            ("HTTPS://Forum.Example.COM:443", "forum.example.com", true),
            ("http://forum.example.com:443/", "forum.example.com:443", false),
            ("https://10.0.0.1:8443/", "10.0.0.1:8443", true),
            ("http://[FD00:0::1]/", "[fd00::1]", false),
            ("http://[fd00::1]:8080", "[fd00::1]:8080", false),
        ] {
            let authority = Authority::parse(authority).unwrap();
            assert_eq!(announced(url), Ok(Some(Ingress { authority, is_https })));
        }
    }

    #[test]
    fn an_ingress_without_an_address_gives_nothing() {
        assert_eq!(parse(&Relation { bag: Databag::new(), ..provider("") }), Ok(None));
        assert_eq!(parse(&Relation { app: None, ..provider("{\"url\": \"http://forum.example.com/\"}") }), Ok(None));
        assert_eq!(parse(&provider("null")), Ok(None));
    }

    #[test]
    fn an_invalid_address_must_be_corrected() {
        for text in ["{", "{}", "{\"url\": null}", "http://forum.example.com/"] {
            let expected = "ingress: ingress must be JSON with a url: correct it in traefik";
            assert_eq!(parse(&provider(text)).unwrap_err().to_string(), expected);
        }
        for url in [
            "h2c://forum.example.com/",
            "forum.example.com",
            "http://",
            "http://a,b/",
            "http://u@a/",
            "http://a/?b",
            "",
        ] {
            let expected = "ingress: the url must be an http or https address: correct it in traefik";
            assert_eq!(announced(url).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_path_brings_the_command_of_the_provider() {
        let (name, address) = ("apps.example.com", "10.64.140.43");
        for (app, host, remedy) in [
            ("traefik-k8s", name, "juju config traefik-k8s routing_mode=subdomain"),
            ("my-traefik", address, "juju config my-traefik external_hostname=<domain> routing_mode=subdomain"),
            ("nginx-ingress-integrator", name, "juju config nginx-ingress-integrator path-routes=/"),
            ("ingress-configurator", name, "juju config ingress-configurator --reset paths"),
            ("haproxy", name, "let haproxy serve the forum at the root of a host"),
        ] {
            let url = json!({"url": format!("http://{host}/forum-prod-discourse-k8s")}).to_string();
            let problem = parse(&Relation { app: Some(app.to_owned()), ..provider(&url) }).unwrap_err().to_string();
            assert_eq!(problem, format!("ingress: the url must have no path: {remedy}"));
        }
    }

    #[test]
    fn the_application_is_named_once() {
        let expected = [("model", "\"forum-prod\""), ("name", "\"discourse-k8s\""), ("port", "3000")];
        assert_eq!(request(&bag(&[]), &identity()), bag(&expected));
        let spaced = bag(&[("model", " \"forum-prod\""), ("name", "\"\\u0064iscourse-k8s\""), ("port", "3000\n")]);
        assert_eq!(request(&spaced, &identity()), Changes::new());
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
        fn no_databag_does_harm(remote in hostile(&KEYS, &VALUES), own in hostile(&KEYS, &VALUES), url in any::<String>()) {
            for bag in [remote, bag(&[("ingress", &json!({ "url": url }).to_string())])] {
                match parse(&Relation { bag, ..provider("") }) {
                    Ok(ingress) => prop_assert!(ingress.is_none_or(|it| !it.authority.host.as_str().is_empty())),
                    Err(problem) => prop_assert!(is_one_line(&problem)),
                }
            }
            let written = own.clone().into_iter().chain(request(&own, &identity())).collect();
            prop_assert_eq!(request(&written, &identity()), Changes::new());
            let written = own.clone().into_iter().chain(unit_request(&own, FQDN, Some("10.1.42.17"))).collect();
            prop_assert_eq!(unit_request(&written, FQDN, Some("10.1.42.17")), Changes::new());
        }
    }
}
