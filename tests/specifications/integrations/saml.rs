//! The relation `saml`.

use rehearsal::providers::saml;
use serde_json::json;

use super::{https_forum, https_forum_with};
use crate::forum::{Forum, Outcome};

#[test]
fn saml_is_configured_and_enforced_when_the_options_ask_for_it() {
    let mut forum = https_forum();
    forum.stage.relate("saml", saml()).unwrap();
    forum.stage.config([("force_saml_login", json!(true)), ("saml_sync_groups", json!("staff, team"))]).unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(
        forum.variables("DISCOURSE_SAML_"),
        [
            "DISCOURSE_SAML_CERT_FINGERPRINT=C6:13:8D:51:4F:FA:21:35:BF:CE:0E:D0:B8:FA:C6:56:69:91:7E:C7",
            "DISCOURSE_SAML_SYNC_GROUPS=true",
            "DISCOURSE_SAML_SYNC_GROUPS_LIST=staff|team",
            "DISCOURSE_SAML_TARGET_URL=https://login.example.com/saml/",
        ]
    );
    assert_eq!(forum.variable("DISCOURSE_ENABLE_LOCAL_LOGINS"), "false");
}

#[test]
fn a_removed_saml_relation_leaves_no_variable_behind() {
    let mut forum = https_forum_with([saml()]);
    forum.stage.unrelate("saml").unwrap();
    assert_eq!(forum.settle(), Outcome::restarted());
    assert_eq!(forum.variables("DISCOURSE_SAML_"), Vec::<String>::new());
}

#[test]
fn a_malformed_certificate_blocks_and_leaves_the_server_alone() {
    let provider = saml();
    let mut forum = https_forum_with([provider.clone()]);
    let before = forum.environment();
    provider.say("x509certs", "!!!");
    forum.settle().assert_unchanged(
        "blocked: saml: x509certs must be a list of certificates in base64 or PEM: correct it in saml-integrator",
    );
    assert_eq!(forum.environment(), before);
}

#[test]
fn saml_without_https_blocks_with_the_command_that_enables_it() {
    let mut forum = Forum::active();
    forum.stage.relate("saml", saml()).unwrap();
    let expected = "blocked: saml needs https: juju config discourse-k8s force_https=true";
    assert_eq!(forum.settle(), Outcome::unchanged(expected));
}
