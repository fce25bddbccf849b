//! The relation `saml`.

use rehearsal::providers::{CERTIFICATE, FINGERPRINT, NEXT_CERTIFICATE, saml};
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
            &format!("DISCOURSE_SAML_CERT_FINGERPRINT={FINGERPRINT}"),
            "DISCOURSE_SAML_GROUPS_FULLSYNC=false",
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
fn every_certificate_of_the_identity_provider_is_used() {
    let provider = saml();
    let mut forum = https_forum_with([provider.clone()]);
    for (given, listed) in [
        (format!("{CERTIFICATE}, {CERTIFICATE}"), String::new()),
        (format!("{CERTIFICATE},{NEXT_CERTIFICATE}"), format!("{CERTIFICATE}|{NEXT_CERTIFICATE}")),
        (format!("{CERTIFICATE},soon"), String::new()),
    ] {
        provider.say("x509certs", &given);
        forum.settle();
        let variables = ["FINGERPRINT", "MULTI"].map(|name| forum.variable(&format!("DISCOURSE_SAML_CERT_{name}")));
        assert_eq!(variables, [FINGERPRINT, &listed], "{given}");
    }
    let warning = "active: saml: an entry of x509certs is ignored, as it is no certificate in base64 or PEM";
    assert!(forum.status().starts_with(warning), "{}", forum.status());
}

#[test]
fn a_certificate_wrapped_in_another_way_restarts_nothing() {
    let provider = saml();
    let mut forum = https_forum_with([provider.clone()]);
    let pem = format!("-----BEGIN CERTIFICATE-----\\n{CERTIFICATE}\\n-----END CERTIFICATE-----\\n");
    for wrapped in [CERTIFICATE.trim_end_matches('=').to_owned(), json!([pem]).to_string(), pem] {
        provider.say("x509certs", &wrapped);
        assert_eq!(forum.settle(), Outcome::active(), "{wrapped}");
    }
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
