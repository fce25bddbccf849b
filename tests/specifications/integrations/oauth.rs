//! The relation `oauth`: logging in over OIDC.

use rehearsal::providers::{ingress, oauth};
use stage::remote::Scripted;

use super::{https_forum, https_forum_with};
use crate::forum::{Forum, Outcome};

/// An identity provider that has registered the client.
fn registered() -> Scripted {
    oauth().secret("client_secret_id", &[("secret", "hunter2")])
}

#[test]
fn oauth_is_not_configured_until_the_secret_of_the_client_is_published() {
    let mut forum = https_forum();
    let provider = oauth();
    forum.stage.relate("oauth", provider.clone()).unwrap();
    let outcome = forum.settle();
    let status = &outcome.status;
    assert!(status.starts_with("waiting: waiting for ") && status.ends_with(" in the relation oauth"), "{status}");
    assert_eq!(outcome, Outcome::unchanged(status));
    assert_eq!(provider.heard_app()["redirect_uri"], "https://forum.example.com/auth/oidc/callback");
}

#[test]
fn oauth_is_configured_once_the_client_is_registered() {
    let forum = https_forum_with([registered()]);
    assert_eq!(
        forum.variables("DISCOURSE_OPENID_CONNECT_"),
        [
            "DISCOURSE_OPENID_CONNECT_AUTHORIZE_SCOPE=openid email",
            "DISCOURSE_OPENID_CONNECT_CLIENT_ID=forum",
            "DISCOURSE_OPENID_CONNECT_CLIENT_SECRET=hunter2",
            "DISCOURSE_OPENID_CONNECT_DISCOVERY_DOCUMENT=https://iam.example.com/hydra/.well-known/openid-configuration",
            "DISCOURSE_OPENID_CONNECT_ENABLED=true",
            "DISCOURSE_OPENID_CONNECT_MATCH_BY_EMAIL=true",
        ]
    );
}

#[test]
fn a_rotated_client_secret_restarts_the_server_with_the_new_one() {
    let provider = registered();
    let mut forum = https_forum_with([provider.clone()]);
    provider.say_secret("client_secret_id", &[("secret", "hunter2-rotated")]);
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.variable("DISCOURSE_OPENID_CONNECT_CLIENT_SECRET"), "hunter2-rotated");
}

#[test]
fn the_client_is_registered_with_the_port_at_which_people_reach_the_forum() {
    let provider = oauth();
    let mut forum = https_forum_with([]);
    forum.stage.relate("oauth", provider.clone()).unwrap();
    forum.set("external_hostname", "forum.example.com:8443");
    forum.settle();
    assert_eq!(provider.heard_app()["redirect_uri"], "https://forum.example.com:8443/auth/oidc/callback");
}

#[test]
fn the_client_is_registered_at_the_address_of_the_ingress() {
    let (provider, way_in) = (oauth(), ingress("https://forum.example.com:8443"));
    let mut forum = Forum::active();
    forum.stage.unrelate("nginx-route").unwrap();
    forum.stage.relate("ingress", way_in.clone()).unwrap();
    forum.stage.relate("oauth", provider.clone()).unwrap();
    forum.settle();
    assert_eq!(provider.heard_app()["redirect_uri"], "https://forum.example.com:8443/auth/oidc/callback");
    way_in.say("ingress", r#"{"url": "https://[fd00::1]"}"#);
    forum
        .settle()
        .assert_unchanged("blocked: oauth needs a domain name: juju config discourse-k8s external_hostname=<name>");
}

#[test]
fn an_issuer_that_is_no_plain_address_blocks_and_leaves_the_server_alone() {
    let provider = registered();
    let mut forum = https_forum_with([provider.clone()]);
    for issuer in ["iam.example.com", "https://iam.example.com/?realm=forum"] {
        provider.say("issuer_url", issuer);
        forum.settle().assert_unchanged(
            "blocked: oauth: issuer_url must be an http or https address without login or query: correct it in hydra",
        );
    }
}
