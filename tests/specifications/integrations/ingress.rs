//! The relation `ingress`.

use rehearsal::providers::ingress;
use serde_json::json;
use stage::remote::Scripted;

use crate::forum::{Forum, Outcome};

/// A forum that serves without a way in.
#[track_caller]
fn forum_without_ingress() -> Forum {
    let mut forum = Forum::active();
    forum.stage.unrelate("nginx-route").unwrap();
    forum.settle();
    forum
}

#[test]
fn an_ingress_gives_host_name_and_scheme_and_learns_the_address_of_the_pod() {
    let mut forum = forum_without_ingress();
    let provider = ingress("https://test-discourse-k8s.apps.example.com/");
    forum.stage.relate("ingress", provider.clone()).unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.variable("DISCOURSE_HOSTNAME"), "test-discourse-k8s.apps.example.com");
    assert_eq!(forum.variable("DISCOURSE_FORCE_HTTPS"), "true");
    assert_eq!(["name", "port"].map(|key| provider.heard_app()[key].clone()), ["\"discourse-k8s\"", "3000"]);
    assert_eq!(provider.heard_unit(0)["ip"], format!("\"{}\"", forum.stage.unit(0).address()));
}

#[test]
fn an_ingress_url_with_a_path_blocks_with_the_command_of_its_provider() {
    for (app, remedy) in [
        ("traefik-k8s", "juju config traefik-k8s routing_mode=subdomain"),
        ("nginx-ingress-integrator", "juju config nginx-ingress-integrator path-routes=/"),
        ("haproxy", "let haproxy serve the forum at the root of a host"),
    ] {
        let mut forum = forum_without_ingress();
        let url = r#"{"url": "http://apps.example.com/test-discourse-k8s"}"#;
        forum.stage.relate("ingress", Scripted::new(app, "ingress", "ingress").app("ingress", url)).unwrap();
        forum.settle().assert_unchanged(&format!("blocked: ingress: the url must have no path: {remedy}"));
    }
}

#[test]
fn malformed_data_of_an_ingress_blocks_and_leaves_the_server_alone() {
    let mut forum = forum_without_ingress();
    let provider = ingress("https://forum.example.com");
    forum.stage.relate("ingress", provider.clone()).unwrap();
    forum.settle();
    for (given, why) in [
        ("{", "ingress must be JSON with a url"),
        (r#"{"url": "forum.example.com"}"#, "the url must be an http or https address"),
        (r#"{"url": "https://*.example.com"}"#, "the url must be an http or https address"),
    ] {
        provider.say("ingress", given);
        forum.settle().assert_unchanged(&format!("blocked: ingress: {why}: correct it in traefik-k8s"));
    }
}

#[test]
fn a_host_that_nginx_does_not_route_to_is_warned_about() {
    let mut forum = Forum::active();
    for host in ["a_b.example.com", "forum.example.com.", "10.0.0.1", "[fd00::1]"] {
        forum.set("external_hostname", host);
        forum.settle();
        let explanation = forum.stage.run(0, "explain", json!({})).unwrap().results["explanation"].to_string();
        let warning = "nginx-route: external_hostname must be a name of letters, digits and hyphens";
        assert!(explanation.contains(warning), "{host}: {explanation}");
    }
}

#[test]
fn ingress_and_nginx_route_together_block_and_leave_the_server_alone() {
    let mut forum = Forum::active();
    forum.stage.relate("ingress", ingress("http://apps.example.com/")).unwrap();
    forum.settle().assert_unchanged("blocked: ingress and nginx-route are both related: ");
}
