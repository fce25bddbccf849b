//! The relation `oauth`: logging in over OIDC.

use rehearsal::providers::oauth;
use stage::remote::Scripted;

use super::{https_forum, https_forum_with};
use crate::forum::Outcome;

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
