//! The endpoint `tracing`: interface `tracing`. The traces are the charm's own; Discourse has none.
//!
//! *Source*: charmhub.io/tempo-coordinator-k8s, library `tracing` version 0.11.

use serde::Deserialize;
use serde_json::json;

use crate::address::WebAddress;

use super::{
    Databag, Endpoint, Given, Identity, Need, OwnApp, Problem, Reads, Relation, Write, databag::json_text, difference,
};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    need: Need::Observability,
    reads: Reads { own_app: OwnApp::Leader, ..Reads::REMOTE },
    gives: Some(|relation, _| parse(relation).map(|url| given(relation, &url))),
    writes,
    ..Endpoint::requirer("tracing", "tracing")
};

/// The one key of both sides.
const RECEIVERS: &str = "receivers";

/// The one protocol that this charm speaks.
const PROTOCOL: &str = "otlp_http";

/// A receiver of the provider; it announces those that others asked for, too.
#[derive(Deserialize)]
struct Receiver {
    protocol: Protocol,
    url: String,
}

#[derive(Deserialize)]
struct Protocol {
    name: String,
}

/// The address to send traces to.
///
/// *Empty*: there is none, or none without TLS, which this charm does not carry.
#[must_use]
pub fn receiver(relation: &Relation) -> Option<String> {
    parse(relation).ok().filter(|url| !url.is_https()).map(|url| url.as_str().to_owned())
}

/// The address of the receiver, without the path of traces.
fn parse(relation: &Relation) -> Result<WebAddress, Problem> {
    relation.provider()?;
    let malformed = |_| relation.invalid("receivers must be a JSON list of receivers with protocol and url");
    let receivers: Vec<Receiver> = serde_json::from_str(relation.required(RECEIVERS)?).map_err(malformed)?;
    let ours = receivers.into_iter().find(|receiver| receiver.protocol.name == PROTOCOL);
    let url = ours.ok_or_else(|| relation.missing(format!("a receiver of {PROTOCOL}")))?.url;
    let invalid = || relation.invalid(format!("the url of {PROTOCOL} in receivers must be an http or https address"));
    WebAddress::parse(&url).filter(|url| url.authority().host.is_routable()).ok_or_else(invalid)
}

fn given(relation: &Relation, url: &WebAddress) -> Given {
    let app = relation.remote();
    let warning = format!("tracing: no traces are sent, for {app} wants https, which this charm cannot speak");
    let warnings = if url.is_https() { vec![warning] } else { Vec::new() };
    Given { address: Some(url.authority().to_string()), warnings, ..Given::default() }
}

fn writes(relation: &Relation, _: &Identity) -> Vec<Write> {
    let Some(own) = &relation.own_app else { return Vec::new() };
    let wanted = Databag::from([(RECEIVERS.to_owned(), json_text(own, RECEIVERS, &json!([PROTOCOL])))]);
    vec![Write::app(difference(own, &wanted), "the request is incomplete")]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::relations::{
        Changes,
        arbitrary::{hostile, is_one_line, trials},
        databag::bag,
        write::identity,
    };

    fn provider(receivers: &str) -> Relation {
        Relation {
            endpoint: ENDPOINT.name,
            app: Some("tempo".to_owned()),
            bag: bag(&[(RECEIVERS, receivers)]),
            ..Relation::default()
        }
    }

    fn announced(url: &str) -> Relation {
        let other = json!({"protocol": {"name": "zipkin", "type": "http"}, "url": "http://tempo:9411"});
        let ours = json!({"protocol": {"name": PROTOCOL, "type": "http"}, "url": url});
        provider(&json!([other, ours]).to_string())
    }

    fn problem(relation: &Relation) -> String {
        parse(relation).unwrap_err().to_string()
    }

    #[test]
    fn the_receiver_of_our_protocol_is_used() {
        let tempo = announced("http://tempo.cos.svc.cluster.local:4318");
        assert_eq!(receiver(&tempo).as_deref(), Some("http://tempo.cos.svc.cluster.local:4318"));
        let address = Some("tempo.cos.svc.cluster.local:4318".to_owned());
        let found = given(&tempo, &parse(&tempo).unwrap());
        assert_eq!(found, Given { address, ..Given::default() });
    }

    #[test]
    fn a_receiver_with_https_gets_no_traces_and_a_warning() {
        let tempo = announced("https://tempo.example.com:4318");
        assert_eq!(receiver(&tempo), None);
        let warning = "tracing: no traces are sent, for tempo wants https, which this charm cannot speak";
        assert_eq!(given(&tempo, &parse(&tempo).unwrap()).warnings, [warning]);
    }

    #[test]
    fn a_receiver_that_is_not_there_yet_is_waited_for() {
        let waiting = |what: &str| format!("waiting for {what} in the relation tracing");
        assert_eq!(problem(&Relation { bag: bag(&[]), ..provider("") }), waiting("receivers"));
        assert_eq!(problem(&Relation { app: None, ..provider("[]") }), waiting("a unit"));
        let zipkin = r#"[{"protocol": {"name": "zipkin", "type": "http"}, "url": "http://tempo:9411"}]"#;
        for receivers in ["[]", zipkin] {
            assert_eq!(problem(&provider(receivers)), waiting("a receiver of otlp_http"));
        }
    }

    #[test]
    fn an_invalid_receiver_must_be_corrected() {
        for receivers in ["[", "{}", "null", "[1]", r#"["otlp_http"]"#, r#"[{"protocol": {"name": "otlp_http"}}]"#] {
            let expected =
                "tracing: receivers must be a JSON list of receivers with protocol and url: correct it in tempo";
            assert_eq!(problem(&provider(receivers)), expected);
        }
        for url in ["", "tempo:4318", "ftp://tempo", "http://", "http://a b", "http://0.0.0.0:4318", "http://[fe80::1]"]
        {
            let expected =
                "tracing: the url of otlp_http in receivers must be an http or https address: correct it in tempo";
            assert_eq!(problem(&announced(url)), expected);
        }
    }

    #[test]
    fn the_protocol_is_requested_once() {
        let written = |own: &[(&str, &str)]| {
            let relation = Relation { own_app: Some(bag(own)), ..provider("[]") };
            writes(&relation, &identity()).swap_remove(0).changes
        };
        assert_eq!(written(&[]), bag(&[("receivers", r#"["otlp_http"]"#)]));
        assert_eq!(written(&[("receivers", r#"[ "otlp_http" ]"#)]), Changes::new());
        assert_eq!(writes(&provider("[]"), &identity()), Vec::new());
    }

    const KEYS: [&str; 1] = [RECEIVERS];
    const VALUES: [&str; 3] = [
        r#"[{"protocol": {"name": "otlp_http", "type": "http"}, "url": "http://u:hunter2@tempo:4318"}]"#,
        "[]",
        r#"["otlp_http"]"#,
    ];

    proptest! {
        #![proptest_config(trials())]

        #[test]
        fn no_databag_does_harm(bag in hostile(&KEYS, &VALUES)) {
            match parse(&Relation { bag, ..provider("") }) {
                Ok(url) => prop_assert!(WebAddress::parse(url.as_str()).is_some()),
                Err(problem) => prop_assert!(is_one_line(&problem) && !problem.to_string().contains("hunter2")),
            }
        }
    }
}
